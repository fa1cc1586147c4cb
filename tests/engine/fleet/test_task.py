"""One piece of work, whoever gave it: begun, adopted, gone on with, and tied to who does it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.run.folder import TIED_VARIABLE, RunFolder, start
from engine.contract.run.lock import LockRecord, RunLock, other_host, read_record, this_host
from engine.contract.run.stopping import stop
from engine.contract.system.locks import alone, is_locked
from engine.contract.system.processes import is_same_process
from engine.contract.text.messages import UserError
from engine.contract.text.resources import ROOT
from engine.fleet.task import bring_to_its_end, message_of, work
from tests.fakes.waiting import wait

JOBS = ROOT / "tests" / "fakes" / "jobs.py"


def beginning(name: str) -> Callable[[Path], object]:
    return lambda path: start(path, (sys.executable, str(JOBS), name))


def test_that_a_run_is_begun_and_given_again_left_alone(run: RunFolder) -> None:
    assert bring_to_its_end(run, beginning("done")) == "finished"
    said = run.events.read_bytes()
    assert bring_to_its_end(run, beginning("done")) == "finished"
    assert run.events.read_bytes() == said


def test_that_a_run_whose_worker_dies_while_it_is_followed_is_gone_on_with(run: RunFolder) -> None:
    beginning("patient")(run.root)
    record = read_record(run.lock)
    wait(lambda: (record := read_record(run.lock)) and record.pid)
    record = read_record(run.lock)
    assert record is not None and record.keeper is not None
    began: list[Path] = []

    def begin(path: Path) -> None:
        began.append(path)
        beginning("done")(path)

    os.kill(record.keeper, signal.SIGKILL)  # as of a machine of the fleet that is gone: its lock goes a little later
    assert bring_to_its_end(run, begin) == "finished"
    assert began == [run.root]


def test_that_one_of_its_own_that_is_lost_is_told_and_not_begun_for_ever(run: RunFolder) -> None:
    def begin(path: Path) -> None:
        start(path, (sys.executable, "-c", "import os; os._exit(9)"))

    assert bring_to_its_end(run, begin) == "lost"


def test_that_who_is_quicker_is_followed(run: RunFolder) -> None:
    def begin(path: Path) -> None:
        beginning("done")(path)
        raise UserError("run.locked", path=str(path))

    assert bring_to_its_end(run, begin) == "finished"


def test_that_a_folder_or_locks_that_a_machine_does_not_see_are_refused(run: RunFolder, tmp_path: Path) -> None:
    gone = message_of(work(str(tmp_path / "elsewhere" / "0001-test")))
    assert gone is not None and gone.code == "fleet.no_folder" and this_host() in gone.text()
    witness = tmp_path / "driver.lock"
    witness.touch()
    alone_here = message_of(work(str(run.root), 0, str(witness)))
    assert alone_here is not None and alone_here.code == "fleet.no_locks"
    assert not run.events.exists()
    with alone(witness, 1):  # now somebody holds it, and the job itself is what is refused
        assert message_of(work(str(run.root), 0, str(witness))) is None
    assert run.status() == "failed"


def test_that_an_interrupt_stops_the_run(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    beginning("patient")(run.root)
    wait(run.events.is_file)

    def interrupted(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.fleet.task.is_locked", interrupted)
    with pytest.raises(KeyboardInterrupt):
        work(str(run.root))
    monkeypatch.undo()
    assert run.status() == "cancelled" and not is_locked(run.lock)


def test_that_a_tied_worker_and_its_keeper_die_with_who_started_them(run: RunFolder) -> None:
    code = f"""
        import time
        from pathlib import Path
        from engine.contract.run.folder import start
        start(Path({str(run.root)!r}), {(sys.executable, str(JOBS), "patient")!r}, tied=True)
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT) as starter:
        wait(lambda: run.events.is_file() and (record := read_record(run.lock)) and record.pid)
        starter.kill()
    record = read_record(run.lock)
    assert record is not None
    wait(lambda: not is_locked(run.lock))
    wait(lambda: not is_same_process(record.keeper, record.keeper_started))
    wait(lambda: not is_same_process(record.pid, record.started))
    assert run.status() == "lost"


def test_that_a_keeper_whose_starter_is_gone_already_begins_nothing(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(run.root, ("/bin/sh", "-c", f'{TIED_VARIABLE}=1 exec {sys.executable} {JOBS} patient "$0"'))
    wait(lambda: not is_locked(run.lock))
    assert run.status() == "lost" and not run.events.exists()


def test_that_the_lock_tells_which_machine_works_and_old_files_say_none(run: RunFolder) -> None:
    beginning("patient")(run.root)
    record = read_record(run.lock)
    assert record is not None and record.host == this_host() and other_host(run.lock) is None
    run.lock.write_text('{"offset":5,"pid":1234567,"started":99,"leads":true}')
    assert other_host(run.lock) is None


def test_that_a_run_of_another_machine_is_asked_to_stop_and_nothing_here_is_killed(run: RunFolder) -> None:
    lock = RunLock.take(run.lock)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        lock.write(LockRecord(pid=stranger.pid, started=1, leads=True, host="node-7"))
        assert other_host(run.lock) == "node-7"
        with pytest.raises(UserError) as refused:
            stop(run.root, ask=0.1, terminate=0.1, kill=0.1)
        assert refused.value.message.code == "run.elsewhere" and "node-7" in refused.value.message.text()
        assert run.cancel.exists() and stranger.poll() is None
        stranger.kill()
    lock.close()


def test_that_the_longest_record_fits_its_place(run: RunFolder) -> None:
    lock = RunLock.take(run.lock)
    big = 10**10
    record = LockRecord(offset=big, pid=big, started=big, leads=True, keeper=big, keeper_started=big, exit=-9)
    lock.write(record.model_copy(update={"peak_mb": big, "no_memory": True, "host": "h" * 64}))
    lock.write(LockRecord(offset=1))
    assert read_record(run.lock) == LockRecord(offset=1), "a shorter one leaves nothing of a longer"
    lock.close()
