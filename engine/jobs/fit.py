"""Job `fit`: cuts a run until it keeps to a time, tries the nearest cuts shortly, and recovers the best at length."""

from __future__ import annotations

from engine.contract.fit.front import FILE
from engine.contract.fit.job import FitJob
from engine.contract.run.lineage import runs_of
from engine.fit.session import Session
from engine.run.context import JobContext


def run(job: FitJob, context: JobContext) -> dict[str, object]:
    """Find it; the result names the front's file, the runs in order, the winner's if there is one, and the verdict."""
    front = Session(job, context).run()
    assert front.verdict is not None, "a session goes on to its verdict"
    runs = [path.name for _, path in sorted(runs_of(context.run_dir).items())]
    verdict = front.verdict.model_dump(mode="json", exclude_none=True)
    return {"front": FILE, "runs": runs, "run": front.verdict.run, "verdict": verdict}
