"""What a training saw on its watched pictures: its looks in order, what is on a picture, and why there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.dataset import Picture
from engine.contract.run.findings.watched import KIND, Watched
from engine.contract.run.folder import Status
from engine.contract.run.job import Job, TrainJob
from engine.contract.run.state import RunState
from studio.presenters.finds import Find, judged, shown, truth_of


@dataclass(frozen=True)
class Look:
    """One look at all pictures after `step` optimiser steps: its file, and `told`, another if it is told again."""

    step: int
    path: str
    told: int


@dataclass(frozen=True)
class Frame:
    """One picture as one look saw it: `finds` of every score, `truth` as it is annotated.

    `size` in pixels is None, and `truth` empty, for a picture that the data has no more.
    """

    path: str
    size: tuple[int, int] | None
    finds: tuple[Find, ...]
    truth: tuple[Find, ...] = ()

    def counts(self, threshold: float) -> tuple[int, int, int]:
        """Boxes from `threshold` on; how many of what is there they find, and how many are there."""
        found = shown(self.finds, threshold)
        there = sum(find.counts for find in self.truth)
        return len(found), there - len(judged(found, self.truth).missed), there


def looks_of(state: RunState) -> list[Look]:
    """The looks that a run told of, by their steps."""
    kept = [artifact for artifact in state.artifacts if artifact.kind == KIND]
    found = [Look(int(Path(each.path).stem), each.path, each.seq) for each in kept if Path(each.path).stem.isdigit()]
    return sorted(found, key=lambda look: look.step)


def frames_of(watched: Watched, pictures: Sequence[Picture], classes: Sequence[str]) -> list[Frame]:
    """The pictures of a look, in the order of its file; `pictures` are those of the data, with what is there."""
    known = {picture.digest: picture for picture in pictures}
    frames = []
    for each in watched.pictures:
        finds = tuple(Find(_place(box.label, classes), box.label, box.score, *box.box) for box in each.boxes)
        picture = known.get(each.digest)
        if picture is None:
            frames.append(Frame(each.path, None, finds))
        else:
            size = picture.width, picture.height
            frames.append(Frame(picture.path, size, finds, tuple(truth_of(picture, classes))))
    return frames


def nothing_watched(job: Job | None, state: RunState, status: Status) -> str:
    """The code of the sentence that says why a run has no looks."""
    if isinstance(job, TrainJob) and not job.settings.epochs:
        return "studio.train.watched_no_epochs"
    if isinstance(job, TrainJob) and not job.settings.evaluate_every:
        return "studio.train.watched_no_evaluations"
    if status in ("running", "queued"):
        return "studio.train.watched_soon"
    return "studio.train.watched_before" if state.metrics.get("map") else "studio.train.watched_ended"


def _place(label: str, classes: Sequence[str]) -> int:
    return classes.index(label) if label in classes else 0
