"""Putting in, and starting what has room: whoever looks at the queue pumps it, for nobody else watches over it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from engine.contract.queue.fate import fate_of, freed, is_further, steps_of, told_size
from engine.contract.queue.needs import needs_of, project_of
from engine.contract.queue.pace import Left, pace
from engine.contract.queue.room import due, this_machine
from engine.contract.queue.tickets import Book, Ticket, is_empty, opened
from engine.contract.queue.titles import title_of
from engine.contract.recipe import PlannedJob
from engine.contract.run.folder import TIED_VARIABLE, RunFolder, own_command, read_job, start
from engine.contract.run.lock import FD_VARIABLE, until_let_go
from engine.contract.run.tail import StreamError
from engine.contract.system.environment import studio_environment
from engine.contract.system.locks import is_locked
from engine.contract.system.processes import machine_start
from engine.contract.text.messages import Message, UserError

_TOLD_ON = (
    "ANDROID_ADB_SERVER_PORT",
    "CUDA_DEVICE_ORDER",
    "CUDA_VISIBLE_DEVICES",
    "CURL_CA_BUNDLE",
    "HOME",
    "LD_LIBRARY_PATH",
    "NETRC",
    "OMP_NUM_THREADS",
    "PATH",
    "RAY_ADDRESS",
    "RAY_AUTH_MODE",
    "RAY_AUTH_TOKEN_PATH",
    "REQUESTS_CA_BUNDLE",
    "SLURM_CONF",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    *(f"{which}_proxy" for which in ("all", "http", "https", "no")),
    *(f"{which}_PROXY" for which in ("ALL", "HTTP", "HTTPS", "NO")),
)
"""What a worker finds as whoever put its run in had it, whoever starts it, and whatever is called as in `_TOLD_ON_ALL`;
no more, for there may be secrets in it: a token is told on by its file alone. A ticket is its owner's to read.
"""
_TOLD_ON_ALL = ("ESPALIER_", "SBATCH_")


def enqueue(
    run_dir: Path,
    *,
    title: Message | None = None,
    planned: Sequence[PlannedJob] = (),
    command: Sequence[str] = (),
) -> int:
    """Put a run that has its job.json into the queue, start it if there is room, and return its number.

    One that stands there already keeps its place, and goes on if it was paused, begun as by this call. `planned` are
    the runs of a recipe, if the caller knows them: how long it takes is told by them. Raises UserError `run.no_job`,
    `run.bad_job`, `run.finished`, `run.locked` for one that somebody works on outside the queue; StreamError; OSError.
    """
    folder = RunFolder(run_dir)
    if folder.status() not in ("queued", "running", "lost"):
        until_let_go(folder.lock)
    fresh = ticket_for(folder, title, planned, tuple(command))
    with opened() as book:
        _settle(book)
        known = book.find(folder.root)
        if known is None:
            _refuse(folder)
            number = book.new_number()
            ticket = book.keep(fresh.model_copy(update={"number": number, "order": book.last_order()}))
        else:
            asked = {"command": fresh.command, "environment": fresh.environment}
            ticket = book.keep(freed(known).model_copy(update=asked))
        _start(book)
    return ticket.number


def pump() -> None:
    """Take out what has ended, put back what lost its keeper, start what has room. Raises OSError."""
    if is_empty():
        return
    with opened() as book:
        settle_and_start(book)


def settle_and_start(book: Book) -> None:
    """What `pump` does, for who has the queue open. Raises OSError."""
    _settle(book)
    _start(book)


def ticket_for(
    folder: RunFolder, title: Message | None = None, planned: Sequence[PlannedJob] = (), command: tuple[str, ...] = ()
) -> Ticket:
    """A ticket without number and place."""
    job = read_job(folder)
    project = project_of(job)
    project = None if project is None else project.resolve()
    needs = needs_of(job, project)
    takes = pace(job, folder.root, planned)
    return Ticket(
        number=0,
        order=0.0,
        run=folder.root,
        kind=job.kind,
        title=title or title_of(job, folder.root),
        project=project,
        lane=needs.lane,
        cores=needs.cores,
        memory_mb=needs.memory_mb,
        gpus=needs.gpus,
        wanted_at=time.time(),
        size=told_size(folder),
        low_s=takes.low_s if takes else None,
        high_s=takes.high_s if takes else None,
        about=takes.about if takes else True,
        paced_by=takes.run if takes else "",
        command=command or own_command(),
        environment=_environment(),
    )


def _environment() -> dict[str, str | None]:
    told = {name: os.environ.get(name) for name in (*_TOLD_ON, *_of_ours())}
    return told | {"PYTHONPATH": studio_environment()["PYTHONPATH"]}  # its own tree goes with an interpreter


def _of_ours() -> list[str]:
    of_one_worker = (FD_VARIABLE, TIED_VARIABLE)
    return [name for name in os.environ if name.startswith(_TOLD_ON_ALL) and name not in of_one_worker]


def _refuse(folder: RunFolder) -> None:
    if folder.status() == "finished":
        raise UserError("run.finished", path=str(folder.root))
    if is_locked(folder.lock):
        raise UserError("run.locked", path=str(folder.root))


def _settle(book: Book) -> None:
    for ticket in list(book.tickets):
        match fate_of(ticket):
            case "ended":
                book.drop(ticket)
            case "runs" if not ticket.started:
                goes = {"paused": False, "interrupted": False}  # somebody has begun it by another way
                book.keep(ticket.model_copy(update=begun(ticket) | goes))
            case "returns":
                book.keep(ticket.model_copy(update=waiting(ticket) | _back(ticket) | {"order": book.first_order()}))
            case "held":
                interrupted = not ticket.paused and ticket.machine == machine_start()
                book.keep(ticket.model_copy(update=waiting(ticket) | {"paused": True, "interrupted": interrupted}))
            case "waits" if ticket.started or ticket.again or _is_let_on_by_a_restart(ticket):
                book.keep(ticket.model_copy(update=waiting(ticket) | {"paused": False, "interrupted": False}))
            case "broken" if ticket.refused is None:
                book.keep(ticket.model_copy(update={"refused": _broken(ticket), "started": False}))
            case _:
                pass


def _is_let_on_by_a_restart(ticket: Ticket) -> bool:
    return ticket.interrupted and ticket.machine != machine_start()


def _broken(ticket: Ticket) -> Message:
    try:
        with contextlib.suppress(OSError):
            RunFolder(ticket.run).status()
    except StreamError as error:
        return error.message
    return Message(code="run.stream_broken", args={"path": str(ticket.run), "line": "-", "reason": "-"})


def begun(ticket: Ticket) -> dict[str, object]:
    """What a ticket is once its run is at work."""
    machine = machine_start()
    returns = ticket.returns if ticket.machine == machine else 0  # they are counted under one start of the machine
    return {"started": True, "started_at": time.time(), "machine": machine, "again": False, "returns": returns}


def waiting(ticket: Ticket) -> dict[str, object]:
    """What a ticket that was started and did not end is when it is put back."""
    try:
        size = told_size(RunFolder(ticket.run))
    except (StreamError, OSError):
        size = ticket.size
    return {"started": False, "started_at": None, "size": size, "again": False} | _takes_now(ticket)


def _takes_now(ticket: Ticket) -> dict[str, object]:
    """How long it takes from here; nothing where that cannot be told anew."""
    try:
        takes = pace(read_job(RunFolder(ticket.run)), ticket.run) if ticket.kind == "train" else None
    except (UserError, OSError):
        takes = None
    return {} if takes is None else _told(takes)


def _told(takes: Left) -> dict[str, object]:
    return {"low_s": takes.low_s, "high_s": takes.high_s, "about": takes.about, "paced_by": takes.run}


def _back(ticket: Ticket) -> dict[str, object]:
    """What is counted of one that lost its keeper."""
    returns = 1 if is_further(ticket) else ticket.returns + 1
    return {"returns": returns, "reached": max(ticket.reached, steps_of(ticket))}


def _start(book: Book) -> None:
    if book.settings.paused:
        return
    fates = {ticket.number: fate_of(ticket) for ticket in book.tickets}
    for ticket in due(book.tickets, fates, this_machine(book.settings.at_once)):
        if fates[ticket.number] == "led":
            continue  # who leads it sees by the same rule that it is its turn
        try:
            start(ticket.run, ticket.command, {**dict.fromkeys(_of_ours()), **ticket.environment})
        except UserError as error:
            if error.message.code != "run.locked":  # else somebody was quicker: the next look finds it at work
                book.keep(ticket.model_copy(update={"refused": error.message}))
        except OSError as error:
            args = {"path": str(error.filename or ticket.run), "reason": error.strerror or str(error)}
            book.keep(ticket.model_copy(update={"refused": Message(code="cli.system", args=args)}))
        else:
            # A crash before this, or a full disk, is understood by the size of the stream, or by its lock.
            with contextlib.suppress(OSError):
                book.keep(ticket.model_copy(update=begun(ticket)))
