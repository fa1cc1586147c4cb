"""A studio of the trial, without a screen: it corrects labels of its half of the pictures and starts trainings.

    python -m tests.trial.studio_child PROJECT HALF SEED

When all is written, applied and trained it prints what it did as JSON and ends.
"""

from __future__ import annotations

import json
import random
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from engine.contract.run.settings import TrainSettings
from studio.app import open_window
from studio.stores.data.overlay import boxes_of

ACTIONS = 12
PAUSE_MS = 250
SETTINGS = TrainSettings(epochs=1, batch_size=4, threads=1)


class Person:
    """Who sits before the studio: acts at random moments, then waits until the work is done."""

    def __init__(self, app: QApplication, project: str, half: int, seed: str) -> None:
        self.app, self.half, self.chance = app, half, random.Random(f"{seed}:{half}")
        self.studio, self.window = open_window(app)
        self.window.show()
        self.left, self.trainings = ACTIONS, 0
        self.corrected: dict[str, int] = {}
        self.studio.project.open(project)
        self.timer = QTimer()
        self.timer.timeout.connect(self.act)
        self.timer.start(PAUSE_MS)

    def act(self) -> None:
        """One more thing, or the end."""
        if self.left:
            self.left -= 1
            self.timer.setInterval(self.chance.choice((20, PAUSE_MS, 4 * PAUSE_MS)))
            self.chance.choice((self.correct, self.correct, self.correct, self.train))()
        elif self._is_done():
            self.timer.stop()
            print(json.dumps({"corrected": self.corrected, "trainings": self.trainings}), flush=True)
            self.window.leaving.quietly = True  # the other studio may still have work in the queue of both
            self.window.close()
            self.app.quit()
        else:
            self.timer.setInterval(PAUSE_MS)

    def correct(self) -> None:
        """Take one box off a picture that the other studio leaves alone, and go on elsewhere."""
        index = self.studio.project.index
        assert index is not None
        picture = self.chance.choice(index.pictures()[self.half :: 2])
        boxes = boxes_of(self.studio.labels.shown(picture), index.classes())
        if len(boxes) > 1:
            self.studio.labels.correct(picture, boxes[1:], "trial")
            self.corrected[picture.digest] = len(boxes) - 1

    def train(self) -> None:
        """Start a training, at most two in all."""
        if self.trainings < 2:
            self.trainings += 1
            self.studio.runs.train(SETTINGS)

    def _is_done(self) -> bool:
        """Whether nothing is left to write, and what was started has ended."""
        labels, sync = self.studio.labels, self.studio.sync
        if labels.waiting and not sync.busy:
            sync.bring()
        runs = self.studio.runs.runs
        ended = len(runs) > self.trainings and all(run.status == "finished" for run in runs)
        return labels.saved and not labels.waiting and not sync.busy and ended


def main() -> int:
    """Act, then say what was done."""
    app = QApplication([])
    person = Person(app, sys.argv[1], int(sys.argv[2]), sys.argv[3])
    status = app.exec()
    person.studio.close()
    assert not person.left
    return status


if __name__ == "__main__":
    sys.exit(main())
