"""Reading `events.jsonl` while somebody writes it."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from engine.contract.run.events import Event, parse_event
from engine.contract.text.messages import UserError
from engine.contract.text.reasons import at_place

_BLOCK = 64 * 1024


class StreamError(UserError):
    """A stream of events that cannot be: a line that is no event, a file that shrank, an impossible order."""


class EventTail:
    """Hands out the events of a stream as they come; a last line without its end waits for the rest.

    `line` and `offset` count the complete lines and their bytes read so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0
        self.offset = 0

    def read(self, end: int | None = None) -> list[Event]:
        """The events since the last call, up to byte `end`; raises StreamError naming the line.

        A missing file has none yet.
        """
        try:
            with self.path.open("rb") as stream:
                if os.fstat(stream.fileno()).st_size < self.offset:
                    raise StreamError("run.stream_truncated", path=str(self.path), line=self.line)
                stream.seek(self.offset)
                data = stream.read() if end is None else stream.read(max(0, end - self.offset))
        except FileNotFoundError as error:
            if self.offset:
                raise StreamError("run.stream_truncated", path=str(self.path), line=self.line) from error
            return []
        events = []
        for line in data.split(b"\n")[:-1]:
            events.append(_parse(self.path, line, self.line + 1))
            self.line += 1
            self.offset += len(line) + 1
        return events


def last_event(path: Path) -> tuple[Event | None, int]:
    """The last complete event and the bytes up to its end; raises StreamError if that line is no event."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return None, 0
    with stream:
        size = stream.seek(0, os.SEEK_END)
        start, data = size, b""
        while start > 0 and data.count(b"\n") < 2:
            block = min(_BLOCK, start)
            start -= block
            stream.seek(start)
            data = stream.read(block) + data
    end = data.rfind(b"\n")
    if end < 0:
        return None, 0
    line = data[data.rfind(b"\n", 0, end) + 1 : end]
    return _parse(path, line, None), start + end + 1


def _parse(path: Path, line: bytes, number: int | None) -> Event:
    try:
        return parse_event(line.decode())
    except (ValidationError, UnicodeDecodeError) as error:
        place = "last" if number is None else number
        raise StreamError("run.stream_broken", path=str(path), line=place, reason=at_place(error)) from error
