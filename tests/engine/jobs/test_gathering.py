"""What is refused before ranks train together, and what a person is told to type on another machine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Event, Notice
from engine.contract.run.ranks import Plan
from engine.contract.text.messages import UserError
from engine.jobs import train_ranks
from engine.jobs.train_ranks import _call, _store, connect_all
from engine.run.context import JobContext
from engine.run.ranks.meeting import Meeting

PLAN = Plan(sitting=1, size=2, nodes=(), host="127.0.0.1", port=1, devices=("cpu", "cpu"), amp=False)


class Pictures:
    """A project's index, as far as it is asked."""

    def __init__(self, content: str) -> None:
        self._content = content

    def content_hash(self) -> str:
        return self._content


def test_that_ranks_with_other_data_are_refused_by_all_with_both_hashes(tmp_path: Path) -> None:
    def rank(number: int) -> None:
        meeting = Meeting(tmp_path, number, 2, lambda: None)
        connect_all(PLAN, meeting, None, Pictures(f"hash-{number}"))  # type: ignore[arg-type]

    with ThreadPoolExecutor(2) as pool:
        for number, refused in enumerate([pool.submit(rank, 0), pool.submit(rank, 1)]):
            with pytest.raises(UserError) as caught:
                refused.result(20)
            told = caught.value.message
            assert told.code == "ranks.differ" and told.args["what"] == "data" and told.args["ours"] == f"hash-{number}"


def test_that_an_address_that_leads_others_to_themselves_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian gives a machine's own name the address 127.0.1.1: the others would look for the first node at home."""
    monkeypatch.setattr(train_ranks, "is_loopback", lambda host: host == "box")
    with pytest.raises(UserError) as caught:
        _store(("box:6170", "10.0.0.2:6170"))
    assert caught.value.message.code == "ranks.loopback" and caught.value.message.args["address"] == "box:6170"


def test_that_it_is_told_what_to_type_on_each_other_machine(tmp_path: Path) -> None:
    told: list[Event] = []
    run = tmp_path / "signs" / "runs" / "0007-train"
    run.mkdir(parents=True)
    _call(("10.0.0.1:6170", "10.0.0.2:6170", "10.0.0.3:6170"), JobContext(run, told.append))
    words = [event.text for event in told if isinstance(event, Notice)]
    assert [f"espalier join {tmp_path / 'signs'} 0007-train --node {number}" in words[number - 1] for number in (1, 2)]
    assert len(words) == 2


@pytest.mark.parametrize(
    ("nodes", "code"), [(["10.0.0.2:6170"], "names all machines"), (["10.0.0.1:6170"] * 2, "an address of its own")]
)
def test_that_machines_are_named_all_and_once(
    nodes: list[str], code: str, project: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other machine's address alone trained here without it, and said nothing."""
    assert main(["train", str(project.root), "--nodes", *nodes]) == 2
    assert code in capsys.readouterr().err
    assert not list(project.runs.glob("*-train"))


def test_that_a_batch_that_ranks_cannot_share_is_refused_before_it_is_waited_for(
    project: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(project.root), "--ranks", "3", "--set", "batch_size=4"]) == 2
    assert "cannot be shared equally by 3 ranks" in capsys.readouterr().err
    assert not list(project.runs.glob("*-train"))
