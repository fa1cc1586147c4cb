"""Commands for a phone's shell. Quoting happens here and nowhere else: what is not a `Script` cannot be run there."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from engine.contract.text.messages import UserError


@dataclass(frozen=True)
class RemotePath:
    """An absolute path on the phone; any characters but NUL, which no file system has."""

    text: str

    def __post_init__(self) -> None:
        if not self.text.startswith("/") or "\0" in self.text:
            raise UserError("phone.bad_name", name=repr(self.text))

    def __truediv__(self, name: str) -> RemotePath:
        """The path of `name` in this folder; raises UserError for a name that would lead out of it."""
        if name in ("", ".", "..") or "/" in name:
            raise UserError("phone.bad_name", name=repr(name))
        return RemotePath(f"{self.text}/{name}")

    @property
    def parent(self) -> RemotePath:
        """The folder that it lies in."""
        return RemotePath(self.text.rpartition("/")[0] or "/")


Value = RemotePath | str | int


class Script:
    """A command for the phone's shell: a template of ours with `{}` where names and numbers go, each quoted.

    The template is source text, never put together from data; a value becomes exactly one word of the command.
    """

    def __init__(self, template: str, *values: Value) -> None:
        self.text = template.format(*map(_quoted, values))

    @classmethod
    def each(cls, template: str, values: list[RemotePath]) -> Script:
        """The same template for each value in turn, as one script."""
        whole = cls(":")
        whole.text = "\n".join(cls(template, value).text for value in values) or ":"
        return whole

    def then(self, other: Script) -> Script:
        """This script, and the other one whatever came of it."""
        whole = Script(":")
        whole.text = f"{self.text}\n{other.text}"
        return whole


def option(name: str, value: Value | list[RemotePath]) -> str:
    """A flag of the tool with its value as one word, yet unquoted: `--name=value`; paths are joined by colons."""
    if isinstance(value, list):
        if any(":" in path.text for path in value):
            raise UserError("phone.bad_name", name=next(repr(p.text) for p in value if ":" in p.text))
        value = ":".join(path.text for path in value)
    return f"--{name}={value.text if isinstance(value, RemotePath) else value}"


def _quoted(value: Value) -> str:
    text = value.text if isinstance(value, RemotePath) else str(value)
    if "\0" in text:
        raise UserError("phone.bad_name", name=repr(text))
    return shlex.quote(text)
