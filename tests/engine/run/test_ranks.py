"""Ranks meet outside of collective operations: each waits for all, hears what they tell, and why one has ended."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.contract.run.events import DeviceUsed
from engine.contract.run.folder import RunFolder, begin_sitting
from engine.contract.run.job import TrainJob
from engine.contract.run.ranks import LostRank, lost_file, read_lost, world_size
from engine.contract.run.settings import TrainSettings, read_settings
from engine.contract.system.interfaces import interface_of
from engine.contract.system.processes import fork_leader, reap
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.run.ranks import meeting as meetings
from engine.run.ranks.meeting import Meeting
from engine.run.ranks.processes import RankProcesses
from engine.run.ranks.store import Store


def nobody_stops() -> None:
    """A check that never raises."""


def test_that_all_wait_for_the_slowest_and_hear_what_each_told(tmp_path: Path) -> None:
    def rank(number: int) -> list[list[object]]:
        met = Meeting(tmp_path, number, 3, nobody_stops)
        heard = []
        for turn in range(20):
            if number == turn % 3:
                time.sleep(0.01)
            heard.append(met.exchange(number * 100 + turn))
        return heard

    with ThreadPoolExecutor(3) as pool:
        heard = list(pool.map(rank, range(3)))
    assert heard[0] == heard[1] == heard[2] == [[turn, 100 + turn, 200 + turn] for turn in range(20)]


def test_that_a_score_comes_over_to_the_last_digit(tmp_path: Path) -> None:
    ranks = [Meeting(tmp_path, number, 2, nobody_stops) for number in range(2)]
    score = 100 / 3
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(ranks[1].exchange)
        ranks[0].exchange(score)
        assert other.result() == [score, None]


@pytest.mark.parametrize("error", [Cancelled(), JobFailed("train.no_best"), UserError("run.no_job", path="somewhere")])
def test_that_what_ends_one_ends_those_that_wait_for_it(tmp_path: Path, error: Cancelled | JobFailed) -> None:
    ranks = [Meeting(tmp_path, number, 2, nobody_stops) for number in range(2)]
    ranks[1].end(error)
    with pytest.raises(type(error)) as caught:
        ranks[0].exchange()
    if not isinstance(error, Cancelled):
        assert isinstance(caught.value, JobFailed | UserError) and caught.value.message == error.message
    ranks[0].over()
    ranks[1].wait_for_over()


def test_that_one_elsewhere_that_falls_silent_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meetings, "BEAT_S", 0.02)
    monkeypatch.setattr(meetings, "SILENT_S", 0.5)
    here, elsewhere = (Meeting(tmp_path, number, 2, nobody_stops, beating=True) for number in range(2))
    threading.Timer(1.2, elsewhere._closed.set).start()  # it lives longer than the limit, and then no more
    began = time.monotonic()
    with pytest.raises(JobFailed) as caught:
        here.exchange()
    assert caught.value.message.code == "ranks.silent" and time.monotonic() - began > 1.2
    here.over()


def test_that_a_machine_that_has_still_to_join_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever typed `espalier join` a minute and a half later than the first node began found the run failed."""
    monkeypatch.setattr(meetings, "SILENT_S", 0.1)
    here = Meeting(tmp_path, 0, 2, nobody_stops, beating=True)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(here.exchange, "first")
        time.sleep(0.6)
        assert not waiting.done()
        Meeting(tmp_path, 1, 2, nobody_stops, beating=True).exchange("second")
        assert waiting.result(20) == ["first", "second"]


def test_that_the_store_answers_as_paddles_own_and_listens_on_its_address_alone() -> None:
    def ask(kind: int, key: bytes, more: bytes = b"") -> None:
        client.sendall(struct.pack("=iQ", kind, len(key)) + key + more)

    store = Store("127.0.0.1")
    with socket.create_connection((store.host, store.port), timeout=20) as client:
        for total in (2, 4):
            ask(0, b"/init/", struct.pack("=q", 2))
            assert struct.unpack("=q", client.recv(8)) == (total,)
        ask(2, b"/other")
        assert struct.unpack("=i", client.recv(4)) == (3,)
        ask(3, b"/key", struct.pack("=Q", 3) + b"abc")
        ask(4, b"/key")
        assert struct.unpack("=i", client.recv(4)) == (1,)
        ask(1, b"/key")
        assert client.recv(64) == struct.pack("=Q", 3) + b"abc"
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", store.port), timeout=5)
    store.close()
    with pytest.raises(OSError):
        socket.create_connection((store.host, store.port), timeout=5)
    assert interface_of("127.0.0.1") == "lo" and interface_of("192.0.2.1") is None


def test_that_a_lost_rank_ends_its_starter_and_is_told_until_the_next_sitting(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = RunFolder(tmp_path / "run")
    lost_file(run.root).parent.mkdir(parents=True)

    def work() -> int:
        ranks = RankProcesses(run.root, lambda: False)
        kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
        ranks.start([1, 2], lambda rank: [sys.executable, "-c", kill if rank == 2 else "import time; time.sleep(60)"])
        time.sleep(60)
        return 0

    worker = fork_leader(work)
    assert reap(worker) == 1
    assert read_lost(run.root) == LostRank(rank=2, exit=-9)
    assert "rank 2 is lost (exit status -9)" in capfd.readouterr().err
    run.log.write_text("something\n")
    told = run.worker_lost().message
    assert told.code == "run.lost_rank" and told.args["rank"] == 2 and told.args["status"] == -9
    run.job.write_text("{}")
    begin_sitting(run).close()
    assert read_lost(run.root) is None


def test_that_ranks_that_lost_each_other_lose_the_run_and_who_was_first_tells_why(tmp_path: Path) -> None:
    """A rank that stood still for longer than gloo waits made the run a failed one, of another machine that is none."""
    run = RunFolder(tmp_path)
    lost_file(run.root).parent.mkdir(parents=True)

    def work() -> int:
        ranks = RankProcesses(run.root, lambda: False)
        first = "from pathlib import Path; from engine.contract.run.ranks import LostRank;"
        first += "from engine.run.ranks.processes import lose;"
        first += f"lose(Path({str(run.root)!r}), LostRank(rank=1, exit=0, stalled='timed out'))"
        ranks.start([1], lambda rank: [sys.executable, "-c", first])
        time.sleep(60)
        return 0

    assert reap(fork_leader(work)) == 1
    assert read_lost(run.root) == LostRank(rank=1, exit=0, stalled="timed out")
    run.log.write_text("something\n")
    told = run.worker_lost().message
    assert told.code == "run.ranks_stalled" and told.args["reason"] == "timed out"


def test_how_ranks_are_asked_for() -> None:
    settings = read_settings(["nodes=10.0.0.1:6170,10.0.0.2:6170"], {"ranks": 3})
    assert settings.nodes == ("10.0.0.1:6170", "10.0.0.2:6170") and world_size(settings.ranks, settings.nodes) == 6
    assert world_size(2, ()) == 2
    for pair in ("nodes=here", "nodes=a:0", "nodes=a:70000", "ranks=0", "ranks=65"):
        with pytest.raises(UserError):
            read_settings([pair], {})
    old = json.loads(TrainSettings().model_dump_json(exclude={"ranks", "nodes"}))
    assert TrainSettings.model_validate(old) == TrainSettings()
    assert TrainSettings.model_validate_json(settings.model_dump_json()) == settings
    assert DeviceUsed(device="cpu", wheel="any").ranks == 1
    assert TrainJob.model_fields["settings"].default.ranks == 1
