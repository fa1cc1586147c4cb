"""An evaluation of more than 45 s in a training on 2 ranks, which gloo would not wait for, and one rank slower still.

The predictor of rank 0 sleeps; the other has long been done and waits. What is found must be what one process finds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SLEEP_S = 50.0


def slow(run_dir: Path) -> int:
    """A worker whose evaluations take long, as `espalier run` makes them."""
    from engine.detector.predict import evaluation
    from engine.run import worker
    from engine.run.keeper import keep

    plain: Callable[..., Any] = evaluation.network_predictor

    def sleeping(network: Any) -> Any:
        predict, slept = plain(network), set[str]()

        def late(inputs: Any) -> Any:
            if not slept:
                slept.add("once")
                time.sleep(SLEEP_S)
            return predict(inputs)

        return late

    evaluation.network_predictor = sleeping
    return keep(run_dir, lambda lock: worker.run(run_dir, lock=lock))


def compare(project: Path) -> None:
    """Train two epochs with and without sleep; every mAP must be the same."""
    from engine.contract.project import ProjectFolder
    from engine.contract.run.folder import RunFolder, start
    from engine.contract.run.state import fold
    from engine.contract.run.tail import EventTail
    from tests.ranks.kills import job_of, wait

    folder = ProjectFolder(project)
    job, told = job_of(folder, 2, evaluate_every=1), []
    for name, command in (("quick", ()), ("slow", (sys.executable, "-m", "tests.ranks.evaluation"))):
        run = RunFolder(folder.new_run(name))
        run.job.write_text(job.model_dump_json(), encoding="utf-8")
        began = time.monotonic()
        start(run.root, command)
        assert wait(run) == "finished", run.last_log_lines()
        state = fold(EventTail(run.events).read())
        told.append(state.metrics["map"])
        print(f"{name}: {time.monotonic() - began:.0f} s, mAP {state.metrics['map']}", flush=True)
    assert told[0] == told[1]


if __name__ == "__main__":
    sys.exit(slow(Path(sys.argv[1])))
