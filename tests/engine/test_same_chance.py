"""No test's numbers depend on which tests ran before it in the process."""

from __future__ import annotations

import random

import numpy as np
import pytest

Drawn = tuple[float, float, float, int]


def drawn() -> Drawn:
    """A number of each global state, and how many threads there are."""
    import numba
    import paddle

    chance = float(paddle.rand([1])), float(np.random.rand()), random.random()  # noqa: NPY002
    return *chance, numba.get_num_threads()


@pytest.fixture(scope="module")
def first() -> Drawn:
    return drawn()


@pytest.fixture(scope="module")
def later() -> Drawn:
    return drawn()


def test_that_a_test_and_what_tests_share_start_alike(first: Drawn) -> None:
    from engine.detector.base.runtime import set_threads

    assert drawn() == first != drawn()
    set_threads(2)


def test_that_what_an_earlier_test_used_up_or_set_changes_nothing(first: Drawn, later: Drawn) -> None:
    assert drawn() == later == first and first[3] == 1
