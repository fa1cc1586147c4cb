"""Training that has failed says so: by its cause, by what it came to, by the classes of what it started from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from engine.contract.figures import Conditions, Figure, comparable, pick
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Event, Failed, Figures, Notice
from engine.contract.run.job import TrainJob
from engine.contract.run.offers import DIVERGED, offers
from engine.contract.text.messages import JobFailed, Message, UserError
from engine.run.context import JobContext
from tests.engine.jobs.test_evaluate_job import evaluated
from tests.engine.jobs.test_train import launch, wait
from tests.engine.model.test_prediction import make_run


def codes(told: list[Event]) -> list[str]:
    return [event.message.code for event in told if isinstance(event, Notice)]


def test_that_a_rate_far_too_high_ends_as_failed_with_a_lower_one(project: ProjectFolder, train_job: TrainJob) -> None:
    more = {"learning_rate": 10.0, "optimizer": "momentum", "epochs": 12, "evaluate_every": 0, "ema": 0.0}
    settings = train_job.settings.model_copy(update=more)
    job = train_job.model_copy(update={"settings": settings})
    run = launch(project, job, "wild")
    ended = wait(run).terminal
    assert isinstance(ended, Failed) and ended.message.code in DIVERGED, ended
    assert "0.001" in ended.text and "No evaluation" in ended.text
    found = offers(run.root, job, ended.message)
    assert [(offer.kind, offer.value) for offer in found] == [("lower_rate", 0.001)]


@pytest.mark.parametrize("named", [("c", "b", "a"), ("b", "new", "a", "c")])
def test_that_weights_with_other_classes_go_by_their_names_and_say_so(
    project: ProjectFolder, train_job: TrainJob, named: tuple[str, ...]
) -> None:
    from engine.detector.network.checkpoint import network_arrays
    from engine.detector.network.class_rows import LAYOUTS, by_name
    from engine.model.assembly import load
    from engine.model.starting import load_start

    classes = dict(zip("abc", train_job.choice.classes, strict=False))
    ours = tuple(classes.get(letter, letter) for letter in named)
    run = make_run(project, train_job)
    choice = train_job.choice.model_copy(update={"classes": ours})
    for start in (run, run / "checkpoints" / "best.safetensors"):
        told: list[Event] = []
        job = train_job.model_copy(update={"choice": choice, "start": str(start)})
        model = load_start(job, JobContext(project.new_run("next"), told.append))
        assert codes(told) == ["train.classes_by_name", "train.weights_matched"]
        found, theirs = network_arrays(model.network), network_arrays(load(run)[0].network)
        expected = by_name(theirs, found, train_job.choice.classes, ours)
        moved = [name for name in expected if any(layout.names.fullmatch(name) for layout in LAYOUTS)]
        assert moved and expected.keys() == found.keys()
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value, err_msg=name)
        assert any(theirs[name].shape != found[name].shape or (theirs[name] != found[name]).any() for name in moved)


def test_that_figures_of_other_classes_are_refused(project: ProjectFolder, train_job: TrainJob) -> None:
    swapped = train_job.choice.model_copy(update={"classes": train_job.choice.classes[::-1]})
    run = make_run(project, train_job.model_copy(update={"choice": swapped}))
    with pytest.raises(UserError, match="other classes"):
        evaluated(project, run)


def test_that_figures_tell_how_many_pictures_they_are_of_and_which(project: ProjectFolder, train_job: TrainJob) -> None:
    run = make_run(project, train_job)

    def score(**more: object) -> Figure:
        told = [event for event in evaluated(project, run, **more) if isinstance(event, Figures)]
        found = pick(told[-1].figures, "map", split=more.get("split", "val"))
        assert found is not None
        return found

    whole, again, part, test = score(), score(), score(limit=2), score(split="test")
    assert (whole.conditions.pictures, part.conditions.pictures) == (4, 2)
    assert whole.conditions.picture_set == again.conditions.picture_set and comparable(whole, again) is None
    reasons = [comparable(whole, other) for other in (part, test)]
    assert [reason and reason.code for reason in reasons] == ["figures.other_count", "figures.other_split"]


def test_that_a_corrected_label_makes_another_set_of_pictures(project: ProjectFolder) -> None:
    from dataclasses import replace

    from engine.contract.dataset import Index
    from engine.detector.predict.evaluation import picture_set

    with Index.open(project.index) as index:
        pictures, classes = index.pictures("val"), index.classes()
    first = next(picture for picture in pictures if picture.boxes)
    box = replace(first.boxes[0], x1=first.boxes[0].x1 + 1)
    moved = [replace(p, boxes=(box, *p.boxes[1:])) if p is first else p for p in pictures]
    known = picture_set(pictures, classes)
    assert picture_set(pictures[::-1], classes) == known != picture_set(moved, classes)


def judged(job: TrainJob, folder: Path, score: float, *, steps: int = 500, rise: float = 1.0) -> list[str]:
    """What is told of a training's end; the code of the failure last."""
    import math

    from engine.detector.base.header import LossTrend, Position
    from engine.model.outcome import judge

    told: list[Event] = []
    loss = LossTrend(steps=steps, level=math.log(rise), first=0.0, best=0.0)
    held = Conditions(split="val", pictures=4)
    figures = [Figure(name="map", value=score, unit="points", source="measured", conditions=held)]
    try:
        judge(job, JobContext(folder, told.append), Position(step=steps, loss=loss), figures, changed=False)
    except JobFailed as error:
        return [*codes(told), error.message.code]
    return codes(told)


def test_what_a_whole_training_came_to(train_job: TrainJob, project: ProjectFolder, tmp_path: Path) -> None:
    assert judged(train_job, tmp_path, 0.0, rise=8) == ["train.ended_diverged"]
    assert judged(train_job, tmp_path, 30.0, rise=8) == []
    assert judged(train_job, tmp_path, 0.0, rise=3) == ["train.nothing_high"]
    assert judged(train_job, tmp_path, 0.0, steps=20) == ["train.nothing_short"]
    assert judged(train_job, tmp_path, 0.0) == ["train.nothing_other"]
    assert judged(train_job, tmp_path, 0.0, steps=0) == []


@pytest.mark.parametrize(("pictures", "told"), [(4, ["train.lost_start"]), (9, [])])
def test_that_a_start_made_worse_is_told_where_it_can_be_compared(
    train_job: TrainJob, project: ProjectFolder, tmp_path: Path, pictures: int, told: list[str]
) -> None:
    import json

    start = project.new_run("good")
    held = Conditions(split="val", pictures=pictures)
    before = Figure(name="map", value=60, unit="points", source="measured", conditions=held)
    (start / "result.json").write_text(json.dumps({"figures": [before.model_dump(exclude_none=True)]}))
    for begun in (start, start / "checkpoints" / "best.safetensors"):
        job = train_job.model_copy(update={"start": str(begun)})
        assert judged(job, tmp_path, 12.0) == told
        assert judged(job, tmp_path, 55.0) == []


class Reader:
    """Fifty batches an epoch of which nothing is read."""

    def __len__(self) -> int:
        return 50

    def epoch(self, _: int, first: int) -> list[dict[str, np.ndarray]]:
        return [{"image": np.zeros(1, np.float32)}] * (50 - first)


def network_of(losses: Sequence[float]) -> Any:
    """A network whose losses are known beforehand."""
    import paddle

    class Network(paddle.nn.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = self.create_parameter([1])
            self.step = 0

        def forward(self, _: object) -> dict[str, paddle.Tensor]:
            self.step += 1
            return {"loss": self.weight.sum() * 0 + losses[self.step - 1]}

    return Network()


def test_that_a_training_whose_loss_stays_up_ends_and_names_its_best(tmp_path: Path, train_job: TrainJob) -> None:
    from engine.detector.base.header import Position
    from engine.detector.train.reader import TrainingReader
    from engine.detector.train.trainer import Trainer

    settings = train_job.settings.model_copy(update={"epochs": 42, "evaluate_every": 1, "ema": 0.0})
    saved: list[tuple[str, Position]] = []
    context = JobContext(tmp_path / "0007-up", lambda event: None)
    trainer = Trainer(
        network_of([10.0] * 100 + [500.0] * 2000),
        cast(TrainingReader, Reader()),
        settings,
        lambda step: 0.02,
        lambda: 40.0,
        lambda kind, position, tensors: saved.append((kind, position.model_copy())),
        context,
    )
    with pytest.raises(JobFailed) as caught:
        trainer.run()
    told = caught.value.message
    assert told.code == "train.loss_rose" and 100 < trainer.position.step < 500
    kept = told.args["kept"]
    assert isinstance(kept, Message) and kept.args["run"] == "0007-up" and kept.args["score"] == "40.0"
    assert saved[-1][1].loss.steps > 0, "what is judged by is in the checkpoint to resume from"


@pytest.mark.parametrize(
    ("best", "code"), [(40.0, "train.best_kept"), (0.02, "train.no_best"), (None, "train.no_best")]
)
def test_that_only_weights_that_find_something_are_told_to_go_on_from(best: float | None, code: str) -> None:
    from engine.detector.base.header import Position
    from engine.detector.train.failing import kept

    assert kept(Position(best_map=best, best_epoch=3), "0001-train").code == code
    assert kept(Position(best_map=best), "0001-train").code == "train.no_best"
