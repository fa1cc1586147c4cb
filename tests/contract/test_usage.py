"""How much of the machine is used: by differences of what the system tells, ours told apart by its processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.contract.system import usage
from engine.contract.system.usage import UsageMeter, family, read_gpus

TICKS = os.sysconf("SC_CLK_TCK")


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc that the test writes, of two processors, whose clock goes on by 10 s with each look."""
    monkeypatch.setattr(usage, "_PROC", tmp_path)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    (tmp_path / "meminfo").write_text("MemTotal: 1 kB\nMemAvailable: 0 kB\n")
    return tmp_path


def tell(proc: Path, busy_s: float) -> None:
    (proc / "stat").write_text(f"cpu  {round(busy_s * TICKS)} 0 0 5000 7 0 0 0 0 0\n")


def tell_process(proc: Path, pid: int, own_s: float, ended_s: float, pages: int = 1, children: str = "") -> None:
    task = proc / str(pid) / "task" / str(pid)
    task.mkdir(parents=True, exist_ok=True)
    (task / "children").write_text(children)
    times = f"{round(own_s * TICKS)} 0 {round(ended_s * TICKS)} 0"
    (proc / str(pid) / "stat").write_text(f"{pid} (a) b) S 1 1 1 0 -1 0 0 0 0 0 {times} 20 0 1 0 1 1 {pages} 0")


def test_that_the_first_look_knows_no_share_and_the_next_tells_ours_from_others(proc: Path) -> None:
    tell(proc, 100)
    tell_process(proc, 7, 50, 0, children="8 ")
    tell_process(proc, 8, 40, 0, pages=3)
    meter = UsageMeter()
    first = meter.look([7])
    assert first.processor is None and first.others is None
    assert first.memory_ours == 4 * os.sysconf("SC_PAGE_SIZE") and first.memory == first.memory_total
    tell(proc, 115)
    tell_process(proc, 7, 51, 0, children="8 ")
    tell_process(proc, 8, 47, 0)
    told = meter.look([7])
    assert told.processor == pytest.approx(15 / 20) and told.ours == pytest.approx(8 / 20)
    assert told.others == pytest.approx(7 / 20)


def test_that_a_child_that_ended_is_not_counted_twice(proc: Path) -> None:
    tell(proc, 100)
    tell_process(proc, 7, 50, 0, children="8 ")
    tell_process(proc, 8, 40, 0)
    meter = UsageMeter()
    meter.look([7])
    tell(proc, 110)
    tell_process(proc, 7, 52, 43)  # of which 40 were counted with the child
    assert meter.look([7]).ours == pytest.approx(5 / 20)


def test_that_one_found_late_does_not_count_what_it_did_before(proc: Path) -> None:
    tell(proc, 100)
    meter = UsageMeter()
    meter.look([])
    tell(proc, 110)
    tell_process(proc, 9, 5000, 0)
    assert meter.look([9]).ours == 0.0


def test_that_a_real_child_belongs_to_the_family() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        try:
            assert {os.getpid(), child.pid} <= family([os.getpid()])
        finally:
            child.kill()


def test_that_gpus_are_read_and_what_is_no_number_is_left_out() -> None:
    one, two = read_gpus("96, 5120, 8192\n[N/A], 1, 2\n3, 0, 4096\n")
    assert (one.busy, one.memory, two.busy) == (0.96, 5120 * 1024 * 1024, 0.03)
    assert read_gpus("NVIDIA-SMI has failed\n") == ()
