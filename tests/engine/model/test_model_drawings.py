"""What cards draw where Paddle must work for it: losses, and what int8 clips."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from engine.cli.verbs.serve import PictureAnswers
from engine.contract.previews.clips import LayerClips
from engine.contract.previews.drawings import LossesAnswer
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.job import ClippingJob
from engine.contract.text.messages import UserError
from engine.model.assembly import Model, assemble
from engine.model.clipping import clips
from engine.recipe.registry import make
from tests.engine.small_detectors import choice_of, graph_of, noise, stir

KEY = "ssdlite_mobilenet_v3_small"


def losses(step: Step) -> LossesAnswer:
    recipe = {"name": "", "steps": [step.model_dump()]}
    detector = choice_of(KEY).model_dump()
    request = {"what": "drawing", "drawing": "losses", "detector": detector, "recipe": recipe, "step": 0}
    answer = PictureAnswers()(request)
    assert isinstance(answer, dict)
    return LossesAnswer.model_validate(answer)


def test_that_the_loss_is_the_engines_own_beside_smooth_l1_and_the_plain_distance() -> None:
    import paddle

    from engine.detector.families.box_losses import balanced_l1

    told = losses(Step(technique="balanced_l1", params={"alpha": 0.4, "gamma": 1.2, "weight": 2.0}))
    errors = np.array(told.errors, "float32")
    own, smooth, plain = told.curves
    assert [curve.name for curve in told.curves] == ["balanced_l1", "smooth_l1", "l1"]
    expected = 2.0 * balanced_l1(paddle.to_tensor(errors), 0.4, 1.2).numpy()
    np.testing.assert_allclose(own.loss, expected, rtol=1e-6)
    np.testing.assert_allclose(smooth.loss, np.where(errors < 1, errors**2 / 2, errors - 0.5), atol=1e-6)
    np.testing.assert_allclose(plain.loss, errors, atol=1e-6)
    steepness = np.gradient(np.array(own.loss), errors)
    np.testing.assert_allclose(own.slope[2:-2], steepness[2:-2], rtol=0.02)
    assert own.slope[-1] == pytest.approx(2.4, rel=1e-5)


def test_that_a_step_without_a_loss_is_refused_in_words() -> None:
    with pytest.raises(UserError, match="no loss"):
        losses(Step(technique="lr_schedule"))


def stirred() -> Model:
    model = assemble(choice_of(KEY))
    stir(model.network)
    return model


@pytest.mark.parametrize("key", ["quant_aware", pytest.param("quant_post", marks=pytest.mark.slow)])
def test_that_of_each_int8_layer_it_is_told_where_its_range_ends(key: str) -> None:
    step = Step(technique=key, params={"pictures": 2, "algorithm": "abs_max"} if key == "quant_post" else {})
    told: list[tuple[int, int]] = []
    found = clips(stirred(), step, noise(choice_of(KEY), 3), lambda *place: told.append(place))
    count = 2 if key == "quant_post" else 3
    assert found.pictures == count and told == [(number, count) for number in range(1, count + 1)]
    assert {layer.layer for layer in found.layers} == make(step).int8_layers(graph_of(KEY))
    if key == "quant_post":  # the whole range is what it keeps
        assert max(layer.share for layer in found.layers) < 1e-3
    else:  # an average of what pictures give is less than the most
        assert 0 < max(layer.share for layer in found.layers) < 1


@pytest.mark.slow
def test_that_the_job_keeps_it_with_the_run(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from engine.contract.sensitivity import digest_of
    from engine.detector.base.header import CheckpointInfo
    from engine.detector.network.checkpoint import network_arrays, save
    from engine.jobs import clipping
    from engine.run.context import JobContext

    model = assemble(project.load().detector)
    run = project.runs / "0001-base"
    run.mkdir(parents=True)
    weights = run / "checkpoints" / "best.safetensors"
    arrays = {f"model.{name}": value for name, value in network_arrays(model.network).items()}
    save(weights, CheckpointInfo(choice=model.choice), arrays)
    step = Step(technique="quant_aware")
    job = ClippingJob(run=str(run), index=str(project.index), step=step)
    told = clipping.run(job, JobContext(tmp_path, lambda event: None))
    kept = LayerClips.read(LayerClips.file(run, step, digest_of(weights)))
    assert kept is not None and json.loads(kept.model_dump_json())["pictures"] == 8
    monkeypatch.setattr(clipping, "clips", None)  # it is not measured again
    assert clipping.run(job, JobContext(tmp_path, lambda event: None)) == told
