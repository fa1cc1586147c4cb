"""What a simulated phone's shell can read: commands in a row, quoted words, redirections. Nothing is run here.

All else that a shell knows is refused before anything runs. The library's `shlex` cannot find the commands: it makes
the same of `;` and of `';'`, and the second is a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_JOINS = (";", "\n", "&&", "||")
_REDIRECTIONS = ("<", ">", "2>")
_RESERVED = frozenset("case do done elif else esac fi for function if in select then time until while".split())
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
# A digit belongs to a redirection where it stands alone. What matches nothing here is refused.
_PIECE = re.compile(
    r"""(?P<blank>[ \t]+)
    | (?P<sign>(?:(?<![^ \t\n;&|<>])[0-9]+)?[<>] | [;&|]+ | \n)
    | '(?P<single>[^']*)'
    | "(?P<double>(?:[^"\\$`]|\\[^\n])*)"
    | "\$(?P<variable>[A-Za-z_][A-Za-z0-9_]*)"
    | \\(?P<escaped>[^\n])
    | (?P<pid>\$\$)
    | (?P<bare>[A-Za-z0-9_@%+=:,./*?\[\]\u0080-\U0010ffff-]+)""",
    re.VERBOSE,
)


class ScriptProblem(Exception):
    """The text is no script, or one for a shell that can do more."""


@dataclass(frozen=True)
class Piece:
    """A part of a word: text that was quoted, bare text (a pattern may be in it), or the name of a variable."""

    kind: Literal["quoted", "bare", "variable"]
    text: str


Word = tuple[Piece, ...]


@dataclass(frozen=True)
class Command:
    """It is run always (`join` is `;`) or by the status before it (`&&`, `||`)."""

    join: str
    words: tuple[Word, ...]
    redirections: tuple[tuple[str, Word], ...]


def read_script(text: str) -> list[Command]:
    """The commands of a script in order; raises ScriptProblem."""
    commands: list[Command] = []
    words: list[Word] = []
    redirections: list[tuple[str, Word]] = []
    join, redirection = ";", ""
    for token in (*_tokens(text), "\n"):
        if isinstance(token, tuple):
            if redirection:
                redirections.append((redirection, token))
            else:
                words.append(token)
            redirection = ""
        elif redirection or token not in _JOINS + _REDIRECTIONS:
            raise ScriptProblem(f"unexpected {token!r}")
        elif token in _REDIRECTIONS:
            redirection = token
        elif words:
            commands.append(Command(join, tuple(words), tuple(redirections)))
            join = ";" if token == "\n" else token
            words, redirections = [], []
        elif redirections or token != "\n":
            raise ScriptProblem(f"no command before {token!r}")
    if join != ";":
        raise ScriptProblem(f"no command after {join!r}")
    for command in commands:
        _check_first(command.words[0])
    return commands


def _tokens(text: str) -> Iterator[str | Word]:
    """Signs and words."""
    word: list[Piece] = []
    at = 0
    while found := _PIECE.match(text, at):
        kind, at = found.lastgroup or "", found.end()
        if kind not in ("blank", "sign"):
            word.append(_piece(kind, found[kind]))
            continue
        if word:
            yield tuple(word)
            word = []
        if kind == "sign":
            yield found[kind]
    if at < len(text):
        raise ScriptProblem(f"unexpected {text[at : at + 20]!r}")
    if word:
        yield tuple(word)


def _piece(kind: str, text: str) -> Piece:
    if kind == "bare":
        return Piece("bare", text)
    if kind in ("variable", "pid"):
        return Piece("variable", "$" if kind == "pid" else text)
    return Piece("quoted", re.sub(r'\\(["\\$`])', r"\1", text) if kind == "double" else text)


def _check_first(word: Word) -> None:
    """Raise ScriptProblem where a shell would see no command: for a keyword or an assignment."""
    first = word[0]
    if first.kind == "bare" and (_ASSIGNMENT.match(first.text) or (len(word) == 1 and first.text in _RESERVED)):
        raise ScriptProblem(f"unexpected {first.text!r}")
