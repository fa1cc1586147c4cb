"""The memory of a tensor as an array."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from engine.detector.network.memory import shared


def test_that_what_is_written_in_one_is_in_the_other() -> None:
    import paddle

    tensor = paddle.arange(24, dtype="float32").reshape([2, 3, 4])
    array = shared(tensor)
    np.testing.assert_array_equal(array, tensor.numpy())
    array[1, 2, 3] = 50
    assert float(tensor[1, 2, 3]) == 50


def test_that_the_memory_stays_while_the_array_is_used() -> None:
    import paddle

    arrays = [shared(paddle.full([1000], n, "float32")) for n in range(50)]
    gc.collect()
    paddle.zeros([50, 1000])
    assert [array[999] for array in arrays] == list(range(50))


def test_that_a_part_begins_where_it_begins_and_gaps_are_refused() -> None:
    import paddle

    tensor = paddle.arange(12, dtype="float32").reshape([3, 4])
    np.testing.assert_array_equal(shared(tensor[1:]), tensor.numpy()[1:])
    with pytest.raises(ValueError, match="gaps"):
        shared(tensor.transpose([1, 0]))


def test_that_nothing_and_a_single_number_are_arrays_too() -> None:
    import paddle

    assert shared(paddle.zeros([0, 3])).shape == (0, 3)
    assert shared(paddle.to_tensor(2.5)) == 2.5
