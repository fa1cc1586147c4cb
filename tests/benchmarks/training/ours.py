"""Espalier's training loop on the pictures of a data set, reader included."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.training.clock import Clock


class _Context:
    """What the loop tells, of which the ends of steps are wanted."""

    run_dir = Path("run")

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def progress(self, done: int, total: int, unit: str) -> None:
        self.clock.tick()

    def check_cancelled(self) -> None: ...

    def metric(self, *words: Any) -> None: ...

    def notice(self, *words: Any, **more: Any) -> None: ...


def main(key: str, size: str, batch: str, threads: str, index: str) -> None:
    """Train one epoch, and print the seconds of the clock and of the processor from step to step."""
    from engine.contract.dataset import Index
    from engine.contract.project import DetectorChoice
    from engine.contract.run.settings import TrainSettings
    from engine.detector.base.runtime import set_threads
    from engine.detector.train.reader import TrainingReader
    from engine.detector.train.trainer import Trainer
    from engine.model.assembly import assemble

    set_threads(int(threads))
    with Index.open(Path(index)) as opened:
        pictures, classes = opened.pictures("train"), opened.classes()
    model = assemble(DetectorChoice(key=key, size=int(size), classes=classes), (), ())
    reader = TrainingReader(pictures, model.config, batch_size=int(batch), seed=0, augment="full")
    settings = TrainSettings(epochs=1, batch_size=int(batch), learning_rate=1e-4, evaluate_every=0)
    clock = Clock()
    context: Any = _Context(clock)
    Trainer(model.network, reader, settings, lambda _: 1e-4, lambda: None, lambda *_: None, context).run()
    clock.tell()


if __name__ == "__main__":
    main(*sys.argv[1:])
