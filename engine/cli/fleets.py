"""What verbs with `--fleet` share: the option, and following runs that a fleet brings to their end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from engine.cli.language import said
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Hello, Notice, Stage
from engine.contract.run.state import RunState
from engine.contract.system.cores import core_count
from engine.contract.text.messages import Cancelled, JobFailed, Message, UserError
from engine.fleet.backend import Backend
from engine.fleet.following import Told, have_done
from engine.fleet.opening import RAY, checked, opened

HELP = (
    "{what} on a fleet: Ray on this machine if nothing is named, local (without Ray), slurm, or HOST:PORT of a cluster"
)


def add_fleet_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare `--fleet [ADDRESS]`."""
    parser.add_argument("--fleet", metavar="ADDRESS", nargs="?", const=RAY, type=_fleet, help=HELP.format(what=what))


def threads_of_each(count: int) -> int:
    """How many threads each of so many trainings may have that share a machine like this one."""
    return max(1, core_count() // max(1, count))


def done_by(
    word: str, project: ProjectFolder, runs: Sequence[Path], *, json: bool, all_or_none: bool
) -> list[RunState]:
    """Have a fleet bring the runs to their end, telling how they go on stderr unless `json`; their states, in order.

    Raises UserError where the fleet cannot be had or does not hold them, Cancelled after Ctrl-C, and JobFailed where
    some did not finish: at once if `all_or_none`, and else after all have ended.
    """
    screen = _Screen(len(runs), silent=json)
    screen.say(Message(code="fleet.opening"))
    try:
        with opened(word, project) as backend:
            screen.say(_has(backend, word, len(runs)))
            states = _followed(backend, runs, screen, all_or_none)
    except KeyboardInterrupt:
        raise Cancelled from None
    missing = [run.name for run in runs if run.resolve() not in states]
    if missing:
        raise JobFailed("fleet.some_failed", failed=len(missing), total=len(runs), runs=", ".join(missing))
    return [states[run.resolve()] for run in runs]


def _followed(backend: Backend, runs: Sequence[Path], screen: _Screen, all_or_none: bool) -> dict[Path, RunState]:
    states: dict[Path, RunState] = {}
    with closing(have_done(backend, runs)) as telling:
        try:
            for told in telling:
                screen.show(told)
                if told.ended is not None:
                    try:
                        states[told.run] = told.result()
                    except (UserError, JobFailed) as error:
                        if all_or_none:
                            raise
                        screen.say(Message(code="fleet.not_done", args={"run": told.run.name, "reason": error.message}))
                    except Cancelled:
                        reason = Message(code="cli.cancelled")
                        screen.say(Message(code="fleet.not_done", args={"run": told.run.name, "reason": reason}))
        except KeyboardInterrupt:
            screen.say(Message(code="cli.stopping"))
            raise
    return states


def _has(backend: Backend, word: str, runs: int) -> Message:
    nodes = backend.nodes()
    if not nodes:
        return Message(code="fleet.asked", args={"word": word, "runs": runs})
    cores, gpus = sum(node.cores for node in nodes), sum(node.gpus for node in nodes)
    return Message(code="fleet.has", args={"machines": len(nodes), "cores": cores, "gpus": gpus, "runs": runs})


def _fleet(word: str) -> str:
    try:
        return checked(word)
    except UserError as error:
        raise argparse.ArgumentTypeError(said(error.message)) from error


class _Screen:
    """A line for each stage, notice and end of each run, with its name."""

    def __init__(self, total: int, *, silent: bool) -> None:
        self._total, self._silent = total, silent
        self._begun: set[Path] = set()
        self._done = 0

    def show(self, told: Told) -> None:
        """What is new of a run."""
        name = told.run.name
        for event in told.events:
            if isinstance(event, Hello):
                if told.run in self._begun:
                    self.say(Message(code="fleet.again", args={"run": name}))
                self._begun.add(told.run)
            elif isinstance(event, Stage | Notice):
                self.say(Message(code="fleet.stage", args={"run": name, "what": event.message}))
        if told.ended == "finished":
            self._done += 1
            self.say(Message(code="fleet.done", args={"run": name, "done": self._done, "total": self._total}))

    def say(self, message: Message) -> None:
        """Print a line, whole, at once."""
        if not self._silent:
            print(said(message), file=sys.stderr, flush=True)
