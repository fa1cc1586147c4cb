"""A training's look at the same few val pictures after each evaluation, for a person to see it learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.contract.dataset import Picture
from engine.contract.run.findings.watched import FLOOR, KIND, Watched, WatchedBox, WatchedPicture, watched_file
from engine.contract.run.job import TrainJob
from engine.contract.system.files import write_atomically
from engine.model.assembly import Model
from engine.model.measurement import predictor_of
from engine.run.context import JobContext
from engine.technique.base import Calibration

if TYPE_CHECKING:
    from engine.detector.predict.evaluation import Detections

COUNT = 6


def watched_pictures(job: TrainJob, val: Sequence[Picture]) -> list[Picture]:
    """The pictures that the job names by digest; if none of them is there, COUNT spread over those with boxes."""
    named = [picture for picture in val if picture.digest in job.watched]
    if named:
        return named
    able = [picture for picture in val if picture.boxes] or list(val)
    count = min(COUNT, len(able))
    return [able[number * len(able) // count] for number in range(count)]


class Watch:
    """Looks at `pictures` whenever it is asked; does nothing without pictures."""

    def __init__(
        self, model: Model, pictures: Sequence[Picture], calibration: Calibration | None, context: JobContext
    ) -> None:
        self._model, self._pictures, self._calibration, self._context = model, pictures, calibration, context

    def look(self, epoch: int, step: int) -> None:
        """Keep what the weights in memory find, and tell of it; raises Cancelled, and what `predictor_of` raises."""
        from engine.detector.predict.pictures import read_picture, to_inputs

        if not self._pictures:
            return
        seen = []
        with predictor_of(self._model, self._calibration) as predict:
            for picture in self._pictures:
                self._context.check_cancelled()
                rows = predict(to_inputs(read_picture(picture.path), self._model.config))[0]
                seen.append(WatchedPicture(digest=picture.digest, path=picture.path, boxes=self._boxes(rows)))
        file = watched_file(self._context.run_dir, step)
        file.parent.mkdir(exist_ok=True)
        write_atomically(file, Watched(epoch=epoch, step=step, pictures=tuple(seen)).model_dump_json())
        self._context.artifact(KIND, file)

    def _boxes(self, rows: Detections) -> tuple[WatchedBox, ...]:
        classes = self._model.choice.classes
        kept = sorted((row for row in rows if row[1] >= FLOOR), key=lambda row: -float(row[1]))
        return tuple(
            WatchedBox(label=classes[int(row[0])], score=float(row[1]), box=tuple(float(edge) for edge in row[2:6]))  # type: ignore[arg-type]
            for row in kept
        )
