"""What a person reads, as a code with arguments; the sentence stands in `resources/i18n` in both languages."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from engine.contract.text.resources import I18N

Language = Literal["en", "zh"]
Argument = str | int | float


@cache
def sentences() -> dict[str, dict[str, str]]:
    """Every code with its sentence per language, read from all `resources/i18n/*.json`.

    Each file holds one area, `{"area.code": {"en": "... {argument} ...", "zh": "..."}}`.
    """
    table: dict[str, dict[str, str]] = {}
    for path in sorted(I18N.glob("*.json")):
        table.update(json.loads(path.read_text(encoding="utf-8")))
    return table


class _Sentences(string.Formatter):
    """Fills gaps; one that names two words, as in `{count} {count:class|classes}`, takes the first for one of a thing.

    Chinese has no plural, so its sentences have no such gap.
    """

    def format_field(self, value: Any, format_spec: str) -> str:
        """What stands in a gap."""
        one, several, many = format_spec.partition("|")
        if not several:
            return str(super().format_field(value, format_spec))
        # Counts come as numbers, or written as a person reads them.
        return one if str(value) == "1" else many


_filler = _Sentences()


def fill(sentence: str, args: Mapping[str, Argument]) -> str:
    """A sentence with its gaps filled; raises KeyError or IndexError for one that wants other arguments."""
    return _filler.vformat(sentence, (), args)


class Message(BaseModel):
    """A sentence to be shown: `code` names it, `args` fill its gaps, some perhaps with a sentence of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    args: Mapping[str, Argument | Message] = {}

    def text(self, language: Language = "en") -> str:
        """The sentence in `language`; where there is none, or it wants other arguments, the code and its arguments."""
        sentence = sentences().get(self.code, {}).get(language)
        if sentence is None:
            return f"{self.code} {self.args}"
        try:
            filled = {name: arg.text(language) if isinstance(arg, Message) else arg for name, arg in self.args.items()}
            return fill(sentence, filled)
        except (KeyError, IndexError):  # an old stream may know fewer arguments than today's sentence
            return f"{self.code} {self.args}"

    def texts(self) -> dict[str, str]:
        """The sentence by language, for a document that is read in either."""
        return {language: self.text(language) for language in get_args(Language)}


class _Told(Exception):
    """An error whose sentence a person reads; it survives the way from one process to another."""

    def __init__(self, code: str, **args: Argument | Message) -> None:
        self.message = Message(code=code, args=args)
        super().__init__(self.message.text())

    def __reduce__(self) -> tuple[Any, ...]:
        return _told_again, (type(self), self.message)


class UserError(_Told):
    """Bad usage or input: one sentence that names the file, the place and the remedy. Exit status 2."""


class JobFailed(_Told):
    """Work that was asked for properly and could not be done. Exit status 1."""


def _told_again(kind: type[_Told], message: Message) -> _Told:
    return kind(message.code, **message.args)


class Cancelled(Exception):
    """The work was asked to stop. Exit status 130."""
