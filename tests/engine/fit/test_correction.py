"""What trials tell is believed where they were, and no further."""

from __future__ import annotations

import pytest

from engine.fit.correction import Correction, Score, bounds


def test_that_nothing_is_corrected_by_nothing() -> None:
    assert Correction(())(7.0) == pytest.approx(7.0) and Correction(()).spread() == 1.0


def test_that_what_was_measured_is_told_and_in_between_is_between() -> None:
    correct = Correction([(40.0, 40.0), (10.0, 14.0)])
    assert correct(40.0) == pytest.approx(40.0) and correct(10.0) == pytest.approx(14.0)
    assert 1.0 < correct(20.0) / 20.0 < 1.4
    assert correct(5.0) == pytest.approx(7.0), "beyond, as at the end"
    assert correct(80.0) == pytest.approx(80.0)
    assert correct.spread() == pytest.approx(1.4)


def test_that_two_measurements_of_nearly_the_same_are_taken_together() -> None:
    correct = Correction([(10.0, 11.0), (10.1, 9.0)])
    assert correct(10.0) == pytest.approx(correct(10.1) / 1.01, rel=1e-6)


def test_that_a_secant_of_it_comes_to_a_target() -> None:
    """A machine whose times have a part that the prediction knows nothing of."""

    def measured(predicted: float) -> float:
        return 6.0 + 0.8 * predicted

    seen = [(40.0, measured(40.0))]
    target, tries = 20.0, 0
    while True:
        correct = Correction(seen)
        predicted = max(value / 100 for value in range(1, 4001) if correct(value / 100) <= target)
        seen.append((predicted, measured(predicted)))
        tries += 1
        if abs(measured(predicted) - target) <= 0.02 * target:
            break
    assert tries <= 4


SEEN = [Score(0.0, 40, 38, 42), Score(0.2, 36, 34, 38), Score(0.5, 30, 28, 32)]


def test_that_map_lies_between_the_trials_that_cut_more_and_less() -> None:
    assert bounds(SEEN, 0.3) == (28, 38)
    assert bounds(SEEN, 0.1) == (34, 42)
    assert bounds(SEEN, 0.2) == (34, 38)


def test_that_nothing_is_said_beyond_the_deepest_trial() -> None:
    assert bounds(SEEN, 0.6) is None and bounds([], 0.1) is None


def test_that_a_deeper_trial_that_came_out_better_raises_what_is_thought_of_a_higher_cut() -> None:
    lucky = [*SEEN, Score(0.55, 37, 35, 39)]
    low, high = bounds(lucky, 0.3) or (0, 0)
    assert (low, high) == (35, 38)
