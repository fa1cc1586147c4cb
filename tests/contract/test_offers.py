"""What is offered for a training that failed: a lower rate, its best weights if there are any, a smaller batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.project import DetectorChoice
from engine.contract.recipe import BASE_STEPS, Step
from engine.contract.run.job import RecipePart, TrainJob
from engine.contract.run.memory import no_memory
from engine.contract.run.offers import Offer, offers
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message

CHOICE = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a",))
JOB = TrainJob(
    choice=CHOICE,
    index="nowhere",
    start="/p/runs/0001-train",
    steps=(Step(technique="filter_prune"),),
    settings=TrainSettings(learning_rate=0.02, batch_size=8),
    part=RecipePart(task="recipe-1", number=1),
)
KEPT = Message(code="train.best_kept", args={"epoch": 3, "score": "40.0", "run": "0002-half"})
NONE = Message(code="train.no_best")


def rose(kept: Message) -> Message:
    return Message(code="train.loss_rose", args={"lower": 0.001, "kept": kept})


def by_kind(found: tuple[Offer, ...]) -> dict[str, Offer]:
    return {offer.kind: offer for offer in found}


def test_that_a_lower_rate_changes_nothing_else(tmp_path: Path) -> None:
    found = by_kind(offers(tmp_path, JOB, rose(NONE)))
    assert list(found) == ["lower_rate"]
    again = found["lower_rate"].job
    assert again.settings == JOB.settings.model_copy(update={"learning_rate": 0.001})
    assert (again.start, again.steps, again.part) == (JOB.start, JOB.steps, None)


def test_that_the_best_is_gone_on_from_only_where_its_file_is(tmp_path: Path) -> None:
    assert list(by_kind(offers(tmp_path, JOB, rose(KEPT)))) == ["lower_rate"]
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "best.safetensors").touch()
    on = by_kind(offers(tmp_path, JOB, rose(KEPT)))["from_best"].job
    assert (on.start, on.steps, on.settings.learning_rate) == (str(tmp_path), BASE_STEPS, 0.001)
    assert list(by_kind(offers(tmp_path, JOB, rose(NONE)))) == ["lower_rate"]


@pytest.mark.parametrize(("batch", "half"), [(8, 4), (3, 1), (1, None)])
def test_that_half_the_batch_is_offered_where_memory_ran_out(tmp_path: Path, batch: int, half: int | None) -> None:
    job = JOB.model_copy(update={"settings": TrainSettings(batch_size=batch)})
    told = no_memory(job)
    lost = Message(code="run.lost_memory", args={"path": "x", "peak": 900, "remedy": told})
    for message in (told, lost):
        found = offers(tmp_path, job, message)
        assert [offer.value for offer in found] == ([half] if half else [])
    assert (f"batch_size={half}" if half else "96 px") in lost.text()
    assert no_memory(None).code == "run.no_memory"


def test_that_other_failures_have_no_such_offer(tmp_path: Path) -> None:
    assert offers(tmp_path, JOB, Message(code="run.disk_full", args={"path": "x"})) == ()
    assert offers(tmp_path, JOB, None) == () and offers(tmp_path, None, rose(NONE)) == ()
