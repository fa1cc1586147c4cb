"""Texts that change with the language while they are shown, tied to what shows them."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CellType
from typing import Any

import shiboken6
from PySide6.QtCore import QLocale, QObject, Signal

from engine.contract.text.messages import Argument, Language
from studio.i18n import show_language, shown_language, tr

_ATTRIBUTE = "_espalier_texts"
_EMPTY_CELL = CellType()


class Translator(QObject):
    """Changes the language; `language_changed` is told after every bound text has been set anew."""

    language_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._owners: weakref.WeakSet[QObject] = weakref.WeakSet()
        self._free = _Texts()

    def set_language(self, language: Language) -> None:
        """Show everything in `language`, at once."""
        if language == shown_language():
            return
        show_language(language)
        self._free.refresh(None)
        for owner in list(self._owners):
            if shiboken6.isValid(owner):
                texts: _Texts = getattr(owner, _ATTRIBUTE)
                texts.refresh(owner)
        self.language_changed.emit(language)

    def texts_of(self, owner: QObject | None) -> _Texts:
        """What is bound to `owner`. It is kept on the owner itself, so that it goes when the owner goes."""
        if owner is None:
            return self._free
        texts: _Texts | None = getattr(owner, _ATTRIBUTE, None)
        if texts is None:
            texts = _Texts()
            setattr(owner, _ATTRIBUTE, texts)
            self._owners.add(owner)
        return texts


@dataclass
class _Texts:
    """Setters by their name on the owner, functions, and callbacks without a text."""

    methods: dict[str, tuple[str, dict[str, Argument]]] = field(default_factory=dict)
    functions: list[tuple[Callable[[str], object], str, dict[str, Argument]]] = field(default_factory=list)
    callbacks: list[str | Callable[[], object]] = field(default_factory=list)

    def refresh(self, owner: QObject | None) -> None:
        for name, (code, args) in list(self.methods.items()):
            getattr(owner, name)(tr(code, **args))
        for function, code, args in list(self.functions):
            function(tr(code, **args))
        for callback in list(self.callbacks):
            (getattr(owner, callback) if isinstance(callback, str) else callback)()


translator = Translator()
"""The one instance."""


def bind(setter: Callable[[str], object], code: str, **args: Argument) -> None:
    """Set a text now and again whenever the language changes; forgets setters of deleted widgets.

    A method of a QObject is bound once: binding it again replaces its code. A function is tied to the first QObject
    that it refers to, and forgotten with it.
    """
    owner, name = _owner_of(setter)
    texts = translator.texts_of(owner)
    if name is not None:
        texts.methods[name] = (code, args)
    else:
        texts.functions.append((setter, code, args))
    setter(tr(code, **args))


def unbind(setter: Callable[[str], object]) -> None:
    """Let a method of a QObject show whatever it is given, whatever the language."""
    owner, name = _owner_of(setter)
    if name is not None:
        translator.texts_of(owner).methods.pop(name, None)


def on_language(callback: Callable[[], object]) -> None:
    """Call `callback` whenever the language has changed; not now. Forgotten with the QObject it belongs to."""
    owner, name = _owner_of(callback)
    translator.texts_of(owner).callbacks.append(callback if name is None else name)


def system_language() -> Language:
    """Chinese on a Chinese system, else English."""
    return "zh" if QLocale.system().name().startswith("zh") else "en"


def _owner_of(function: Callable[..., Any]) -> tuple[QObject | None, str | None]:
    """The QObject that a callable works on, and the callable's name if it is a method of that object."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, QObject):
        return owner, function.__name__
    if isinstance(function, functools.partial):
        inner, _ = _owner_of(function.func)
        return inner or _first_object(function.args), None
    cells = getattr(function, "__closure__", None) or ()
    held = [cell.cell_contents for cell in cells if cell != _EMPTY_CELL]
    return _first_object([*held, *(getattr(function, "__defaults__", None) or ())]), None


def _first_object(values: Any) -> QObject | None:
    return next((value for value in values if isinstance(value, QObject)), None)
