"""Where the queue of this machine lies, and what is taken over into it.

Each machine has a queue of its own, for a home folder may be shared by several, and what is put in on one is done
there: another one does not know its processes, nor what it has room for.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from engine.contract.system.files import read_json, write_atomically
from engine.contract.system.folders import queue_folder, state_folder
from engine.contract.system.locks import alone

LOCK_LIMIT_S = 20.0
"""A change takes milliseconds; who holds the lock for so long hangs."""
EARLIER = "earlier"
"""A person puts here, beside the tickets, the folder of this machine's queue under an earlier name."""


def take_over() -> None:
    """Take in what stands elsewhere though it is of this machine: the queue of an earlier version, or `EARLIER`.

    What cannot be taken over stays where it is, for another look.
    """
    folder = queue_folder()
    for source in (state_folder() / "queue", folder / EARLIER):
        with contextlib.suppress(OSError):
            chosen = _settings(source).is_file() and not _settings(folder).exists()
            if chosen or _files(source):
                _take_in(source, folder)


def of_others() -> dict[str, int]:
    """How many tickets stand in the queues of other machines with this home folder, by their names."""
    ours = queue_folder()
    counts = {each.name: len(_files(each)) for each in ours.parent.glob("*") if each.name != ours.name}
    return {name: count for name, count in sorted(counts.items()) if count}


def _take_in(source: Path, folder: Path) -> None:
    """Take in the tickets of another folder, under numbers that nobody has here, and the choices if none were made.

    At whatever moment it is broken off, the next one ends it: a ticket goes only after it stands here.
    """
    (folder / "tickets").mkdir(parents=True, exist_ok=True)
    with alone(folder / "lock", LOCK_LIMIT_S), alone(source / "lock", LOCK_LIMIT_S):
        if _settings(source).is_file() and not _settings(folder).exists():
            write_atomically(_settings(folder), _settings(source).read_text(encoding="utf-8"))
        here = {told["run"] for file in _files(folder) if (told := _told(file))}
        for file in _files(source):
            told, target = _told(file), _free(folder, int(file.stem))
            if told is not None and told["run"] in here:
                file.unlink()
            elif told is None or target.name == file.name:
                file.replace(target)
            else:
                write_atomically(target, json.dumps(told | {"number": int(target.stem)}))
                file.unlink()


def _told(file: Path) -> dict[str, Any] | None:
    """A ticket, as much of it as matters here; None where it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        told = read_json(file)
        if isinstance(told, dict) and isinstance(told.get("run"), str):
            return told
    return None


def _free(folder: Path, number: int) -> Path:
    """The ticket of that number if nobody has it, else behind all that there are."""
    taken = {int(file.stem) for file in _files(folder)}
    return folder / "tickets" / f"{1 + max(taken) if number in taken else number:06d}.json"


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in (folder / "tickets").glob("[0-9]*.json") if file.stem.isdigit())


def _settings(folder: Path) -> Path:
    return folder / "settings.json"
