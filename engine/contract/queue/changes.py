"""What a person changes of the queue: the order, what is paused or goes, how many at once."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from engine.contract.queue.fate import fate_of, freed
from engine.contract.queue.pump import begun, pump, settle_and_start
from engine.contract.queue.tickets import Book, QueueSettings, Ticket, opened, read_all, read_settings, read_tickets
from engine.contract.queue.titles import unreadable
from engine.contract.run.folder import RunFolder
from engine.contract.run.stopping import stop
from engine.contract.run.tail import StreamError
from engine.contract.text.messages import UserError

_CLOSE = 1e-6
"""Two orders between which there is hardly room for another."""


def move(number: int, *, before: int | None = None, after: int | None = None) -> None:
    """Put an entry before or behind another, or to the top where neither is given. Raises UserError, OSError."""
    with opened() as book:
        ticket = _found(book, number)
        if number in (before, after):
            return
        book.keep(ticket.model_copy(update={"order": _order(book, ticket, before, after)}))
        if any(b.order - a.order < _CLOSE for a, b in zip(book.tickets, book.tickets[1:], strict=False)):
            for place, each in enumerate(list(book.tickets), start=1):
                book.keep(each.model_copy(update={"order": float(place)}))
        settle_and_start(book)


def pause(number: int) -> None:
    """Leave an entry in the queue without doing it; one that runs is stopped, which takes up to 10 s.

    It goes on exactly where it was: one that a fleet had at work then is the queue's. Raises UserError, also for one
    that a fleet elsewhere begins when it likes; and OSError where it could not be written down that it is paused: it is
    stopped all the same.
    """
    with opened() as book:
        ticket = _found(book, number)
        fate = fate_of(ticket)
        if fate == "led" and not ticket.here:
            raise UserError("queue.led", number=number)
        if fate == "runs":
            noted = {} if ticket.started else begun(ticket)
            ticket = ticket.model_copy(update=noted | {"leader": None, "leader_started": None, "here": False})
        ticket = ticket.model_copy(update={"paused": True, "interrupted": False, "again": False})
        unwritten = _unwritten(book, ticket)
    _stop_if_at_work(ticket, surely=unwritten)
    if unwritten:
        with opened() as book:
            book.keep(ticket)  # what was stopped may have made room


def go_on(number: int) -> None:
    """Have a paused or refused entry wait for its turn again, or one that is just being stopped once it is.

    Raises UserError, OSError.
    """
    with opened() as book:
        book.keep(freed(_found(book, number)))
        settle_and_start(book)


def cancel(number: int) -> None:
    """Take an entry out; one that runs is stopped, which takes up to 10 s. Raises UserError, OSError.

    The folder of a run that nobody ever worked on goes with it; of a ticket that cannot be read, only that goes.
    """
    with opened() as book:
        if book.throw_away(number):
            return
        ticket = _found(book, number)
        if fate_of(ticket) != "runs":
            book.drop(ticket)
            _take_away(ticket)
            return
        ticket, unwritten = _leaves(book, ticket)
    _stop_if_at_work(ticket, surely=unwritten)
    if unwritten:
        with opened() as book:
            book.drop(ticket)


def withdraw(run: Path) -> None:
    """Take a run out of the queue if it stands there; one that runs is left for its caller to stop. Raises OSError.

    The folder of one that nobody ever worked on goes with it.
    """
    with opened() as book:
        ticket = book.find(run.resolve())
        if ticket is not None and fate_of(ticket) == "runs":
            if _leaves(book, ticket)[1]:
                book.drop(ticket)
        elif ticket is not None:
            book.drop(ticket)
            _take_away(ticket)


def pause_all() -> None:
    """Start nothing more; what runs goes on. Raises OSError."""
    with opened() as book:
        book.set(book.settings.model_copy(update={"paused": True}))


def go_on_all() -> None:
    """Start what waits again. Raises OSError."""
    with opened() as book:
        book.set(book.settings.model_copy(update={"paused": False}))
        settle_and_start(book)


def set_at_once(count: int) -> None:
    """So many long ones at once, and as many short ones; 0 for as many as memory and cores allow. Raises OSError."""
    with opened() as book:
        book.set(QueueSettings.model_validate(book.settings.model_dump() | {"at_once": count}))
        settle_and_start(book)


def settings() -> QueueSettings:
    """What was chosen."""
    return read_settings()


def _found(book: Book, number: int) -> Ticket:
    ticket = next((each for each in book.tickets if each.number == number), None)
    if ticket is None:
        if (file := read_all().unreadable.get(number)) is not None:
            message = unreadable(number, file)
            raise UserError(message.code, **message.args)
        known = ", ".join(str(each.number) for each in book.tickets)
        if not known:
            raise UserError("queue.unknown_of_none", number=number)
        raise UserError("queue.unknown", number=number, known=known)
    return ticket


def _order(book: Book, ticket: Ticket, before: int | None, after: int | None) -> float:
    others = [each for each in book.tickets if each.number != ticket.number]
    if before is None and after is None:
        return book.first_order()
    place = others.index(_found(book, int(before if before is not None else after or 0)))
    place += before is None
    if place == 0:
        return others[0].order - 1
    if place == len(others):
        return others[-1].order + 1
    return (others[place - 1].order + others[place].order) / 2


def _unwritten(book: Book, ticket: Ticket) -> bool:
    """Write down what is wished of an entry; True where that failed: a disk without room keeps nobody from stopping."""
    try:
        book.keep(ticket)
    except OSError:
        return True
    return False


def _leaves(book: Book, ticket: Ticket) -> tuple[Ticket, bool]:
    """A ticket that is to go once its run has stopped, and whether that could not be written down."""
    ticket = ticket.model_copy(update={"leaving": True, "again": False})
    return ticket, _unwritten(book, ticket)


def _stop_if_at_work(ticket: Ticket, *, surely: bool) -> None:
    """Stop the run of an entry, unless somebody has let it go on since and it was begun again."""
    now = next((each for each in read_tickets() if each.number == ticket.number), ticket)
    if (surely or now.is_stopping) and fate_of(now) == "runs":
        stop(ticket.run)
        with contextlib.suppress(OSError):  # else whoever looks next starts what waits
            pump()


def _take_away(ticket: Ticket) -> None:
    folder = RunFolder(ticket.run)
    with contextlib.suppress(OSError, StreamError):  # what cannot be looked at stays where it is
        if folder.root.is_dir() and folder.status() == "queued":
            shutil.rmtree(folder.root, ignore_errors=True)
