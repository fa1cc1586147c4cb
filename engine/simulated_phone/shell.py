"""The shell of a simulated phone: it runs a script's commands. No program of this machine is ever started."""

from __future__ import annotations

import glob
import posixpath
from dataclasses import replace
from pathlib import Path

from engine.simulated_phone.commands import COMMANDS
from engine.simulated_phone.machine import KILLED, Ended, Process, Sink, Streams
from engine.simulated_phone.script import Command, ScriptProblem, Word, read_script
from engine.simulated_phone.storage import SDCARD, normal
from engine.simulated_phone.tool import run_tool, stand_in_of

_GRAMMAR = "a simulated phone reads commands with quotes, patterns, < > 2> and ; && || between them, and no more of sh"


def run_script(process: Process, text: str, streams: Streams) -> int:
    """The exit status of a script; a text that is none has 2 and says why."""
    try:
        commands = read_script(text)
    except ScriptProblem as problem:
        streams.complain(f"sh: syntax error: {problem}: {_GRAMMAR}\n")
        return 2
    process.script, status = text, 0
    try:
        for command in commands:
            if command.join == ";" or (command.join == "&&") == (status == 0):
                status = _run(process, command, streams)
    except Ended as ended:
        return ended.status
    return status


def _run(process: Process, command: Command, streams: Streams) -> int:
    if process.aborted.is_set():
        raise Ended(KILLED)
    try:
        for sign, word in command.redirections:
            streams = _redirected(process, sign, process.path(_text(process, word)), streams)
        words = [text for word in command.words for text in _fields(process, word)]
    except OSError as error:
        streams.complain(f"sh: can't open file: {error.strerror}\n")
        return 1
    return call(words, process, streams)


def call(words: list[str], process: Process, streams: Streams) -> int:
    """Run one command; its exit status. Files that cannot be had are told on its standard error."""
    process.machine.note(words=words, script=process.script)
    name = words[0]
    if name == "exec" and len(words) > 1:
        raise Ended(call(words[1:], process, streams))
    try:
        if name in COMMANDS:
            return COMMANDS[name](words, process, streams)
        if "/" in name:
            return _program(words, process, streams)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        streams.complain(f"{name}: {reason or error}\n")
        return 1
    streams.complain(f"sh: {name}: not found\n")
    return 127


def _program(words: list[str], process: Process, streams: Streams) -> int:
    machine, path = process.machine, normal(process.path(words[0]))
    local = machine.storage.local(path)
    if local is None or not local.exists():
        streams.complain(f"sh: {words[0]}: not found\n")
        return 127
    barred = path.startswith(SDCARD + "/") or machine.misbehaviour.has("not_executable")
    if barred or local.is_dir() or not local.stat().st_mode & 0o111:
        streams.complain(f"sh: {words[0]}: can't execute: Permission denied\n")
        return 126
    stand_in = stand_in_of(local)
    if stand_in is None:
        told = "Exec format error: a simulated phone can only run the simulated benchmark_bin"
        streams.complain(f"sh: {words[0]}: {told}\n")
        return 126
    return run_tool(stand_in, words[1:], process, streams)


def _text(process: Process, word: Word) -> str:
    return "".join(process.variables.get(one.text, "") if one.kind == "variable" else one.text for one in word)


def _fields(process: Process, word: Word) -> list[str]:
    """What a word becomes: itself, or the names of files if there are any that its bare text is a pattern of."""
    text = _text(process, word)
    bare = (piece.text if piece.kind == "bare" else glob.escape(_text(process, (piece,))) for piece in word)
    pattern = "".join(bare)
    if pattern == glob.escape(text):
        return [text]
    found = process.machine.storage.glob(posixpath.join(glob.escape(process.cwd), pattern))
    cut = 0 if text.startswith("/") else len(process.path(""))
    return [path[cut:] for path in found] or [text]


def _redirected(process: Process, sign: str, path: str, streams: Streams) -> Streams:
    """The streams with one of them from or to a file; raises OSError for one that cannot be had."""
    if sign == "<":
        return replace(streams, stdin=process.machine.storage.read(path))
    sink = _nowhere if path == "/dev/null" else _file(process.machine.storage.writable(path))
    return replace(streams, out=sink) if sign == ">" else replace(streams, err=sink)


def _nowhere(data: bytes) -> None:
    """Take what is not wanted."""


def _file(local: Path) -> Sink:
    local.write_bytes(b"")

    def write(data: bytes) -> None:
        with local.open("ab") as stream:
            stream.write(data)

    return write
