"""What verbs with `--fleet` share: the option, and following runs that a fleet brings to their end."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from engine.cli.language import said
from engine.cli.waiting import Waiting
from engine.contract.fit.job import LOCAL, RAY
from engine.contract.project import ProjectFolder
from engine.contract.queue.changes import settings
from engine.contract.queue.entries import entries, entry_of
from engine.contract.queue.led import Turns, led
from engine.contract.queue.pace import Left
from engine.contract.queue.words import span
from engine.contract.run.events import Hello, Notice, Stage
from engine.contract.run.folder import RunFolder
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.system.cores import core_count
from engine.contract.text.messages import Argument, Cancelled, JobFailed, Message, UserError
from engine.fleet.backend import Backend
from engine.fleet.duration import until_done
from engine.fleet.following import Told, have_done
from engine.fleet.opening import checked, opened
from engine.fleet.piece import Node, piece_of

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
    word: str, project: ProjectFolder, runs: Mapping[Path, str], *, json: bool, all_or_none: bool
) -> list[RunState]:
    """Have a fleet bring runs to their end, telling by their names how they go on stderr unless `json`; their states.

    Raises UserError where the fleet cannot be had or does not hold them, Cancelled after Ctrl-C, unless all are done by
    then, and JobFailed where some did not finish: at once if `all_or_none`, and else after all have ended. What was
    refused, or never begun before Ctrl-C, leaves no folder that would be found as something unfinished.
    """
    names = {run.resolve(): name for run, name in runs.items()}
    screen = _Screen(names, silent=json)
    screen.say(Message(code="fleet.opening"))
    try:
        here = word in (LOCAL, RAY)
        with led(names, here=here) as turns, opened(word, project) as backend:
            screen.say(_has(backend, word, len(names)))
            screen.say_if(_takes(names, backend.nodes(), here=here))
            states = _followed(backend, names, screen, all_or_none, turns if here else None)
    except KeyboardInterrupt:
        if any(RunFolder(run).status() != "finished" for run in names):
            screen.never_begun(_taken_away(names))
            raise Cancelled from None
        states = {run: fold(EventTail(RunFolder(run).events).read()) for run in names}
    except UserError:
        _taken_away(names)
        raise
    missing = [name for run, name in names.items() if run not in states]
    if missing:
        raise JobFailed("fleet.some_failed", failed=len(missing), total=len(names), runs=", ".join(missing))
    return [states[run] for run in names]


def _followed(
    backend: Backend, runs: Collection[Path], screen: _Screen, all_or_none: bool, turns: Turns | None
) -> dict[Path, RunState]:
    states: dict[Path, RunState] = {}

    def check() -> None:
        if turns is not None and not screen.begun:
            screen.waits(runs)

    with closing(have_done(backend, runs, check, turns=turns)) as telling:
        try:
            for told in telling:
                screen.show(told)
                if told.ended is None:
                    continue
                try:
                    states[told.run] = told.result()
                except (UserError, JobFailed, Cancelled) as error:
                    if all_or_none:
                        raise
                    screen.failed(told.run, error)
        except KeyboardInterrupt:
            screen.say(Message(code="cli.stopping"))
            raise
    return states


def told_apart(names: Sequence[str], words: Sequence[str]) -> list[str]:
    """A name for each that no other has: its own, else what a person wrote for it, else that with a number."""
    found = [name if names.count(name) == 1 else word for name, word in zip(names, words, strict=True)]
    return [each if found.count(each) == 1 else f"{each} ({number})" for number, each in enumerate(found, start=1)]


def _takes(runs: Collection[Path], nodes: Sequence[Node], *, here: bool) -> Message | None:
    """How long all of it takes once it is its turn; None where nobody knows it of each, or what machines there are."""
    known = entries()
    left = [entry.left for run in runs if (entry := entry_of(run, known)) is not None and entry.left is not None]
    if len(left) < len(runs) or not nodes:
        return None
    demands = [piece_of(run, nodes).demand for run in runs]
    at_once = settings().at_once if here else 0
    low = until_done([(demand, each.low_s) for demand, each in zip(demands, left, strict=True)], nodes, at_once)
    high = until_done([(demand, each.high_s) for demand, each in zip(demands, left, strict=True)], nodes, at_once)
    if low is None or high is None:
        return None
    by = left[0].run
    time = span(Left(low, high, about=not here or any(each.about for each in left)))
    return Message(code="fleet.takes_by" if by else "fleet.takes", args={"time": time} | ({"run": by} if by else {}))


def _taken_away(runs: Iterable[Path]) -> list[Path]:
    """Those that nobody ever worked on, nor will, for the queue has not taken them over; their folders go."""
    known = entries()
    left = [run for run in runs if run.is_dir() and entry_of(run, known) is None]
    found = [run for run in left if RunFolder(run).status() == "queued"]
    for run in found:
        shutil.rmtree(run, ignore_errors=True)
    return found


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
        raise argparse.ArgumentTypeError(said(error.message).rstrip(".\u3002")) from error


class _Screen:
    """A line for each stage, notice and end of each run, with its name."""

    def __init__(self, names: Mapping[Path, str], *, silent: bool) -> None:
        self._names, self._silent = names, silent
        self.begun: set[Path] = set()
        self._done = 0
        self._waiting = Waiting(self.say)

    def show(self, told: Told) -> None:
        """What is new of a run."""
        for event in told.events:
            if isinstance(event, Hello):
                if told.run in self.begun:
                    self._tell("fleet.again", told.run)
                self.begun.add(told.run)
            elif isinstance(event, Stage | Notice):
                self._tell("fleet.stage", told.run, what=event.message)
        if told.ended == "finished":
            self._done += 1
            self._tell("fleet.done", told.run, done=self._done, total=len(self._names))

    def waits(self, runs: Collection[Path]) -> None:
        """What they wait for, while none of them has begun."""
        self._waiting.look(runs)

    def failed(self, run: Path, error: UserError | JobFailed | Cancelled) -> None:
        """Why a run did not finish."""
        reason = Message(code="cli.cancelled") if isinstance(error, Cancelled) else error.message
        self._tell("fleet.not_done", run, reason=reason)

    def never_begun(self, runs: Collection[Path]) -> None:
        """Which runs were not begun, and are gone."""
        if runs:
            self.say(Message(code="fleet.never_begun", args={"runs": ", ".join(self._names[run] for run in runs)}))

    def say_if(self, message: Message | None) -> None:
        """Print a line, if there is one to print."""
        if message is not None:
            self.say(message)

    def say(self, message: Message) -> None:
        """Print a line, whole, at once."""
        if not self._silent:
            print(said(message), file=sys.stderr, flush=True)

    def _tell(self, code: str, run: Path, **args: Argument | Message) -> None:
        self.say(Message(code=code, args={"run": self._names[run], **args}))
