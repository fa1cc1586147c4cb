"""`espalier queue`, and what a verb says while it waits for its turn."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.cli import follow, main
from engine.contract.queue import changes
from engine.contract.queue.entries import entries, entry_of
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob
from engine.contract.run.stopping import stop
from engine.contract.text.messages import Cancelled
from engine.contract.text.resources import ROOT
from tests.fakes.waiting import wait

JOBS = ROOT / "tests" / "fakes" / "jobs.py"


@pytest.fixture
def put(tmp_path: Path) -> Iterator[Callable[[str], RunFolder]]:
    """Puts a fake job into a queue that does one at a time."""
    changes.set_at_once(1)
    made: list[RunFolder] = []

    def put_in(name: str) -> RunFolder:
        folder = made_run(tmp_path, len(made) + 1)
        made.append(folder)
        enqueue(folder.root, command=(sys.executable, str(JOBS), name))
        return folder

    yield put_in
    changes.pause_all()
    for folder in made:
        if folder.root.is_dir():
            stop(folder.root, ask=0, terminate=0)


def made_run(place: Path, number: int) -> RunFolder:
    folder = RunFolder(place / "runs" / f"{number:04d}-run")
    folder.root.mkdir(parents=True)
    folder.job.write_text(EvaluateJob(run="some/base", index=str(place / "data" / "index")).model_dump_json())
    return folder


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["queue", *words]) == 0
    return capsys.readouterr().out


def test_it_lists_and_changes_what_stands_there(put: Callable, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Nothing is computed" in told(capsys)
    for _ in range(4):
        put("patient")
    lines = told(capsys).splitlines()
    assert lines[0].split() == ["number", "state", "what", "project", "time", "cores", "memory"]
    assert "running" in lines[1] and "Evaluate base on val" in lines[1] and "waiting" in lines[2]
    told(capsys, "move", "4")
    told(capsys, "pause", "2")
    told(capsys, "move", "3", "--before", "4")
    document = json.loads(told(capsys, "--json"))
    shown = [(entry["number"], entry["state"], entry["place"]) for entry in document["entries"]]
    assert shown == [(1, "running", None), (3, "waiting", 1), (4, "waiting", 2), (2, "paused", None)]
    assert (document["at_once"], document["paused"]) == (1, False)
    assert "The queue is paused" in told(capsys, "pause")
    told(capsys, "cancel", "1")
    assert [each.state for each in entries()] == ["waiting", "waiting", "paused"]
    assert "At most 2 long ones" in told(capsys, "at-once", "2")
    told(capsys, "resume", "2")
    told(capsys, "resume")
    assert {each.number: each.state for each in entries()} == {3: "running", 4: "running", 2: "waiting"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("cancel 7", "no entry 7"),
        ("move", "wants a NUMBER"),
        ("pause 1 --after 2", "move NUMBER"),
        ("at-once 65", "no number from 0 to 64"),
        ("shuffle", "invalid choice"),
    ],
)
def test_it_refuses_in_words(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue", *words.split()]) == 2
    assert said in capsys.readouterr().err


def test_a_verb_says_what_it_waits_for_and_goes_on_in_its_turn(
    put: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = put("patient")
    mine = made_run(tmp_path, 9)
    enqueue(mine.root, command=(sys.executable, str(JOBS), "done"))
    monkeypatch.setattr("engine.cli.waiting.pump", lambda: (first.root / "go").touch())
    assert follow.follow(mine.root).phase == "finished"
    shown = capsys.readouterr().err
    assert "Waits in the queue; 1 before it, now: Evaluate base on val." in shown and "5/5 steps" in shown


def test_ctrl_c_takes_what_waits_out_of_the_queue(put: Callable, tmp_path: Path) -> None:
    put("patient")
    mine = made_run(tmp_path, 9)
    code = f"""
        import signal, sys
        from pathlib import Path
        from engine import cli
        from engine.cli import follow
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cli._dispatch = lambda words: follow.start_and_follow(Path({str(mine.root)!r}))
        sys.exit(cli.main(["follow"]))
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "Waits in the queue" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert "taken out" in process.stderr.read()
    assert entry_of(mine.root) is None and not mine.root.exists()


def test_who_waits_learns_that_somebody_else_cancelled_it(put: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    put("patient")
    mine = put("done")
    monkeypatch.setattr("engine.cli.waiting.pump", lambda: changes.withdraw(mine.root))
    with pytest.raises(Cancelled):
        follow.follow(mine.root, quiet=True)


def test_who_follows_waits_on_where_its_run_is_paused_or_loses_its_keeper(
    put: Callable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = put("patient")
    code = f"""
        import sys, time
        from engine.contract.queue import changes
        changes.pause(1)
        time.sleep(1)
        changes.go_on(1)
        open({str(mine.root / "go")!r}, "w").close()
    """
    wait(lambda: '"stage"' in (mine.events.read_text() if mine.events.exists() else ""))
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT) as process:
        assert follow.follow(mine.root).phase == "finished"
        assert process.wait(timeout=30) == 0
    assert "Paused in the queue" in capsys.readouterr().err


def test_that_the_queues_of_other_machines_with_this_home_folder_are_named(
    put: Callable[[str], RunFolder], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changes.pause_all()
    put("done")
    with monkeypatch.context() as there:
        there.setattr(socket, "gethostname", lambda: "node-7")
        assert main(["queue"]) == 0
    told = capsys.readouterr().out
    assert "Nothing is computed" in told and "1 entry, done there" in told and "node-7/earlier" in told
