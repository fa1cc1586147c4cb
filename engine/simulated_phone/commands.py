"""The built-in commands of a simulated phone's shell: what a bench needs, on the phone's own files."""

from __future__ import annotations

import hashlib
import posixpath
import shutil
import stat as modes
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.simulated_phone.body import DISK_KB

if TYPE_CHECKING:
    from engine.simulated_phone.interpreter import Shell, Sink, Streams

BuiltIn = Callable[["Shell", list[str], "Streams"], int]


def say(sink: Sink, text: str) -> None:
    """Write text; names that are no UTF-8 go out as they came."""
    sink(text.encode("utf-8", "surrogateescape"))


def _operands(words: list[str]) -> tuple[str, list[str]]:
    """The letters of the flags, and what follows them; after `--` all is operands."""
    letters = ""
    rest: list[str] = []
    for number, word in enumerate(words[1:], 1):
        if word == "--":
            return letters, rest + words[number + 1 :]
        if word.startswith("-") and len(word) > 1:
            letters += word[1:]
        else:
            rest.append(word)
    return letters, rest


def _each(shell: Shell, words: list[str], streams: Streams, do: Callable[[str], None]) -> int:
    """Do something with each operand's path; 1 if one failed, with its reason on standard error."""
    status = 0
    for word in _operands(words)[1]:
        try:
            do(shell.path(word))
        except OSError as error:
            say(streams.err, f"{words[0]}: {word}: {error.strerror or error}\n")
            status = 1
    return status


def _getprop(shell: Shell, words: list[str], streams: Streams) -> int:
    told = shell.machine.body.properties()
    lines = [told.get(words[1], "")] if len(words) > 1 else [f"[{name}]: [{value}]" for name, value in told.items()]
    say(streams.out, "\n".join(lines) + "\n")
    return 0


def _cat(shell: Shell, words: list[str], streams: Streams) -> int:
    if not _operands(words)[1]:
        streams.out(streams.stdin)
    return _each(shell, words, streams, lambda path: streams.out(shell.machine.storage.read(path)))


def _ls(shell: Shell, words: list[str], streams: Streams) -> int:
    letters, rest = _operands(words)
    storage = shell.machine.storage

    def tell(path: str) -> None:
        if not storage.exists(path):
            raise FileNotFoundError(2, "No such file or directory")
        names = storage.names(path) if storage.is_folder(path) and "d" not in letters else [path]
        shown = [name for name in names if "a" in letters or not posixpath.basename(name).startswith(".")]
        say(streams.out, "".join(f"{name}\n" for name in shown))

    return _each(shell, [words[0], "--", *(rest or ["."])], streams, tell)


def _mkdir(shell: Shell, words: list[str], streams: Streams) -> int:
    parents = "p" in _operands(words)[0]

    def make(path: str) -> None:
        if not (parents and shell.machine.storage.is_folder(path)):
            shell.machine.storage.writable(path).mkdir(parents=parents, exist_ok=parents)

    return _each(shell, words, streams, make)


def _rm(shell: Shell, words: list[str], streams: Streams) -> int:
    letters = _operands(words)[0]

    def remove(path: str) -> None:
        storage = shell.machine.storage
        if "f" in letters and not storage.exists(path):
            return
        if storage.is_folder(path) and not set("rR") & set(letters):
            raise IsADirectoryError(21, "Is a directory")
        storage.remove(path)

    return _each(shell, words, streams, remove)


def _chmod(shell: Shell, words: list[str], streams: Streams) -> int:
    mode, *paths = _operands([words[0], "--", *words[1:]])[1] or ["?"]

    def change(path: str) -> None:
        file = shell.machine.storage.writable(path)
        old = file.stat().st_mode & 0o777
        file.chmod(old | 0o111 if mode in ("+x", "a+x") else int(mode, 8) & 0o777 | 0o600)

    return _each(shell, [words[0], "--", *paths], streams, change)


def _df(shell: Shell, words: list[str], streams: Streams) -> int:
    free = 0 if shell.machine.misbehaviour.has("no_space") else DISK_KB // 2
    say(streams.out, "Filesystem 1K-blocks Used Available Use% Mounted on\n")
    say(streams.out, f"/dev/simulated {DISK_KB} {DISK_KB - free} {free} 50% /data\n")
    return 0


def _stat(shell: Shell, words: list[str], streams: Streams) -> int:
    rest = _operands(words)[1]
    form = rest.pop(0) if "-c" in words and rest else "%s %n"

    def tell(path: str) -> None:
        local = shell.machine.storage.local(path)
        if local is None:
            raise FileNotFoundError(2, "No such file or directory")
        found = local.stat()
        values = {"%s": str(found.st_size), "%a": f"{modes.S_IMODE(found.st_mode):o}", "%n": path}
        line = form
        for sign, value in values.items():
            line = line.replace(sign, value)
        say(streams.out, line + "\n")

    return _each(shell, [words[0], "--", *rest], streams, tell)


def _sum(shell: Shell, words: list[str], streams: Streams) -> int:
    def digest(data: bytes) -> str:
        return hashlib.new(words[0].removesuffix("sum"), data).hexdigest()

    if not _operands(words)[1]:
        say(streams.out, f"{digest(streams.stdin)}  -\n")
    read = shell.machine.storage.read
    return _each(shell, words, streams, lambda path: say(streams.out, f"{digest(read(path))}  {path}\n"))


def _echo(shell: Shell, words: list[str], streams: Streams) -> int:
    bare = words[1:2] == ["-n"]
    say(streams.out, " ".join(words[2:] if bare else words[1:]) + ("" if bare else "\n"))
    return 0


def _test(shell: Shell, words: list[str], streams: Streams) -> int:
    given = words[1:-1] if words[0] == "[" and words[-1] == "]" else words[1:]
    negated = given[:1] == ["!"]
    given = given[1:] if negated else given
    storage = shell.machine.storage
    if len(given) == 3:
        sides = {"=": given[0] == given[2], "!=": given[0] != given[2]}
        holds = sides.get(given[1], False)
    elif len(given) == 2:
        sign, word = given
        path = shell.path(word)
        local = storage.local(path)
        checks = {
            "-e": storage.exists(path),
            "-f": storage.exists(path) and not storage.is_folder(path),
            "-d": storage.is_folder(path),
            "-x": local is not None and local.exists() and bool(local.stat().st_mode & 0o111),
            "-s": local is not None and local.exists() and local.stat().st_size > 0,
            "-n": bool(word),
            "-z": not word,
        }
        holds = checks.get(sign, False)
    else:
        holds = bool(given and given[0])
    return int(holds == negated)


def _move(shell: Shell, words: list[str], streams: Streams) -> int:
    letters, rest = _operands(words)
    if len(rest) != 2:
        say(streams.err, f"{words[0]}: needs two names\n")
        return 1
    storage = shell.machine.storage
    source, target = storage.local(shell.path(rest[0])), storage.writable(shell.path(rest[1]))
    if source is None or not source.exists():
        raise FileNotFoundError(2, f"{rest[0]}: No such file or directory")
    target = target / source.name if target.is_dir() else target
    if words[0] == "mv":
        source.replace(target)
    elif source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy(source, target)
    return 0


def _cd(shell: Shell, words: list[str], streams: Streams) -> int:
    target = posixpath.normpath(shell.path(words[1] if len(words) > 1 else "/"))
    if not shell.machine.storage.is_folder(target):
        say(streams.err, f"sh: cd: {target}: No such file or directory\n")
        return 2
    shell.cwd = target
    return 0


def _export(shell: Shell, words: list[str], streams: Streams) -> int:
    shell.variables |= {name: value for name, sign, value in (word.partition("=") for word in words[1:]) if sign}
    return 0


def _kill(shell: Shell, words: list[str], streams: Streams) -> int:
    pids = [word for word in words[1:] if not word.startswith("-")]
    return int(not all(word.isdigit() and shell.machine.kill(int(word)) for word in pids))


def _dumpsys(shell: Shell, words: list[str], streams: Streams) -> int:
    if words[1:] != ["battery"]:
        say(streams.err, "Can't find service (simulated)\n")
        return 1
    say(streams.out, shell.machine.body.battery())
    return 0


def _exit(shell: Shell, words: list[str], streams: Streams) -> int:
    from engine.simulated_phone.interpreter import Left

    raise Left(int(words[1]) & 255 if len(words) > 1 and words[1].isdigit() else shell.status)


def _telling(text: str) -> BuiltIn:
    def tell(shell: Shell, words: list[str], streams: Streams) -> int:
        say(streams.out, text)
        return 0

    return tell


COMMANDS: dict[str, BuiltIn] = {
    ":": _telling(""), "true": _telling(""), "false": lambda shell, words, streams: 1, "sync": _telling(""),
    "uname": _telling("Linux simulated aarch64\n"), "id": _telling("uid=2000(shell) gid=2000(shell) (simulated)\n"),
    "getprop": _getprop, "cat": _cat, "ls": _ls, "mkdir": _mkdir, "rm": _rm, "chmod": _chmod, "df": _df, "stat": _stat,
    "sha256sum": _sum, "md5sum": _sum, "echo": _echo, "test": _test, "[": _test, "mv": _move, "cp": _move, "cd": _cd,
    "export": _export, "kill": _kill, "dumpsys": _dumpsys, "exit": _exit,
}  # fmt: skip
"""Every command by its name."""
