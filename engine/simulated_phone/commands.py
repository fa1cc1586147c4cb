"""The built-in commands of a simulated phone: what a bench sends and a person tries, on the phone's own files."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable
from getopt import GetoptError, gnu_getopt

from engine.simulated_phone.body import DISK_KB
from engine.simulated_phone.machine import Process, Streams

BuiltIn = Callable[[list[str], Process, Streams], int]


def _operands(words: list[str], known: str = "") -> tuple[str, list[str]]:
    """The letters of the flags, and what follows them; raises ValueError for a flag that is not known."""
    try:
        flags, rest = gnu_getopt(words[1:], known)
    except GetoptError as error:
        raise ValueError(error.msg) from error
    return "".join(flag for flag, _ in flags), rest


def _each(words: list[str], names: list[str], process: Process, streams: Streams, do: Callable[[str], None]) -> int:
    """Do something with the path of each name; 1 if one failed, with its reason on standard error."""
    status = 0
    for name in names:
        try:
            do(process.path(name))
        except OSError as error:
            streams.complain(f"{words[0]}: {name}: {error.strerror or error}\n")
            status = 1
    return status


def _getprop(words: list[str], process: Process, streams: Streams) -> int:
    told = process.machine.body.properties()
    lines = [told.get(words[1], "")] if len(words) > 1 else [f"[{name}]: [{value}]" for name, value in told.items()]
    streams.say("\n".join(lines) + "\n")
    return 0


def _cat(words: list[str], process: Process, streams: Streams) -> int:
    names = _operands(words)[1]
    if not names:
        streams.out(streams.stdin)
    return _each(words, names, process, streams, lambda path: streams.out(process.machine.storage.read(path)))


def _grep(words: list[str], process: Process, streams: Streams) -> int:
    """Every line of several files with its file's path before it."""
    names = _operands(words)[1]
    if len(names) < 3 or names.pop(0) != ".":
        raise ValueError("a simulated phone only knows `grep . FILE FILE...`")

    def tell(path: str) -> None:
        lines = process.machine.storage.read(path).splitlines()
        streams.out(b"".join(path.encode("utf-8", "surrogateescape") + b":" + line + b"\n" for line in lines if line))

    return _each(words, names, process, streams, tell)


def _ls(words: list[str], process: Process, streams: Streams) -> int:
    letters, names = _operands(words, "a")
    storage = process.machine.storage

    def tell(path: str) -> None:
        # A file is its own list, and a path that is nothing raises.
        found = storage.names(path) if storage.is_folder(path) or not storage.exists(path) else [path]
        streams.say("".join(f"{name}\n" for name in found if "a" in letters or not name.startswith(".")))

    return _each(words, names or ["."], process, streams, tell)


def _mkdir(words: list[str], process: Process, streams: Streams) -> int:
    letters, names = _operands(words, "p")
    storage, parents = process.machine.storage, "p" in letters

    def make(path: str) -> None:
        if not (parents and storage.is_folder(path)):
            storage.writable(path).mkdir(parents=parents, exist_ok=parents)

    return _each(words, names, process, streams, make)


def _rm(words: list[str], process: Process, streams: Streams) -> int:
    letters, names = _operands(words, "rf")
    storage = process.machine.storage

    def remove(path: str) -> None:
        if "f" in letters and not storage.exists(path):
            return
        if storage.is_folder(path) and "r" not in letters:
            raise IsADirectoryError(21, "Is a directory")
        storage.remove(path)

    return _each(words, names, process, streams, remove)


def _chmod(words: list[str], process: Process, streams: Streams) -> int:
    mode, *names = _operands(words)[1] or [""]
    if not (mode.isascii() and mode.isdigit()):
        raise ValueError(f"bad mode '{mode}', such as 755 is wanted")
    bits = int(mode, 8) & 0o777 | 0o600
    return _each(words, names, process, streams, lambda path: process.machine.storage.writable(path).chmod(bits))


def _df(words: list[str], process: Process, streams: Streams) -> int:
    free = 0 if process.machine.misbehaviour.has("no_space") else DISK_KB // 2
    streams.say("Filesystem 1K-blocks Used Available Use% Mounted on\n")
    streams.say(f"/dev/simulated {DISK_KB} {DISK_KB - free} {free} 50% /data\n")
    return 0


def _sha256sum(words: list[str], process: Process, streams: Streams) -> int:
    names, read = _operands(words)[1], process.machine.storage.read

    def tell(data: bytes, name: str) -> None:
        streams.say(f"{hashlib.sha256(data).hexdigest()}  {name}\n")

    if not names:
        tell(streams.stdin, "-")
    return _each(words, names, process, streams, lambda path: tell(read(path), path))


def _echo(words: list[str], process: Process, streams: Streams) -> int:
    streams.say(" ".join(words[1:]) + "\n")
    return 0


def _cd(words: list[str], process: Process, streams: Streams) -> int:
    target = posixpath.normpath(process.path(words[1] if len(words) > 1 else "/"))
    if not process.machine.storage.is_folder(target):
        streams.complain(f"sh: cd: {target}: No such file or directory\n")
        return 2
    process.cwd = target
    return 0


def _pwd(words: list[str], process: Process, streams: Streams) -> int:
    streams.say(f"{process.cwd}\n")
    return 0


def _export(words: list[str], process: Process, streams: Streams) -> int:
    process.variables |= {name: value for name, sign, value in (word.partition("=") for word in words[1:]) if sign}
    return 0


def _read(words: list[str], process: Process, streams: Streams) -> int:
    """The first line of its input into a variable; 1 if there is no whole line."""
    line, end, _ = streams.stdin.decode("utf-8", "surrogateescape").partition("\n")
    process.variables |= dict.fromkeys(words[1:2], line.strip(" \t"))
    return int(not end)


def _kill(words: list[str], process: Process, streams: Streams) -> int:
    pids = [word for word in words[1:] if not word.startswith("-")]
    return int(not all(word.isdecimal() and process.machine.kill(int(word)) for word in pids))


def _dumpsys(words: list[str], process: Process, streams: Streams) -> int:
    if words[1:] != ["battery"]:
        streams.complain("Can't find service (simulated)\n")
        return 1
    streams.say(process.machine.body.battery())
    return 0


def _true(words: list[str], process: Process, streams: Streams) -> int:
    return 0


COMMANDS: dict[str, BuiltIn] = {
    ":": _true, "true": _true, "getprop": _getprop, "cat": _cat, "grep": _grep, "ls": _ls, "mkdir": _mkdir, "rm": _rm,
    "chmod": _chmod, "df": _df, "sha256sum": _sha256sum, "echo": _echo, "cd": _cd, "pwd": _pwd, "export": _export,
    "read": _read, "kill": _kill, "dumpsys": _dumpsys,
}  # fmt: skip
"""Every command by its name."""
