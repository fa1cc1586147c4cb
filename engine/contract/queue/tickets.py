"""The queue's files: a ticket for each entry, the settings, and the lock under which they change."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.contract.queue.place import LOCK_LIMIT_S, take_over
from engine.contract.system.files import write_atomically
from engine.contract.system.folders import queue_folder
from engine.contract.system.locks import alone
from engine.contract.text.messages import Message

Lane = Literal["long", "short"]
MOST_AT_ONCE = 64


class Ticket(BaseModel):
    """One entry: the run that is to be done, and what is known of it since it was put in.

    `number` names it for people and is never given again; the lowest `order` comes first. `size` is how much its run
    had told when it was put in (`told_size`): where that grew since, somebody has begun it. `low_s` and `high_s` are
    the seconds that it should take, by the steps of the run `paced_by` (engine/contract/queue/pace.py). `machine` is
    the start of the machine under which it was started. `returns` counts how often it lost its keeper under that
    without coming further than `reached`, in optimiser steps. An `interrupted` one was stopped from outside: paused,
    it goes on by itself under another start of the machine. A `leaving` one was cancelled and is being stopped; one
    that goes on `again` was told to while it was being stopped, and waits once it is. `gpus` are those that it may
    hold (`needs.py`). `command` and `environment` start its worker as who put it in would have. `leader` is the process
    that has it done elsewhere, as by a fleet: while that lives, nobody else begins it; `here`, it does so on this
    machine, when it is its turn, and notes it `started`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int = 1
    number: int
    order: float
    run: Path
    kind: str
    title: Message
    project: Path | None = None
    lane: Lane = "long"
    cores: int = Field(default=1, ge=1)
    memory_mb: int = Field(default=0, ge=0)
    gpus: tuple[str, ...] = ()
    wanted_at: float = 0.0
    size: int = 0
    low_s: float | None = None
    high_s: float | None = None
    about: bool = True
    paced_by: str = ""
    paused: bool = False
    interrupted: bool = False
    started: bool = False
    started_at: float | None = None
    leaving: bool = False
    again: bool = False
    returns: int = 0
    reached: int = 0
    machine: str = ""
    refused: Message | None = None
    command: tuple[str, ...] = ()
    environment: dict[str, str | None] = {}
    leader: int | None = None
    leader_started: int | None = None
    here: bool = False

    @property
    def is_stopping(self) -> bool:
        """Whether its run, if it is at work, is being stopped."""
        return self.paused or self.leaving or self.again


class QueueSettings(BaseModel):
    """What a person chose: how many long ones at once, 0 for as many as memory and cores allow; all of it paused.

    `last` is the highest number that was given to an entry.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    at_once: int = Field(default=0, ge=0, le=MOST_AT_ONCE)
    paused: bool = False
    last: int = 0


class Book:
    """The tickets by order, read once; what is kept or dropped here is written at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.settings = read_settings()
        self.tickets = read_tickets()

    def keep(self, ticket: Ticket) -> Ticket:
        """Write a ticket that is new or has changed. Raises OSError."""
        _write(self._file(ticket.number), ticket)
        others = [each for each in self.tickets if each.number != ticket.number]
        self.tickets = sorted([*others, ticket], key=_order)
        return ticket

    def drop(self, ticket: Ticket) -> None:
        """Take a ticket away. Raises OSError."""
        self._file(ticket.number).unlink(missing_ok=True)
        self.tickets = [each for each in self.tickets if each.number != ticket.number]

    def throw_away(self, number: int) -> bool:
        """Take a ticket away that cannot be read; False where there is no such one. Raises OSError."""
        if number not in read_all().unreadable:
            return False
        self._file(number).unlink(missing_ok=True)
        return True

    def set(self, settings: QueueSettings) -> None:
        """Write the settings. Raises OSError."""
        _write(_settings_file(), settings)
        self.settings = settings

    def new_number(self) -> int:
        """A number that no entry had before."""
        # Also of a ticket that cannot be read here.
        names = [int(file.stem) for file in self._folder.glob("[0-9]*.json") if file.stem.isdigit()]
        number = 1 + max([self.settings.last, *names])
        self.set(self.settings.model_copy(update={"last": number}))
        return number

    def find(self, run: Path) -> Ticket | None:
        """The ticket of a run."""
        return next((each for each in self.tickets if each.run == run), None)

    def first_order(self) -> float:
        """An order before all others."""
        return min((each.order for each in self.tickets), default=1.0) - 1

    def last_order(self) -> float:
        """An order behind all others."""
        return max((each.order for each in self.tickets), default=0.0) + 1

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:06d}.json"


@dataclass(frozen=True)
class Tickets:
    """All that there are: those that could be read, by order, and the files of others by their number."""

    readable: list[Ticket]
    unreadable: dict[int, Path]


@contextlib.contextmanager
def opened() -> Iterator[Book]:
    """The queue, with nobody else at it meanwhile. Raises OSError."""
    take_over()
    folder = _tickets_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with alone(queue_folder() / "lock", LOCK_LIMIT_S):
        yield Book(folder)


def is_empty() -> bool:
    """Whether nothing stands in the queue, looked up without its lock."""
    take_over()
    return not any(_tickets_folder().glob("*.json"))


def read_all() -> Tickets:
    """Every ticket; what cannot be read is left alone, for a later version may have written it."""
    found, unreadable = list[Ticket](), dict[int, Path]()
    for file in _tickets_folder().glob("[0-9]*.json"):
        try:
            found.append(Ticket.model_validate_json(file.read_bytes()))
        except FileNotFoundError:
            continue  # it has just been taken out
        except (OSError, ValidationError):
            if file.stem.isdigit():
                unreadable[int(file.stem)] = file
    return Tickets(sorted(found, key=_order), unreadable)


def read_tickets() -> list[Ticket]:
    """The tickets that can be read, by order."""
    return read_all().readable


def read_settings() -> QueueSettings:
    """The settings; the usual ones where there are none, and a paused queue where they cannot be read.

    A person may have paused it, and what is not begun now can be begun later.
    """
    try:
        return QueueSettings.model_validate_json(_settings_file().read_bytes())
    except FileNotFoundError:
        return QueueSettings()
    except (OSError, ValidationError):
        return QueueSettings(paused=True)


def _write(path: Path, what: BaseModel) -> None:
    """Write a file of the queue so that it outlives the loss of power, and its name in the folder too.

    All of them: where the new text waits for the disk, what is there after a loss may be an empty file.
    """
    write_atomically(path, what.model_dump_json())
    with contextlib.suppress(OSError):  # not every kind of disk does that for a folder
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _order(ticket: Ticket) -> tuple[float, int]:
    return ticket.order, ticket.number


def _tickets_folder() -> Path:
    return queue_folder() / "tickets"


def _settings_file() -> Path:
    return queue_folder() / "settings.json"
