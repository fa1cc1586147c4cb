"""The language in which the command line speaks to people; `--json` and the events of a run keep to English."""

from __future__ import annotations

import os

from engine.contract.text.messages import Argument, Language, Message

VARIABLE = "ESPALIER_LANGUAGE"
_LANGUAGES: tuple[Language, ...] = ("en", "zh")
_LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""As the C library asks for them: the first that is set decides."""


def language() -> Language:
    """What ESPALIER_LANGUAGE names, `en` or `zh`; else Chinese under a Chinese locale, and English under others."""
    chosen = os.environ.get(VARIABLE, "").lower()
    for known in _LANGUAGES:
        if chosen == known:
            return known
    locale = next(filter(None, map(os.environ.get, _LOCALES)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def said(message: Message) -> str:
    """A message as it is shown here."""
    return message.text(language())


def say(code: str, **args: Argument) -> str:
    """The sentence of a code as it is shown here."""
    return said(Message(code=code, args=args))
