"""How ranks wait for each other outside of collective operations, in which none may wait for more than 30 seconds.

Each has a file in the run's folder, in which it says how often it has met the others and what it had to tell them. On
several machines the folder is a shared one, and since no kernel tells of a dead process elsewhere, each file has a
counter that goes on as long as its rank lives.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from engine.contract.system.files import write_atomically
from engine.contract.text.messages import Cancelled, JobFailed, Message, UserError

LEAST_PAUSE_S, MOST_PAUSE_S = 0.004, 0.05
BEAT_S = 2.0
SILENT_S = 90.0
"""A rank elsewhere whose counter has stood still for so long is lost."""


class Meeting:
    """One rank's part in it; `check` is called while it waits, and raises where nobody wants to go on."""

    def __init__(self, folder: Path, rank: int, size: int, check: Callable[[], None], *, beating: bool = False) -> None:
        self.folder, self.rank, self.size, self._check = folder, rank, size, check
        self._state: dict[str, Any] = {"met": 0, "told": {}, "beat": 0, "ended": None, "over": False}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._heard: dict[int, tuple[int, float, float]] = {}
        self._beating = beating
        self._write()
        if beating:
            threading.Thread(target=self._beat, name="beat", daemon=True).start()

    @property
    def run_dir(self) -> Path:
        """The run's, in which the ranks of each sitting have a folder in `ranks`."""
        return self.folder.parent.parent

    @property
    def apart(self) -> bool:
        """Whether ranks are on several machines."""
        return self._beating

    def exchange(self, told: Any = None) -> list[Any]:
        """Wait until all ranks have come here, and return what each had to tell, which JSON can hold.

        Raises what ended another rank, what `check` raises, and JobFailed for one elsewhere that fell silent.
        """
        number = self._state["met"] + 1
        # One that is quick may be here once more before the slowest has read what it told.
        kept = {str(number - 1): self._state["told"].get(str(number - 1)), str(number): told}
        self._tell(met=number, told=kept)
        return [told if rank == self.rank else self._wait_for(rank, number) for rank in range(self.size)]

    def end(self, error: Cancelled | JobFailed | UserError) -> None:
        """Tell the others why this rank ends."""
        if isinstance(error, Cancelled):
            self._tell(ended={"kind": "cancelled"})
        else:
            kind = "usage" if isinstance(error, UserError) else "failed"
            self._tell(ended={"kind": kind, "message": error.message.model_dump(mode="json")})

    def raise_ended(self) -> None:
        """Raise what another rank has ended with, if one has."""
        raise_ended(self.folder, [rank for rank in range(self.size) if rank != self.rank])

    def over(self) -> None:
        """Let all others go."""
        self._closed.set()
        with contextlib.suppress(OSError):  # the folder may be gone
            self._tell(over=True)

    def wait_for_over(self, limit_s: float = math.inf) -> None:
        """Wait until rank 0 lets us go, so long at most; raises JobFailed where it is elsewhere and falls silent."""
        until = time.monotonic() + limit_s
        while not self._read(0).get("over") and time.monotonic() < until:
            self._listen(0)
            time.sleep(MOST_PAUSE_S)
        self._closed.set()

    def _wait_for(self, rank: int, number: int) -> Any:
        pause = LEAST_PAUSE_S
        while True:
            state = self._read(rank)
            if state.get("met", 0) >= number:
                return state["told"][str(number)]
            if state.get("ended"):
                _raise(state["ended"])
            self._check()
            self._listen(rank)
            time.sleep(pause)
            pause = min(2 * pause, MOST_PAUSE_S)

    def _listen(self, rank: int) -> None:
        """Count how long a rank's counter has stood still while this process was awake.

        One that was never heard of is waited for as long as a person needs to have its machine join.
        """
        beat, now = self._read(rank).get("beat"), time.monotonic()
        if not self._beating or beat is None:
            return
        last, patience, seen = self._heard.get(rank, (beat, 0.0, now))
        patience = 0.0 if beat != last else patience + min(now - seen, 1.0)
        self._heard[rank] = (beat, patience, now)
        if patience > SILENT_S:
            raise JobFailed("ranks.silent", rank=rank, seconds=round(SILENT_S))

    def _beat(self) -> None:
        while not self._closed.wait(BEAT_S):
            with contextlib.suppress(OSError):
                self._tell(beat=self._state["beat"] + 1)

    def _tell(self, **changes: Any) -> None:
        with self._lock:
            self._state |= changes
            self._write()

    def _write(self) -> None:
        write_atomically(self._file(self.rank), json.dumps(self._state), sync=False)

    def _read(self, rank: int) -> dict[str, Any]:
        return read_state(self.folder, rank)

    def _file(self, rank: int) -> Path:
        return _state_file(self.folder, rank)


def read_state(folder: Path, rank: int) -> dict[str, Any]:
    """What a rank has told in that folder so far; nothing where it has not."""
    try:
        found = json.loads(_state_file(folder, rank).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def raise_ended(folder: Path, ranks: Iterable[int]) -> None:
    """Raise what one of the `ranks` that meet in that folder has ended with, if one has."""
    for rank in ranks:
        if ended := read_state(folder, rank).get("ended"):
            _raise(ended)


def _state_file(folder: Path, rank: int) -> Path:
    return folder / f"{rank}.json"


def _raise(ended: dict[str, Any]) -> NoReturn:
    if ended.get("kind") == "cancelled":
        raise Cancelled
    try:
        message = Message.model_validate(ended["message"])
    except (KeyError, ValidationError) as error:
        raise JobFailed("ranks.ended") from error
    raise (UserError if ended.get("kind") == "usage" else JobFailed)(message.code, **message.args)
