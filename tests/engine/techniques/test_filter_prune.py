from __future__ import annotations

import pytest
from pydantic import ValidationError

from engine.contract.text.messages import Message, UserError
from engine.graph import count
from engine.graph.groups import channel_groups
from engine.technique.base import Base
from engine.techniques.filter_prune import PRESETS, YOLO_HEAD, FilterPrune
from tests.engine.small_detectors import choice_of, graph_of

SSD, YOLO = "ssdlite_mobilenet_v3_small", "yolov3_mobilenet_v3_large"


def kept_of(key: str, **params: object) -> dict[str, int]:
    return FilterPrune(params).counts(channel_groups(graph_of(key)).groups)


def codes(key: str, **params: object) -> list[str]:
    return [message.code for message in FilterPrune(params).check([], Base(choice_of(key)))]


def test_head86_gives_the_published_size_of_yolov3_mobilenet_v3() -> None:
    graph = graph_of(YOLO, 320, 80)
    pruned = FilterPrune({"preset": "head86"}).estimate(graph)
    assert count.conv_macs(pruned) == pytest.approx(0.695e9, rel=0.005)
    assert count.params(pruned) == pytest.approx(4.24e6, rel=0.005)


def test_head70_gives_the_published_cut_of_yolov3_mobilenet_v1() -> None:
    technique = FilterPrune({"preset": "head70"})
    for classes, before, published in ((20, 6.010e9, 0.6957), (80, 6.139e9, 0.6964)):
        graph = graph_of("yolov3_mobilenet_v1", 320, classes)
        assert count.conv_macs(graph) == pytest.approx(before, abs=0.5e6)
        cut = 1 - count.conv_macs(technique.estimate(graph)) / count.conv_macs(graph)
        assert cut == pytest.approx(published, abs=0.0005)


def test_presets_name_eighteen_head_convolutions() -> None:
    assert len(set(YOLO_HEAD)) == 18
    assert {len(ratios) for ratios in PRESETS.values()} == {18}
    assert channel_groups(graph_of(YOLO)).groups.keys() >= set(YOLO_HEAD)
    assert set(kept_of(YOLO, preset="head86")) == set(YOLO_HEAD)
    assert set(kept_of(YOLO, scope="head", ratio=0.5)) == set(YOLO_HEAD)


def test_scopes_part_the_groups() -> None:
    everywhere = set(kept_of(YOLO, ratio=0.5))
    backbone = set(kept_of(YOLO, ratio=0.5, scope="backbone"))
    transitions = {"neck.yolo_transition.0.conv", "neck.yolo_transition.1.conv"}
    assert everywhere == backbone | set(YOLO_HEAD) | transitions
    assert all(name.startswith("backbone.") for name in backbone)


@pytest.mark.parametrize(
    ("ratio", "kept"),
    [(0.5, 12), (0.3, 17), (0.1, 22), (0.02, None), (0.9, 2), (0.0, None)],
)
def test_number_of_filters_is_rounded_as_paddleslim_rounds(ratio: float, kept: int | None) -> None:
    # 24 filters: round(24 * 0.3) = round(7.2) = 7 go; a rounded share of nothing leaves the group out.
    group = "backbone.conv5.mid_se.conv1"
    assert kept_of(SSD, ratio=0, ratios={group: ratio}).get(group) == kept


def test_half_a_filter_is_rounded_to_even() -> None:
    group = "backbone.conv2.mid_se.conv1"
    channels = channel_groups(graph_of(SSD)).groups[group].channels
    assert channels == 4
    assert kept_of(SSD, ratio=0, ratios={group: 0.625})[group] == 4 - round(2.5) == 2


def test_align_rounds_what_is_kept_and_leaves_untouched_groups_alone() -> None:
    groups = channel_groups(graph_of(YOLO)).groups
    kept = kept_of(YOLO, ratio=0.3, align=8, ratios={"backbone.conv1.conv": 0})
    assert "backbone.conv1.conv" not in kept
    assert all(number % 8 == 0 for number in kept.values())
    assert all(0 < number < groups[name].channels for name, number in kept.items())


def test_floor_holds() -> None:
    group = "backbone.conv2.expand_conv.conv"
    assert kept_of(SSD, ratio=0.9, floor=6)[group] == 6
    assert group not in kept_of(SSD, ratio=0.9, floor=200)


def test_ratios_go_before_preset_and_ratio() -> None:
    first, other = YOLO_HEAD[0], "neck.yolo_transition.0.conv"
    kept = kept_of(YOLO, preset="head86", ratios={first: 0.0, other: 0.5})
    assert first not in kept
    assert kept[other] == 128
    assert kept[YOLO_HEAD[1]] == 256


def test_unknown_group_is_named_with_near_ones() -> None:
    with pytest.raises(UserError) as error:
        kept_of(YOLO, ratios={"neck.yolo_transition.5.conv": 0.5})
    assert error.value.message.code == "prune.unknown_group"
    assert "neck.yolo_transition.0.conv" in str(error.value)


def test_predictions_cannot_be_pruned() -> None:
    with pytest.raises(UserError) as error:
        kept_of(YOLO, ratios={"yolo_head.yolo_output.0": 0.5})
    assert error.value.message.code == "graph.output"
    assert "yolo_head.yolo_output.0" in str(error.value)


@pytest.mark.parametrize(
    "params",
    [
        {"ratio": 1.5},
        {"ratio": -0.1},
        {"ratios": {YOLO_HEAD[0]: 1.5}},
        {"preset": "head99"},
        {"criterion": "random"},
        {"align": 0},
        {"ratoi": 0.5},
    ],
)
def test_parameters_out_of_bounds_are_refused_by_name(params: dict[str, object]) -> None:
    with pytest.raises(UserError) as error:
        FilterPrune(params)
    place = str(error.value.message.args["place"])
    assert place.split(".")[0] == next(iter(params))
    assert isinstance(error.value.__cause__, ValidationError)


def test_presets_and_the_head_belong_to_yolov3() -> None:
    assert codes(SSD, preset="head70") == ["prune.preset_family"]
    assert codes(SSD, scope="head") == ["prune.no_head"]
    assert codes(SSD, ratio=0.5) == codes(YOLO, preset="head86") == codes(YOLO, scope="head") == []


def test_every_reason_has_its_sentence_in_both_languages() -> None:
    locked = {group.locked for key in (SSD, YOLO) for group in channel_groups(graph_of(key)).groups.values()} - {""}
    assert locked
    for code in locked:
        message = Message(code=code, args={"group": "GROUP"})
        assert "GROUP" in message.text("en")
        assert "GROUP" in message.text("zh")
        assert message.text("en") != message.text("zh") != str(message.args)
