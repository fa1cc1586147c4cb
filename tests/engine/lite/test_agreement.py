"""When two runs of a model find the same, when nearly, and when not; and the pair that is told of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.lite.agreement import Agreement, compare_boxes, in_words

SIZE = 160


def rows(*boxes: tuple[float, ...]) -> Any:
    return np.array(boxes, np.float32).reshape(-1, 6)


def judged(here: Any, there: Any) -> Agreement:
    return compare_boxes([(here, there)], SIZE)


def shifted(boxes: Any, px: float, score: float = 0.0) -> Any:
    return (boxes + np.array([0, score, px, px, px, px])).astype(np.float32)


MANY = rows(*((number % 3, 0.9, 10.0 * number, 20, 10.0 * number + 30, 60) for number in range(12)))
STOP = rows((0, 0.91, 10, 10, 50, 50))


@pytest.mark.parametrize(
    ("there", "verdict"),
    [
        (MANY, "agrees"),
        (shifted(MANY, 0.7, -0.049), "agrees"),  # int8 on ARM
        (shifted(MANY, 2.0, -0.12), "agrees"),  # int8 on x86
        (shifted(MANY, 6.0), "differs"),
        (shifted(MANY, 0, -0.3), "differs"),
        (MANY[:11], "nearly"),
        (MANY[:8], "differs"),
        (np.concatenate([MANY[:11], shifted(MANY[11:], -96)]), "nearly"),
        (np.concatenate([MANY, rows((2, 0.49, 100, 100, 150, 150))]), "agrees"),  # not confident, and one of many
        (np.concatenate([MANY, rows((2, 0.6, 100, 100, 150, 150))]), "nearly"),
        (np.concatenate([MANY, shifted(MANY[:1], 3, -0.1)]), "agrees"),  # both sides of an overlap that was suppressed
        (np.concatenate([MANY, rows((2, 0.2, 100, 100, 150, 150))]), "agrees"),  # not sure enough to be looked at
        (rows(), "differs"),
    ],
)
def test_what_agrees_nearly_and_not(there: Any, verdict: str) -> None:
    for told in (judged(MANY, there), judged(there, MANY)):
        assert told.verdict == verdict
        assert bool(told.strays) >= (verdict == "nearly") and not (told.strays and verdict == "agrees")


def test_that_small_boxes_may_be_off_by_what_int8_is() -> None:
    small = rows(*((0, 0.8, 20.0 * number, 20, 20.0 * number + 6, 27) for number in range(6)))
    assert judged(small, shifted(small, 1.9)).verdict == "agrees"


@pytest.mark.parametrize("far", [17.0, 40.0, 96.0])
def test_that_no_confident_box_is_ever_far_away_where_both_agree(far: float) -> None:
    wide = rows((0, 0.9, 0, 0, 400, 400))  # overlaps itself well however far it is
    told = judged(wide, shifted(wide, far))
    assert told.verdict == "differs" and told.box_px == 0
    assert judged(rows((0, 0.51, 0, 0, 30, 30)), rows((0, 0.51, far, 0, far + 30, 30))).verdict == "differs"


def test_that_nothing_on_either_side_is_no_agreement() -> None:
    assert judged(rows(), rows()).verdict == "nothing"
    assert judged(rows((0, 0.04, 0, 0, 9, 9)), rows()).verdict == "nothing"


def test_that_weak_boxes_are_asked_for_where_there_are_no_others() -> None:
    weak = rows((0, 0.12, 0, 0, 30, 30), (1, 0.1, 60, 60, 90, 90))
    assert judged(weak, weak).verdict == "agrees" and judged(weak, weak[:1]).verdict == "differs"


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        (STOP, shifted(STOP, 4, -0.03), "stop, score 0.91 by Paddle and 0.88 by the converted model, 4.0 px"),
        (
            STOP,
            shifted(STOP, 96),
            "score of 0.91; the nearest stop of the converted model is 96.0",
        ),
        (rows(), STOP, "found by the converted model with a score of 0.91; Paddle finds no stop there"),
        (
            STOP,
            rows((1, 0.9, 10, 10, 50, 50)),
            "score of 0.91; the converted model finds no stop",
        ),
    ],
)
def test_that_the_worst_pair_is_told_in_words(here: Any, there: Any, words: str) -> None:
    worst = judged(here, there).worst
    assert worst is not None
    told = in_words(worst, SIZE, ("stop", "yield"), ["000123.jpg"])
    assert words in told.text() and "000123.jpg" in told.text() and "000123.jpg" in told.text("zh")
    assert "60.0 %" in told.text() or "96.0" not in told.text()
