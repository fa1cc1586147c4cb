"""Scores on other pictures are not subtracted; old figures that do not tell which they are of still open."""

from __future__ import annotations

import pytest

from engine.contract.figures import Conditions, Figure, comparable


def score(**conditions: object) -> Figure:
    held = Conditions.model_validate(conditions)
    return Figure(name="map", value=50.0, unit="points", source="measured", conditions=held)


ON = {"split": "val", "pictures": 40, "picture_set": "aa"}


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({}, None),
        ({"split": "test"}, "figures.other_split"),
        ({"pictures": 8, "picture_set": "bb"}, "figures.other_count"),
        ({"picture_set": "bb"}, "figures.other_pictures"),
    ],
)
def test_that_scores_are_comparable_on_the_same_pictures_alone(other: dict[str, object], code: str | None) -> None:
    reason = comparable(score(**ON), score(**{**ON, **other}))
    assert (reason.code if reason else None) == code
    assert reason is None or "Not comparable" in reason.text()


def test_that_what_an_old_figure_does_not_tell_is_taken_to_be_alike() -> None:
    old = Figure.model_validate_json(
        '{"name":"map","value":1,"unit":"points","source":"measured","conditions":{"split":"val"}}'
    )
    assert comparable(old, score(**ON)) is None and comparable(score(**ON), old) is None


def test_that_costs_have_no_pictures() -> None:
    cost = Figure(name="params", value=1, unit="parameters", source="computed")
    assert comparable(cost, score(**ON)) is None
