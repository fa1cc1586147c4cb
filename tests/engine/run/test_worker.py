"""Real workers as processes: how they are started, stopped, killed, resumed, and how they fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract.device.wheel import paddle_wheel
from engine.contract.run.events import CancelledEvent, Failed, Finished
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import EvaluateJob
from engine.contract.run.lock import LockRecord, RunLock, read_record
from engine.contract.run.state import RunState, fold
from engine.contract.run.stopping import stop
from engine.contract.run.tail import EventTail
from engine.contract.system.locks import is_locked
from engine.contract.system.processes import find_process, group_members, is_same_process
from engine.contract.text.messages import UserError
from engine.run import worker
from tests.fakes.waiting import wait

ROOT = Path(__file__).resolve().parents[3]
JOBS = ROOT / "tests" / "fakes" / "jobs.py"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunFolder]:
    folder = RunFolder(tmp_path / "0001-test")
    folder.root.mkdir()
    job = EvaluateJob(run="any", index="any")
    folder.job.write_text(job.model_dump_json())
    yield folder
    if is_locked(folder.lock):  # else what signed it last may be this very process, which a shell made lead its group
        stop(folder.root, ask=0, terminate=0)


def launch(run: RunFolder, name: str) -> int:
    return start(run.root, command(name))


def command(name: str) -> tuple[str, ...]:
    return (sys.executable, str(JOBS), name)


def wait_for_end(run: RunFolder) -> str:
    wait(lambda: not is_locked(run.lock))
    return run.status()


def state_of(run: RunFolder) -> RunState:
    return fold(EventTail(run.events).read())


def wait_for_event(run: RunFolder, kind: str) -> None:
    wait(lambda: f'"type":"{kind}"' in (run.events.read_text() if run.events.exists() else ""))


def child_of(run: RunFolder) -> int:
    wait_for_event(run, "notice")
    return int(str(state_of(run).notices[-1].message.args["pid"]))


def alive(pid: int) -> bool:
    found = find_process(pid)
    return found is not None and found.alive


def test_that_a_run_goes_from_queued_over_running_to_finished(run: RunFolder) -> None:
    assert run.status() == "queued"
    keeper = launch(run, "done")
    assert run.status() == "running"
    assert wait_for_end(run) == "finished"
    state = state_of(run)
    assert isinstance(state.terminal, Finished)
    assert state.sittings[0].hello.versions[paddle_wheel().name]
    assert state.sittings[0].hello.device.startswith("CPU, ")
    assert [step for step, _ in state.metrics["loss"]] == [0, 1, 2, 3, 4]
    assert state.progress is not None and state.progress.done == 5
    assert json.loads(run.result.read_text()) == {"schema": 1, "steps": 5, "sitting": 1}
    wait(lambda: find_process(keeper) is None)  # not even a zombie
    with pytest.raises(UserError) as caught:
        launch(run, "done")
    assert caught.value.message.code == "run.finished"


def test_that_a_second_start_is_refused_and_probing_disturbs_nobody(run: RunFolder) -> None:
    launch(run, "patient")
    with pytest.raises(UserError) as caught:
        launch(run, "done")
    assert caught.value.message.code == "run.locked"
    with pytest.raises(UserError):
        worker.run(run.root, jobs={})
    assert {run.status() for _ in range(100)} == {"running"}
    (run.root / "go").touch()
    assert wait_for_end(run) == "finished"


def test_that_the_cancel_file_ends_a_run_cleanly(run: RunFolder) -> None:
    launch(run, "patient")
    wait_for_event(run, "stage")
    run.cancel.touch()
    assert wait_for_end(run) == "cancelled"
    assert isinstance(state_of(run).terminal, CancelledEvent)
    record = read_record(run.lock)
    assert record is not None and record.exit == 130


@pytest.mark.parametrize("name", ["patient", "overridden"])
def test_that_sigterm_is_a_wish_to_cancel(run: RunFolder, name: str) -> None:
    keeper = launch(run, name)
    wait_for_event(run, "stage")
    time.sleep(0.1)
    os.kill(keeper, signal.SIGTERM)  # the keeper hands it on
    assert wait_for_end(run) == "cancelled"


def test_that_a_killed_worker_is_lost_with_its_log_and_children_and_can_be_resumed(run: RunFolder) -> None:
    run.log.write_text("what another sitting said\n")
    launch(run, "parent")
    child = child_of(run)
    with run.log.open("a") as log:
        log.write("".join(f"line {n}\n" for n in range(30)))
    record = read_record(run.lock)
    assert record is not None and record.pid is not None and record.leads
    os.kill(record.pid, signal.SIGKILL)
    assert wait_for_end(run) == "lost"
    assert not alive(child)
    assert group_members(record.pid) == []
    message = run.worker_lost().message
    assert message.args["status"] == "-9"
    assert str(message.args["log"]).splitlines() == [f"line {n}" for n in range(10, 30)]

    with run.events.open("a") as stream:
        stream.write('{"seq": 3, "ti')
    launch(run, "done")
    assert wait_for_end(run) == "finished"
    state = state_of(run)
    assert [sitting.terminal is None for sitting in state.sittings] == [True, False]
    assert json.loads(run.result.read_text())["sitting"] == 2


def test_that_a_worker_lost_without_a_word_is_told_so(run: RunFolder) -> None:
    """What an earlier sitting wrote is no word of it: people looked for the wrong fault."""
    run.log.write_text("Traceback of an earlier sitting\n")
    launch(run, "parent")
    child_of(run)
    record = read_record(run.lock)
    assert record is not None and record.pid is not None
    os.kill(record.pid, signal.SIGKILL)
    assert wait_for_end(run) == "lost"
    assert run.worker_lost().message.code == "run.lost_silently"


def test_that_a_worker_does_not_outlive_its_keeper(run: RunFolder) -> None:
    keeper = launch(run, "parent")
    child = child_of(run)
    os.kill(keeper, signal.SIGKILL)
    assert wait_for_end(run) == "lost"
    wait(lambda: not alive(child))


def test_that_a_failed_run_reads_as_running_from_the_moment_it_is_resumed(run: RunFolder) -> None:
    launch(run, "fail")
    assert wait_for_end(run) == "failed"
    launch(run, "patient")
    assert run.status() == "running"
    (run.root / "go").touch()
    assert wait_for_end(run) == "finished"


def test_that_a_worker_that_dies_before_its_hello_is_lost(run: RunFolder) -> None:
    start(run.root, (sys.executable, "-c", "import sys; sys.exit('broken import')"))
    assert wait_for_end(run) == "lost"
    assert run.last_log_lines() == ["broken import"]


def test_that_the_ladder_ends_a_deaf_worker_with_its_children(run: RunFolder) -> None:
    launch(run, "deaf")
    child = child_of(run)
    record = read_record(run.lock)
    assert record is not None and record.pid is not None
    assert stop(run.root, ask=0.2, terminate=0.2) == "lost"
    assert run.cancel.exists()
    assert not alive(child)
    assert group_members(record.pid) == []
    wait(lambda: not is_same_process(record.keeper, record.keeper_started))


def test_that_stopping_never_hits_a_process_that_only_has_the_same_id(run: RunFolder) -> None:
    lock = RunLock.take(run.lock)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        lock.write(LockRecord(pid=stranger.pid, started=1, leads=True, keeper=stranger.pid, keeper_started=1))
        stop(run.root, ask=0, terminate=0, kill=0.1)
        assert stranger.poll() is None
        stranger.kill()
    lock.close()


def test_that_a_run_survives_the_death_of_who_started_it(run: RunFolder) -> None:
    code = f"""
        import time
        from pathlib import Path
        from engine.contract.run.folder import start
        start(Path({str(run.root)!r}), {command("patient")!r})
        print("started", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as starter:
        assert starter.stdout is not None and starter.stdout.readline() == b"started\n"
        wait_for_event(run, "stage")
        for number in (signal.SIGHUP, signal.SIGKILL):  # the terminal hangs up; then the worst
            os.killpg(starter.pid, number)
        starter.wait()
    assert run.status() == "running"
    (run.root / "go").touch()
    assert wait_for_end(run) == "finished"


@pytest.mark.parametrize(
    ("name", "code", "usage", "status"),
    [
        ("crash", "run.crashed", False, 1),
        ("leave", "run.crashed", False, 1),
        ("nan", "run.crashed", False, 1),
        ("refuse", "test.refused", True, 2),
        ("fail", "test.impossible", False, 1),
        ("thirst", "run.no_memory", False, 1),
        ("full", "run.disk_full", False, 1),
    ],
)
def test_that_every_failure_becomes_one_event(run: RunFolder, name: str, code: str, usage: bool, status: int) -> None:
    launch(run, name)
    assert wait_for_end(run) == "failed"
    terminal = state_of(run).terminal
    assert isinstance(terminal, Failed)
    assert (terminal.message.code, terminal.usage) == (code, usage)
    record = read_record(run.lock)
    assert record is not None and record.exit == status
    assert not run.result.exists()
    if name == "crash":
        assert "LookupError: no such layer" in run.last_log_lines()
    if name == "nan":
        assert [notice.message.code for notice in state_of(run).notices] == ["run.not_finite"]


def test_that_a_disk_without_room_for_an_event_frees_the_lock_and_leaves_the_run_whole(
    run: RunFolder,
) -> None:
    launch(run, "no_room")
    assert wait_for_end(run) == "lost"
    record = read_record(run.lock)
    assert record is not None and record.exit == 1
    assert [event.type for event in EventTail(run.events).read()] == ["hello", "stage"]
    launch(run, "done")
    assert wait_for_end(run) == "finished"


@pytest.mark.parametrize("text", [b"", b"{", b'{"kind": "dance"}', b'{"kind": "evaluate"}', b"\xff\xfe"])
def test_that_a_bad_job_file_is_bad_input(run: RunFolder, text: bytes) -> None:
    run.job.write_bytes(text)
    assert worker.run(run.root) == 2
    terminal = state_of(run).terminal
    assert isinstance(terminal, Failed) and terminal.usage
    assert terminal.message.code == "run.bad_job"
    assert str(run.job) in terminal.text


def test_that_a_folder_without_a_job_is_no_run(tmp_path: Path) -> None:
    for begin in (start, worker.run):
        with pytest.raises(UserError) as caught:
            begin(tmp_path)
        assert caught.value.message.code == "run.no_job"
    assert list(tmp_path.iterdir()) == []
