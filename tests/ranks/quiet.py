"""A training on two ranks makes way for a measurement that takes longer than gloo waits, and ends as if it had not.

    python -m tests.ranks.quiet PROJECT [SECONDS]

PROJECT is one of small pictures, such as the demo's. Two runs of two ranks; somebody measures for SECONDS (40) during
the second. Ends with status 1 if the second did not stand still meanwhile, is lost, or ends in other weights.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.queue.gate import Gate
from engine.contract.recipe import BASE_STEPS
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from tests.ranks.kills import differing, launch, wait

SETTINGS = TrainSettings(epochs=2, ranks=2, threads=1, evaluate_every=0)
STEPS = 12


def main(root: Path, seconds: float) -> int:
    """Both, compared."""
    project = ProjectFolder(root)
    job = TrainJob(
        choice=project.load().detector,
        index=str(project.index),
        steps=BASE_STEPS,
        settings=SETTINGS,
        limit=STEPS * SETTINGS.batch_size // SETTINGS.epochs,
    )
    alone = launch(project, job, "left-alone")
    assert wait(alone) == "finished", alone.last_log_lines()
    run = launch(project, job, "made-way")
    while steps_of(run) < 3:
        assert run.status() in ("queued", "running"), run.last_log_lines()
        time.sleep(0.02)
    with Gate.of_this_machine().quiet() as quiet:
        time.sleep(0.3)
        before = steps_of(run)
        time.sleep(seconds)
        moved = steps_of(run) - before
    assert wait(run) == "finished", run.last_log_lines()
    other = differing(alone, run)
    print(f"quiet: {quiet}, steps during {seconds:g} s of it: {moved}, tensors that differ afterwards: {len(other)}")
    return 0 if quiet and not moved and not other else 1


def steps_of(run: RunFolder) -> int:
    """How many steps it has told of."""
    return len(fold(EventTail(run.events).read()).metrics.get("loss", ()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), float(sys.argv[2]) if len(sys.argv) > 2 else 40.0))
