"""The queue's files: a ticket for each entry, the settings, and the lock under which they change."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.contract.system.files import write_atomically
from engine.contract.system.folders import queue_folder
from engine.contract.system.locks import alone
from engine.contract.text.messages import Message

Lane = Literal["long", "short"]
LOCK_LIMIT_S = 20.0
"""A change takes milliseconds; who holds the lock for so long hangs."""

MOST_AT_ONCE = 64


class Ticket(BaseModel):
    """One entry: the run that is to be done, and what is known of it since it was put in.

    `number` names it for people and is never given again; the lowest `order` comes first. `size` is how much its run
    had told when it was put in (`told_size`): where that grew since, somebody has begun it. `low_s` and `high_s` are
    the seconds that it should take, by the steps of the run `paced_by` (engine/contract/queue/pace.py). `machine` is
    the start of the machine under which it was started. `returns` counts how often it lost its keeper. An
    `interrupted` one was stopped from outside: paused, it goes on by itself under another start of the machine. A
    `leaving` one was cancelled and is being stopped. `command` and `environment` start its worker as who put it in
    would have. `leader` is the process that has it done elsewhere, as by a fleet: while that lives, nobody else begins
    it.
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
    returns: int = 0
    machine: str = ""
    refused: Message | None = None
    command: tuple[str, ...] = ()
    environment: dict[str, str | None] = {}
    leader: int | None = None
    leader_started: int | None = None


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

    def keep(self, ticket: Ticket, *, sync: bool = True) -> Ticket:
        """Write a ticket that is new or has changed. Raises OSError."""
        write_atomically(self._folder / f"{ticket.number:06d}.json", ticket.model_dump_json(), sync=sync)
        others = [each for each in self.tickets if each.number != ticket.number]
        self.tickets = sorted([*others, ticket], key=_order)
        return ticket

    def drop(self, ticket: Ticket) -> None:
        """Take a ticket away. Raises OSError."""
        (self._folder / f"{ticket.number:06d}.json").unlink(missing_ok=True)
        self.tickets = [each for each in self.tickets if each.number != ticket.number]

    def set(self, settings: QueueSettings) -> None:
        """Write the settings. Raises OSError."""
        write_atomically(_settings_file(), settings.model_dump_json())
        self.settings = settings

    def new_number(self) -> int:
        """A number that no entry had before."""
        # Also of a ticket that cannot be read here.
        names = [int(file.stem) for file in self._folder.glob("[0-9]*.json") if file.stem.isdigit()]
        number = 1 + max([self.settings.last, *names])
        self.settings = self.settings.model_copy(update={"last": number})
        write_atomically(_settings_file(), self.settings.model_dump_json(), sync=False)
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


@contextlib.contextmanager
def opened() -> Iterator[Book]:
    """The queue, with nobody else at it meanwhile. Raises OSError."""
    folder = _tickets_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with alone(queue_folder() / "lock", LOCK_LIMIT_S):
        yield Book(folder)


def is_empty() -> bool:
    """Whether nothing stands in the queue, looked up without its lock."""
    return not any(_tickets_folder().glob("*.json"))


def read_tickets() -> list[Ticket]:
    """The tickets by order; one that cannot be read is left alone, as a later version may have written it."""
    found = []
    for file in _tickets_folder().glob("[0-9]*.json"):
        with contextlib.suppress(OSError, ValidationError):
            found.append(Ticket.model_validate_json(file.read_bytes()))
    return sorted(found, key=_order)


def read_settings() -> QueueSettings:
    """The settings; the usual ones where there are none that can be read."""
    try:
        return QueueSettings.model_validate_json(_settings_file().read_bytes())
    except (OSError, ValidationError):
        return QueueSettings()


def _order(ticket: Ticket) -> tuple[float, int]:
    return ticket.order, ticket.number


def _tickets_folder() -> Path:
    return queue_folder() / "tickets"


def _settings_file() -> Path:
    return queue_folder() / "settings.json"
