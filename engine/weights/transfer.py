"""One file on its way from a server into a partial file, over as many connections as it takes (RFC 9110, 13 and 14)."""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.system.files import write_atomically
from engine.contract.text.messages import JobFailed, UserError
from engine.weights.arrays import MAX_BYTES, printable

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 14  # the last of them is lost when a connection breaks
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = 5


@dataclass(frozen=True)
class Limits:
    """Seconds to connect, seconds without a byte, connections that bring nothing in a row, and in all, bytes in all."""

    connect_s: float = 15.0
    stall_s: float = 30.0
    attempts: int = 4
    connections: int = 50
    pause_s: float = 1.0
    max_bytes: int = MAX_BYTES


class Note(BaseModel):
    """What a partial file is a part of: an address, the server's mark of that version, the length of the whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    mark: str | None
    total: int | None


class Part:
    """A partial file with its note."""

    def __init__(self, path: Path, note: Path, url: str) -> None:
        self.path, self._note, self.url = path, note, url

    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def note(self) -> Note | None:
        """The note, if it is of this address and names the version, so that going on is possible."""
        try:
            note = Note.model_validate_json(self._note.read_bytes())
        except (OSError, ValidationError):
            return None
        return note if note.url == self.url and note.mark is not None else None

    def begin(self, note: Note) -> None:
        """Write down what will be in the file from now on. Raises OSError."""
        write_atomically(self._note, note.model_dump_json())

    def drop(self) -> None:
        """Forget what there is. Raises OSError."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


class _Broken(Exception):
    """The connection or the server failed for now; another try may get further."""


class Transfer:
    """Fills a part; `run` belongs into a thread, `done` and `total` (bytes) may be read, `stop` called from any."""

    def __init__(self, part: Part, limits: Limits) -> None:
        self._part, self._limits = part, limits
        self._secret = part.url.lower().startswith("https:")
        self._stopped = threading.Event()
        self.done = 0
        self.total: int | None = None
        self.resumed_at = 0

    def stop(self) -> None:
        """Write nothing more."""
        self._stopped.set()

    def run(self) -> None:
        """Until the part is whole or `stop`.

        Raises UserError for an answer that cannot be used, JobFailed for the network, OSError for the disk.
        """
        note = self._part.note()
        if note is None:
            self._part.drop()
        self.done = self.resumed_at = self._part.size()
        if note is not None and note.total == self.done:
            return
        failures = connections = 0
        while not self._stopped.is_set():
            before = self.done
            try:
                self._connect()
                return
            except _Broken as error:
                connections += 1
                failures = 1 if self.done > before else failures + 1
                if failures >= self._limits.attempts or connections >= self._limits.connections:
                    raise self._failed(str(error)) from error
            self._stopped.wait(self._limits.pause_s * 2 ** (failures - 1))

    def _connect(self) -> None:
        import requests
        from requests.exceptions import ChunkedEncodingError, InvalidSchema, SSLError

        note = self._part.note()
        going_on = note is not None and self._part.size() > 0
        headers = {"Accept-Encoding": "identity", "User-Agent": "espalier"}
        if note is not None and going_on:
            headers |= {"Range": f"bytes={self._part.size()}-", "If-Range": str(note.mark)}
        seconds = (self._limits.connect_s, self._limits.stall_s)
        try:
            with requests.Session() as session:
                session.max_redirects = _REDIRECTS
                if self._secret:
                    session.adapters.pop("http://")
                with session.get(self._part.url, headers=headers, stream=True, timeout=seconds) as answer:
                    self._receive(answer, note if going_on else None)
        except SSLError as error:  # a connection error too, but one that stays
            raise self._failed(innermost(error)) from error
        except (requests.ConnectionError, requests.Timeout, ChunkedEncodingError) as error:
            raise _Broken(innermost(error)) from error
        except requests.RequestException as error:
            if self._secret and isinstance(error, InvalidSchema):
                raise UserError("download.downgraded", address=self._part.url) from error
            raise self._failed(innermost(error)) from error

    def _receive(self, answer: requests.Response, note: Note | None) -> None:
        self._judge(answer)
        begins, total = _extent(answer)
        fits = note is not None and begins == self._part.size() and _same(answer, total, note)
        if begins and not fits:
            self._start_over()
            raise _Broken("the server has another file by now")
        if not begins:
            self._start_over()
            self._part.begin(Note(url=self._part.url, mark=_mark(answer), total=total))
        self.total = total
        if total is not None and total > self._limits.max_bytes:
            raise self._too_large()
        self._write(answer)
        if total is not None and self.done != total and not self._stopped.is_set():
            raise _Broken(f"it ended after {self.done} of {total} bytes")

    def _write(self, answer: requests.Response) -> None:
        with self._part.path.open("ab") as stream:
            for chunk in answer.iter_content(_CHUNK):
                if self._stopped.is_set():
                    return
                if self.done + len(chunk) > self._limits.max_bytes:
                    raise self._too_large()
                stream.write(chunk)
                self.done += len(chunk)
            stream.flush()
            os.fsync(stream.fileno())

    def _judge(self, answer: requests.Response) -> None:
        """Raise for an answer whose body is not wanted."""
        address, status = self._part.url, answer.status_code
        if status == 416:  # more is here than the server has
            self._start_over()
            raise _Broken("the server has a shorter file by now")
        if status in _AGAIN:
            raise _Broken(f"{status} {answer.reason}")
        if status not in (200, 206):
            raise UserError("download.answer", address=address, status=status, reason=printable(answer.reason or ""))
        kind = answer.headers.get("Content-Type", "")
        if kind.startswith("text/html") or answer.headers.get("Content-Encoding", "identity") != "identity":
            raise UserError("download.page", address=address)

    def _start_over(self) -> None:
        self._part.drop()
        self.done = self.resumed_at = 0

    def _failed(self, reason: str) -> JobFailed:
        kept = f"{self._part.size() / 1e6:.1f}"
        return JobFailed("download.failed", address=self._part.url, reason=printable(reason), kept=kept)

    def _too_large(self) -> UserError:
        self._part.drop()
        limit = f"{self._limits.max_bytes / 1e9:.1f}"
        return UserError("download.too_large", address=self._part.url, limit=limit)


def innermost(error: BaseException) -> str:
    """What the system said, below the layers that a library wraps around it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(error) or type(error).__name__


def _extent(answer: requests.Response) -> tuple[int, int | None]:
    """Where in the file the body begins, and how long the whole is, if that is told."""
    if answer.status_code == 206:
        found = _RANGE.match(answer.headers.get("Content-Range", ""))
        if found is None:
            raise _Broken("an answer without Content-Range")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _mark(answer: requests.Response) -> str | None:
    """What tells this version of the file from others: a strong ETag, or else the time of the last change."""
    tag = answer.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified")


def _same(answer: requests.Response, total: int | None, note: Note) -> bool:
    # A server that does not know If-Range would send the rest of another version. It may leave out the time in a 206.
    mark = _mark(answer)
    unsaid = mark is None and not str(note.mark).startswith('"')
    return (unsaid or mark == note.mark) and note.total in (None, total)
