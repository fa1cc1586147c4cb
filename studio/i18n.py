"""The language of the window, and sentences by code in it; `bound_texts.py` has those that change while shown."""

from __future__ import annotations

from collections.abc import Mapping

from engine.contract.text.messages import Argument, Language, Message, fill, sentences

_language: Language = "en"


def shown_language() -> Language:
    """The language now shown; a process shows one."""
    return _language


def show_language(language: Language) -> None:
    """Take sentences in `language` from now on."""
    global _language
    _language = language


def tr(code: str, **args: Argument) -> str:
    """The sentence of `code` in the current language; the code itself where there is none."""
    sentence = sentences().get(code, {}).get(_language)
    if sentence is None:
        return Message(code=code, args=args).text(_language)
    try:
        return fill(sentence, args)
    except (KeyError, IndexError):
        return Message(code=code, args=args).text(_language)


def text_of(message: Message) -> str:
    """A message of the engine in the current language."""
    return message.text(_language)


def pick(texts: Mapping[str, str]) -> str:
    """The text of a catalogue card, `{"en": .., "zh": ..}`, in the current language; English where it lacks one."""
    return texts.get(_language) or texts.get("en", "")
