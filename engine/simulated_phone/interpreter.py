"""Runs a parsed script on a simulated phone: words are expanded, built-in commands called. No program of this
machine is ever started."""

from __future__ import annotations

import contextlib
import errno
import posixpath
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.simulated_phone.syntax import Command, Loop, Part, Redirection, Script, Stage, SyntaxProblem, Word, parse

if TYPE_CHECKING:
    from engine.simulated_phone.machine import Machine

Sink = Callable[[bytes], None]
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_GLOB = re.compile(r"[*?\[]")


class Left(Exception):
    """The script ended by itself, by `exit` or `exec`."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass(frozen=True)
class Streams:
    """Where a command reads from and writes to."""

    stdin: bytes
    out: Sink
    err: Sink


@dataclass
class Shell:
    """The state of one script.

    `aborted` is set when nobody listens any more. `stage` is told what begins (run), and may raise Left: a pulled
    cable is the daemon's business.
    """

    machine: Machine
    pid: int
    cwd: str = "/"
    variables: dict[str, str] = field(default_factory=dict)
    status: int = 0
    aborted: threading.Event = field(default_factory=threading.Event)
    source: str = ""
    stage: Callable[[str], None] = lambda name: None

    def run(self, text: str, streams: Streams) -> int:
        """The exit status of a script; a text that is none has 2 and says why."""
        self.source = text
        try:
            script = parse(text)
        except (SyntaxProblem, RecursionError) as problem:
            streams.err(f"sh: syntax error: {problem}\n".encode("utf-8", "surrogateescape"))
            return 2
        try:
            return self.script(script, streams)
        except Left as left:
            return left.status

    def path(self, word: str) -> str:
        """A word as an absolute path."""
        return posixpath.join(self.cwd, word)

    def script(self, script: Script, streams: Streams) -> int:
        """Run its pipelines."""
        for join, stages in script.items:
            if join == ";" or (join == "&&") == (self.status == 0):
                self.status = self._pipeline(stages, streams)
        return self.status

    def _pipeline(self, stages: tuple[Stage, ...], streams: Streams) -> int:
        for stage in stages[:-1]:
            told: list[bytes] = []
            self._stage(stage, replace(streams, out=told.append))
            streams = replace(streams, stdin=b"".join(told))
        return self._stage(stages[-1], streams)

    def _stage(self, stage: Stage, streams: Streams) -> int:
        if self.aborted.is_set():
            raise Left(137)
        try:
            streams = self._redirected(stage.redirections, streams)
        except OSError as error:
            streams.err(f"sh: can't open file: {error.strerror}\n".encode())
            return 1
        if isinstance(stage, Loop):
            return self._loop(stage, streams)
        return self._command(stage, streams)

    def _loop(self, loop: Loop, streams: Streams) -> int:
        status = 0
        for value in [value for word in loop.words for value in self._fields(word, streams)]:
            self.variables[loop.name] = value
            status = self.script(loop.body, streams)
        return status

    def _command(self, command: Command, streams: Streams) -> int:
        assigned: dict[str, str] = {}
        words = list(command.words)
        while words and (pair := self._assignment(words[0], streams)):
            assigned |= dict([pair])
            words.pop(0)
        fields = [text for word in words for text in self._fields(word, streams)]
        if not fields:
            self.variables |= assigned
            return 0 if not words else self.status
        kept = dict(self.variables)
        self.variables |= assigned
        try:
            return self.machine.call(self, fields, streams)
        finally:
            for name in assigned:
                self.variables.pop(name)
                self.variables |= {name: kept[name]} if name in kept else {}

    def _assignment(self, word: Word, streams: Streams) -> tuple[str, str] | None:
        plain = ""
        for part in word:
            if part.kind != "text" or part.quoted:
                break
            plain += part.text
        if not (found := _ASSIGNMENT.match(plain)):
            return None
        return found[1], "".join(self._text(part, streams) for part in word)[len(found[0]) :]

    def _text(self, part: Part, streams: Streams) -> str:
        if part.kind == "variable":
            special = {"?": str(self.status), "$": str(self.pid)}
            return special.get(part.text) or self.variables.get(part.text, "")
        if part.kind == "command":
            told: list[bytes] = []
            inner = replace(self, variables=dict(self.variables))
            with contextlib.suppress(Left):
                inner.script(parse(part.text), replace(streams, out=told.append))
            return b"".join(told).decode("utf-8", "surrogateescape").rstrip("\n")
        return part.text

    def _fields(self, word: Word, streams: Streams) -> list[str]:
        """What a word becomes: unquoted values are split at blanks, unquoted patterns become names of files."""
        fields: list[list[tuple[str, bool]]] = [[]]
        for part in word:
            text = self._text(part, streams)
            if part.quoted or part.kind == "text":
                fields[-1].append((text, part.quoted))
                continue
            pieces = text.split()
            for number, piece in enumerate(pieces):
                if number or (text[:1].isspace() and fields[-1]):
                    fields.append([])
                fields[-1].append((piece, False))
            if pieces and text[-1:].isspace():
                fields.append([])
        return [name for pieces in fields if pieces for name in self._globbed(pieces)]

    def _globbed(self, field: list[tuple[str, bool]]) -> list[str]:
        plain = "".join(text for text, _ in field)
        if not any(_GLOB.search(text) for text, quoted in field if not quoted):
            return [plain]
        pattern = "".join(re.sub(r"([*?\[])", r"[\1]", text) if quoted else text for text, quoted in field)
        whole = self.machine.storage.glob(self.path(pattern))
        cut = 0 if plain.startswith("/") else len(self.cwd.rstrip("/")) + 1
        return [name[cut:] for name in whole] or [plain]

    def _redirected(self, redirections: tuple[Redirection, ...], streams: Streams) -> Streams:
        for one in redirections:
            target = "".join(self._text(part, streams) for part in one.target)
            if one.sign == "<":
                streams = replace(streams, stdin=self._read(target))
                continue
            if one.sign == ">&":
                sink = {"1": streams.out, "2": streams.err}.get(target)
                if sink is None:
                    raise OSError(errno.EBADF, f"{target}: Bad file descriptor")
            else:
                sink = self._file(target, fresh=one.sign == ">")
            streams = replace(streams, err=sink) if one.descriptor == 2 else replace(streams, out=sink)
        return streams

    def _read(self, target: str) -> bytes:
        return b"" if target == "/dev/null" else self.machine.storage.read(self.path(target))

    def _file(self, target: str, *, fresh: bool) -> Sink:
        if target == "/dev/null":
            return lambda data: None
        local = self.machine.storage.writable(self.path(target))
        with local.open("wb" if fresh else "ab"):
            pass

        def write(data: bytes) -> None:
            with local.open("ab") as stream:
                stream.write(data)

        return write
