"""What of a fleet of Ray needs no Ray."""

from __future__ import annotations

import signal

import pytest

from engine.fleet.cluster import interrupts_later


def test_that_ctrl_c_waits_until_ray_is_up_and_a_second_one_does_not() -> None:
    done: list[int] = []
    with pytest.raises(KeyboardInterrupt), interrupts_later():
        signal.raise_signal(signal.SIGINT)
        done.append(1)
    assert done == [1]
    with pytest.raises(KeyboardInterrupt), interrupts_later():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append(2)
    assert done == [1] and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with interrupts_later():
        done.append(3)
    assert done == [1, 3]
