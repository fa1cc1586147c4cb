"""Fisher saliency: the derivative by a factor on a channel, of every group of every family, the same each time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.contract.dataset import Index, Picture
from engine.contract.project import ProjectFolder
from engine.detector.families.build import build
from engine.model.assembly import Model
from engine.model.saliency import channel_saliency, prunable_groups
from tests.engine.detector.test_two_stage import FASTER, small
from tests.engine.small_detectors import choice_of, fresh, stir

SMALL = "ssdlite_mobilenet_v3_small"
CLASSES = 8
"""As many as the built-in sample has, or more."""
GROUP = "backbone.conv6.expand_conv.conv"


def model_of(key: str, *, stirred: bool = True) -> Model:
    if key == FASTER:
        config = small(FASTER)
        network = build(config)
    else:
        network, config = fresh(key, classes=CLASSES)
    if stirred:
        stir(network)
    return Model(network, config, choice_of(key, classes=CLASSES))


@pytest.fixture
def pictures(project: ProjectFolder) -> list[Picture]:
    with Index.open(project.index) as index:
        return index.pictures("train")


def loss_of(model: Model, picture: Picture, group: str, channel: int, factor: float) -> float:
    """The loss where all that convolutions read of a channel is multiplied by a factor: their weights are."""
    import paddle

    from engine.detector.train.reader import TrainingReader
    from engine.model.saliency import _train_with_kept_statistics

    parameters = dict(model.network.named_parameters())
    members = [each for each in prunable_groups(model)[group].members if each.axis == 1]
    before = {each.parameter: parameters[each.parameter].numpy() for each in members}
    for each in members:
        value = before[each.parameter].copy()
        value[:, each.start + channel] *= factor
        parameters[each.parameter].set_value(value)
    batch = next(TrainingReader([picture], model.config, batch_size=1, seed=0, augment="none").epoch(0))
    _train_with_kept_statistics(model.network)
    with paddle.no_grad():
        loss = float(model.network({name: paddle.to_tensor(value) for name, value in batch.items()})["loss"])
    for name, value in before.items():
        parameters[name].set_value(value)
    return loss


def test_that_it_is_half_the_squared_derivative_by_a_factor_on_the_channel(pictures: list[Picture]) -> None:
    model = model_of(SMALL)
    by_group = channel_saliency(model, pictures[:1])
    group = max(by_group, key=lambda name: by_group[name].max())  # float32 tells small differences badly
    found, step = by_group[group], 0.02
    for channel in found.argsort()[-2:]:
        up, down = (loss_of(model, pictures[0], group, int(channel), 1 + sign * step) for sign in (1, -1))
        assert 0.5 * ((up - down) / (2 * step)) ** 2 == pytest.approx(found[channel], rel=0.02)


def test_that_a_channel_that_nothing_makes_use_of_has_none(pictures: list[Picture]) -> None:
    model = model_of(SMALL)
    parameters = dict(model.network.named_parameters())
    for member in prunable_groups(model)[GROUP].members:
        if member.axis == 1:
            value = parameters[member.parameter].numpy()
            value[:, member.start + 5] = 0
            parameters[member.parameter].set_value(value)
    found = channel_saliency(model, pictures[:2])[GROUP]
    assert found[5] == 0 and (np.delete(found, 5) > 0).all()


@pytest.mark.parametrize(
    "key", [SMALL, "yolov3_mobilenet_v1", "yolov3_mobilenet_v3_large", "picodet_xs", "faster_rcnn_mobilenet_v3_fpn"]
)
def test_that_every_group_of_every_family_has_some_the_same_each_time(key: str, pictures: list[Picture]) -> None:
    model = model_of(key, stirred=key != FASTER)
    before = {name: value.numpy() for name, value in model.network.state_dict().items()}
    # SSD's last map, of a single place here, is asked for by one picture in two.
    seen = [*pictures[: 8 if key == SMALL else 1], replace(pictures[1], boxes=())]
    told: list[tuple[int, int]] = []
    first = channel_saliency(model, seen, lambda *place: told.append(place))
    second = channel_saliency(model, seen)
    assert set(first) == set(prunable_groups(model)) and told[-1] == (len(seen), len(seen))
    for name, values in first.items():
        assert np.isfinite(values).all() and values.max() > 0, name
        assert (values == second[name]).all(), name
    assert all((value.numpy() == before[name]).all() for name, value in model.network.state_dict().items())
    assert not model.network.training
