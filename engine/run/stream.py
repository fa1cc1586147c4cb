"""The writing end of `events.jsonl`: one writer per run, one whole line per event."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path

from engine.contract.run.events import TERMINAL, Event, parse_event
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail


class EventWriter:
    """Appends events to a stream, numbering on from earlier sittings; may be called from any thread.

    Opening raises StreamError if what is there cannot be read; half a line of a killed worker is cut off.
    `earlier` is the state that the earlier sittings left.
    """

    def __init__(self, path: Path) -> None:
        tail = EventTail(path)
        self.earlier: RunState = fold(tail.read())
        self._seq = self.earlier.next_seq
        self._size = tail.offset
        self._lock = threading.Lock()
        self._ended = False
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        os.ftruncate(self._fd, self._size)

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def emit(self, event: Event) -> None:
        """Stamp `event` with `seq` and `time` and append it; RuntimeError after a terminal event.

        Raises pydantic.ValidationError for what no reader would accept, and OSError if the line cannot be
        written, in which case none of it stays.
        """
        with self._lock:
            if self._ended:
                raise RuntimeError(f"{event.type} after the end of the run")
            line = event.model_copy(update={"seq": self._seq, "time": time.time()}).model_dump_json()
            parse_event(line)
            self._append(line.encode() + b"\n")
            self._seq += 1
            if isinstance(event, TERMINAL):
                self._ended = True
                os.fsync(self._fd)

    def _append(self, data: bytes) -> None:
        try:
            if os.write(self._fd, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self._size += len(data)
