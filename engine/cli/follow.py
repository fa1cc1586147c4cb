"""Following a run from a terminal: a bar or lines on stderr, Ctrl-C stops the run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.cli.language import said, say
from engine.cli.waiting import put_back, takes_at_all, wait_for_turn
from engine.contract.queue.pump import enqueue
from engine.contract.recipe import PlannedJob
from engine.contract.run.events import CancelledEvent, Event, Notice, Progress, Stage
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import Job
from engine.contract.run.state import RunState
from engine.contract.run.stopping import stop
from engine.contract.run.watch import outcome, watch
from engine.contract.text.messages import Cancelled, JobFailed
from engine.run.workers import write_job

_BAR_CELLS = 24


def launch_and_follow(
    job: Job, run_dir: Path, *, json: bool = False, quiet: bool = False, planned: Sequence[PlannedJob] = ()
) -> RunState:
    """Write a job into its run folder, have it done in its turn, and return its state if it finished.

    Raises UserError or JobFailed with the message of a failed run, Cancelled, or JobFailed for a lost worker.
    """
    write_job(job, run_dir)
    return start_and_follow(run_dir, json=json, quiet=quiet, planned=planned)


def start_and_follow(
    run_dir: Path, *, json: bool = False, quiet: bool = False, planned: Sequence[PlannedJob] = ()
) -> RunState:
    """Put a run that has its job.json into the queue, started or resumed there, and follow it as `launch_and_follow`.

    `planned` are the runs of a recipe, by which the time that it takes is told.
    """
    enqueue(run_dir, planned=planned)
    told = takes_at_all(run_dir)
    if told is not None and not (json or quiet):
        print(said(told), file=sys.stderr, flush=True)
    return outcome(follow(run_dir, json=json, quiet=quiet))


def follow(run_dir: Path, *, json: bool = False, quiet: bool = False) -> RunState:
    """Wait for a run's turn if it stands in the queue, and tail it until its worker ends. Draws on stderr unless `json`
    or `quiet`.

    Raises JobFailed if the worker was lost. Ctrl-C takes it out of the queue or stops the run, and raises Cancelled. A
    run that is put back, because somebody paused it or its keeper was lost, is waited for again.
    """
    screen = _Screen(silent=json or quiet)
    try:
        while True:
            wait_for_turn(run_dir, screen.say)
            try:
                state = _followed(RunFolder(run_dir), screen)
            except JobFailed:
                if not put_back(run_dir):
                    raise
                screen.say(say("queue.goes_on"))
            else:
                if not (isinstance(state.terminal, CancelledEvent) and put_back(run_dir)):
                    return state
    finally:
        screen.close()


def _followed(folder: RunFolder, screen: _Screen) -> RunState:
    try:
        for events, state in watch(folder):  # noqa: B007 - the last state is what is wanted
            screen.show(events)
        return state
    except KeyboardInterrupt:
        screen.say(say("cli.stopping"))
        try:
            stop(folder.root)
        except KeyboardInterrupt:
            stop(folder.root, ask=0, terminate=0)
        raise Cancelled from None


class _Screen:
    """One bar that is drawn over again on a terminal; elsewhere a line per stage and per tenth of it."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._terminal = sys.stderr.isatty()
        self._stage = ""
        self._tenth = 0
        self._drawn = False

    def show(self, events: Iterable[Event]) -> None:
        latest: Progress | None = None
        for event in events:
            if isinstance(event, Stage):
                self._draw(latest)
                latest = None
                self._stage, self._tenth = said(event.message), 0
                self.say(self._stage)
            elif isinstance(event, Notice):
                self.say(f"{event.level}: {said(event.message)}")
            elif isinstance(event, Progress):
                latest = event
        self._draw(latest)

    def say(self, text: str) -> None:
        """Print a line, above the bar if there is one."""
        if not self._silent:
            self._clear()
            print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._drawn:
            print(file=sys.stderr, flush=True)
            self._drawn = False

    def _draw(self, progress: Progress | None) -> None:
        if progress is None or self._silent or progress.total <= 0:
            return
        tenth = 10 * progress.done // progress.total
        if self._terminal:
            width = (shutil.get_terminal_size().columns or 80) - 1
            print(f"\r\x1b[K{describe(progress)[:width]}", end="", file=sys.stderr, flush=True)
            self._drawn = True
        elif tenth > self._tenth:
            self._tenth = tenth
            print(f"{self._stage}: {describe(progress, bar=False)}", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr)
            self._drawn = False


def describe(progress: Progress, *, bar: bool = True) -> str:
    """A progress event as a line: bar, percent, count, time left."""
    share = min(1.0, progress.done / progress.total)
    filled = round(share * _BAR_CELLS)
    parts = [f"[{'#' * filled}{'.' * (_BAR_CELLS - filled)}]"] if bar else []
    parts += [f"{100 * share:3.0f} %", f"{progress.done}/{progress.total} {progress.unit}"]
    if progress.eta_s is not None:
        minutes, seconds = divmod(round(progress.eta_s), 60)
        hours, minutes = divmod(minutes, 60)
        parts.append(say("cli.left", time=f"{hours}:{minutes:02}:{seconds:02}"))
    return "  ".join(parts)
