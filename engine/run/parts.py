"""Work that a job has done by other workers: each is begun or resumed, followed to its end, and stopped with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.contract.run.events import Event, Notice, Progress, Stage
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.lock import until_let_go
from engine.contract.run.stopping import stop
from engine.contract.run.watch import POLL_S, outcome, watch
from engine.contract.text.messages import Cancelled, Message
from engine.run.context import JobContext


def have_done(run: RunFolder, context: JobContext, stage: Callable[[Message], None]) -> None:
    """Have a run done to its end, its stages told by `stage`; raises what another end means.

    A cancel is passed on to it. One that is finished already is left alone. It runs in the place that the job has in
    the queue, and may measure times in quiet, for the job itself computes nothing meanwhile.
    """
    if run.status() == "finished":
        return
    stage(Message(code="recipe.starting"))
    try:
        with context.idle():
            begin(run, context)
            for events, state in watch(run):  # noqa: B007 - the last state is what is wanted
                context.check_cancelled()
                _tell(events, context, stage)
        outcome(state)
    except Cancelled:
        stop(run.root)
        raise


def begin(run: RunFolder, context: JobContext) -> None:
    """Start or resume the run, unless a worker is at it, which outlived an earlier sitting of the job."""
    while (status := run.status()) in ("cancelled", "failed") and not until_let_go(run.lock, POLL_S):
        context.check_cancelled()
    if status not in ("running", "finished"):
        start(run.root)


def _tell(events: Iterable[Event], context: JobContext, stage: Callable[[Message], None]) -> None:
    for event in events:
        if isinstance(event, Stage):
            stage(event.message)
        elif isinstance(event, Progress | Notice):
            context.emit(event)
