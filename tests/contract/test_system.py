"""What Linux is asked for: locks, processes, the processor, folders, environments, whole files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.contract.system import cores
from engine.contract.system.environment import engine_environment, studio_environment
from engine.contract.system.files import scratch_beside, write_atomically
from engine.contract.system.folders import cache_folder, config_folder, state_folder
from engine.contract.system.locks import is_locked, try_lock
from engine.contract.system.processes import (
    group_members,
    is_same_process,
    signal_process,
    start_detached,
    start_time,
    thread_count,
)
from engine.contract.text.resources import ROOT

HOLDS = "import sys, time; print('has it', flush=True); time.sleep(600)"


def test_that_a_lock_is_held_by_whoever_inherited_it_and_dies_with_them(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    with path.open("w+") as ours, path.open() as others:
        assert try_lock(ours.fileno()) and not try_lock(others.fileno())
        command = [sys.executable, "-c", HOLDS]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=(ours.fileno(),))
    assert child.stdout is not None and child.stdout.readline() and is_locked(path)
    path.read_text()  # a lock keeps nobody from reading
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert not is_locked(path)


def test_that_a_detached_process_leads_a_group_and_is_no_zombie_at_its_end(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        pid = start_detached(["sleep", "600"], environment=dict(os.environ), folder=tmp_path, out=out)
    started = start_time(pid)
    assert is_same_process(pid, started) and not is_same_process(pid, (started or 0) + 1)
    assert [member.pid for member in group_members(pid)] == [pid]
    signal_process(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while start_time(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert start_time(pid) is None
    signal_process(pid, signal.SIGTERM)  # nobody is there, and nothing happens


def test_that_an_ended_child_keeps_its_id_until_it_is_reaped() -> None:
    code = (
        "import os; from engine.contract.system.processes import *\n"
        "child = fork_leader(lambda: 7)\n"
        "wait_for_end(child)\n"
        "assert find_process(child).state == 'Z' and find_process(child).group == child\n"
        "assert reap(child) == 7 and find_process(child) is None\n"
    )  # in a process without the threads of pytest, which is safe to fork
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_processor_that_the_kernel_tells_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "cpuinfo"
    core = "processor\t: {}\nvendor_id\t: AuthenticAMD\nmodel name\t: EPYC: 7763\nflags\t\t: fpu avx2\n\n"
    told.write_text(core.format(0) + core.format(1).replace("7763", "other"))
    for file, name, vendor in ((told, "EPYC: 7763", "AuthenticAMD"), (tmp_path / "none", os.uname().machine, "")):
        monkeypatch.setattr(cores, "_CPU_INFO", file)
        cores.processor.cache_clear()
        found = cores.processor()
        assert (found.name, found.vendor, "avx2" in found.features) == (name, vendor, bool(vendor))
    cores.processor.cache_clear()
    assert 1 <= cores.core_count() <= (os.cpu_count() or 1) and thread_count() >= 1


def test_where_a_persons_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {
        "XDG_CACHE_HOME": (cache_folder, ".cache"),
        "XDG_CONFIG_HOME": (config_folder, ".config"),
        "XDG_STATE_HOME": (state_folder, ".local/state"),
    }
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable, (folder, usual) in folders.items():
        monkeypatch.setenv(variable, "")
        assert folder() == tmp_path / usual / "espalier"
        monkeypatch.setenv(variable, str(tmp_path / "else"))
        assert folder() == tmp_path / "else" / "espalier"


def test_what_children_find_in_their_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_SCALE_FACTOR", "2")
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    studio, engine = studio_environment(), engine_environment(ESPALIER_LOCK_FD="7")
    assert studio["PYTHONPATH"] == engine["PYTHONPATH"] == f"{ROOT}{os.pathsep}/theirs"
    assert studio["QT_SCALE_FACTOR"] == "2" and "QT_SCALE_FACTOR" not in engine
    assert (engine["PYTHONUNBUFFERED"], engine["ESPALIER_LOCK_FD"]) == ("1", "7")


@pytest.mark.parametrize("sync", [True, False])
def test_that_a_file_is_written_whole_or_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sync: bool
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    path = tmp_path / "file"
    write_atomically(path, "before", sync=sync)
    assert (path.read_text(), len(synced)) == ("before", int(sync))
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "after \ud800", sync=sync)
    assert path.read_text() == "before" and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(("load", "idle"), [(0.0, 4), (0.4, 4), (1.2, 3), (3.6, 1), (11.0, 1)])
def test_that_cores_that_others_keep_busy_are_left_to_them(
    load: float, idle: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "core_count", lambda: 4)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    assert cores.idle_cores() == idle


def test_that_what_a_killed_process_left_of_its_scratch_is_cleared_and_that_of_a_live_one_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / ".opt-4194399-abc").mkdir()  # an id that no process has
    with scratch_beside(tmp_path, "opt") as ours, scratch_beside(tmp_path, "opt") as second:
        assert sorted(tmp_path.iterdir()) == sorted([ours, second])
    assert list(tmp_path.iterdir()) == []
