"""What `plain_pickle` makes where a pickle asks for numpy's or Paddle's functions: arrays of numbers and little more.

Each answer checks the type of everything that it is given before it touches it: a tuple nested a million deep is
harmless until somebody hashes, compares or prints it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ITEM_CODES = frozenset("b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split())
_DIMENSIONS = 16


class NotPlain(Exception):
    """The pickle asks for `what`, which no weights file needs."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


class Name:
    """A name that the pickle mentioned: a word, never the thing that Python knows by it."""

    def __init__(self, module: str, word: str) -> None:
        self.words = (module, word)


class Kind:
    """numpy.dtype, as far as numbers need it."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.dtype = np.dtype(code)


class Array:
    """A numpy array that may get its content later, as numpy pickles it."""

    def __init__(self, value: NDArray[Any] | None = None) -> None:
        self.value = value


def fill(into: dict[str, Any], pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Add entries to a dict; raises NotPlain for a key that is no string, for hashing it may recurse without end."""
    for key, value in pairs:
        if type(key) is not str:
            raise NotPlain(f"a {type(key).__name__} as a key")
        if not key.isprintable():  # it will stand in a sentence on somebody's terminal
            raise NotPlain("a key that cannot be printed")
        into[key] = value
    return into


def _words(value: Any) -> str:
    return ".".join(value.words) if type(value) is Name else type(value).__name__.lower()


class Answers:
    """The names that are known, with a budget: what they copy in all is no more than the file has."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        cores = ("numpy.core", "numpy._core")
        self._known: dict[tuple[str, str], Callable[..., Any] | None] = {
            ("numpy", "ndarray"): None,
            ("numpy", "dtype"): self._kind,
            ("collections", "OrderedDict"): self._ordered,
            ("_codecs", "encode"): self._encode,
            **{(f"{core}.multiarray", "_reconstruct"): self._array for core in cores},
            **{(f"{core}.multiarray", "scalar"): self._scalar for core in cores},
            **{(f"{core}.numeric", "_frombuffer"): self._from_buffer for core in cores},
            **{(module, "tuple"): self._tuple for module in ("builtins", "__builtin__")},
            **{(module, "bytes"): self._no_bytes for module in ("builtins", "__builtin__")},
        }

    def name(self, module: Any, word: Any) -> Name:
        """A name of the table; raises NotPlain for every other."""
        if type(module) is not str or type(word) is not str:
            raise NotPlain("a name that is no word")
        if (module, word) not in self._known:
            asked = f"{module}.{word}"[:120]
            raise NotPlain(asked if asked.isprintable() else "a name that cannot be printed")
        return Name(module, word)

    def call(self, called: Any, args: Any) -> Any:
        """What the name answers to these arguments; raises NotPlain for anything but a known call."""
        answer = self._known[called.words] if type(called) is Name else None
        if answer is None or type(args) is not tuple:
            raise NotPlain(f"a call of {_words(called)}")
        try:
            return answer(*args)
        except (TypeError, ValueError) as error:
            raise NotPlain(f"{_words(called)} with arguments of its own") from error

    def build(self, target: Any, state: Any) -> None:
        """Give an array its content or a number type its byte order; raises NotPlain for anything else."""
        if type(state) is tuple and type(target) is Kind:
            self._set_order(target, state)
        elif type(state) is tuple and type(target) is Array and target.value is None and len(state) == 5:
            _, shape, kind, fortran, raw = state
            target.value = self._content(raw, kind, shape, "F" if fortran is True else "C")
        else:
            raise NotPlain(f"a state for {_words(target)}")

    def _kind(self, code: Any, *_: Any) -> Kind:
        word = code.decode("latin1") if type(code) is bytes else code
        if type(word) is not str or word not in _ITEM_CODES:
            shown = type(word) is str and word.isprintable()
            raise NotPlain(f"an array of {word[:40] if shown else 'no numbers'}")
        return Kind(word)

    def _set_order(self, kind: Kind, state: tuple[Any, ...]) -> None:
        # (version, byte order, subarray, names, fields, size, alignment, flags): a number has no more than an order.
        if len(state) < 5 or any(part is not None for part in state[2:5]):
            raise NotPlain("an array of records")
        if type(state[1]) is not str or state[1] not in ("<", ">", "|", "="):
            raise NotPlain("another byte order")
        kind.dtype = np.dtype(state[1] + kind.code)

    def _array(self, kind: Any, shape: Any, *_: Any) -> Array:
        if type(kind) is not Name or kind.words != ("numpy", "ndarray"):
            raise NotPlain("an array of another class")
        # numpy always begins with nothing; a shape here would be a claim on memory without any content.
        if type(shape) is not tuple or len(shape) != 1 or type(shape[0]) is not int or shape[0] != 0:
            raise NotPlain("an array with a shape before its content")
        return Array()

    def _from_buffer(self, raw: Any, kind: Any, shape: Any, order: Any) -> Array:
        return Array(self._content(raw, kind, shape, order))

    def _scalar(self, kind: Any, raw: Any) -> Array:
        return self._from_buffer(raw, kind, (), "C")

    def _content(self, raw: Any, kind: Any, shape: Any, order: Any) -> NDArray[Any]:
        if type(raw) is str:  # what Python 2 wrote
            raw = self._encode(raw)
        plain = type(shape) is tuple and len(shape) <= _DIMENSIONS and all(type(n) is int and n >= 0 for n in shape)
        if type(kind) is not Kind or not plain or type(order) is not str or order not in ("C", "F"):
            raise NotPlain("an array without a plain type and shape")
        if type(raw) not in (bytes, bytearray):
            raise NotPlain(f"an array whose content is a {type(raw).__name__}")
        if math.prod(shape) * kind.dtype.itemsize != len(raw):
            raise NotPlain(f"an array of shape {str(shape)[:60]} with {len(raw)} bytes")
        return np.frombuffer(raw, kind.dtype).reshape(shape, order="F" if order == "F" else "C")

    def _encode(self, text: Any, codec: Any = "latin1") -> bytes:
        if type(text) is not str or type(codec) is not str or codec not in ("latin1", "latin-1"):
            raise NotPlain("bytes in another writing")
        self._spend(len(text))
        return text.encode("latin1")

    def _ordered(self, pairs: Any = ()) -> dict[str, Any]:
        if type(pairs) not in (list, tuple) or any(type(p) not in (list, tuple) or len(p) != 2 for p in pairs):
            raise NotPlain("a dictionary of no pairs")
        self._spend(len(pairs))
        return fill({}, pairs)

    def _tuple(self, items: Any = ()) -> tuple[Any, ...]:
        if type(items) is not tuple:
            raise NotPlain(f"a tuple of a {type(items).__name__}")
        return items

    def _no_bytes(self) -> bytes:
        return b""

    def _spend(self, amount: int) -> None:
        self._budget -= amount
        if self._budget < 0:
            raise NotPlain("more data than the file has")
