"""Reads the pickles that Paddle writes for weights without Python's unpickler, so that nothing in one can run.

A pickle is a program for a stack machine, and Python's machine calls whatever the program names. This one knows the
instructions that arrays and plain containers need, has no way to import or to call anything, and answers the few names
that numpy and Paddle write with functions of `plain_arrays`. Every other instruction or name ends the reading.

Time and memory stay in proportion to the file: a size that a file merely declares is never believed, and what a name
makes is paid from a budget of the file's length. The standard library's `pickletools` describes the instructions.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from typing import Any

from engine.weights.plain_arrays import Answers, Array, NotPlain, fill

MAX_INSTRUCTIONS = 2_000_000
"""A tensor takes about 40 of them; a file of single-byte instructions would keep us busy for hours."""
_BEGINNING = b"\x80"
_PROTOCOLS = range(2, 6)
_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}
_VALUES = frozenset(
    "BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 "
    "BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8".split()
)
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class Refused(Exception):
    """The pickle holds what no weights file needs: `what`, in the instruction at byte `place`."""

    def __init__(self, place: int, what: str) -> None:
        self.place, self.what = place, what
        super().__init__(f"byte {place}: {what}")


class Malformed(Exception):
    """The bytes are no whole pickle from byte `place` on, for `reason`."""

    def __init__(self, place: int, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"byte {place}: {reason}")


def read_plain(data: bytes) -> Any:
    """What the pickle holds: dicts, lists, tuples, numbers, strings, bytes, and `Array`s of numbers.

    Raises Refused for an instruction or a name beyond those, Malformed for bytes that are no whole pickle.
    """
    if data[:1] != _BEGINNING:
        raise Malformed(0, "it does not begin as a pickle of protocol 2 or later does")
    machine = _Machine(data)
    try:
        return machine.run()
    except NotPlain as error:
        raise Refused(machine.place, error.what) from error
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise Malformed(machine.place, (str(error).splitlines() or ["?"])[0][:120]) from error


def plain(value: Any) -> Any:
    """A value of `read_plain` with its array, or a (name, array) pair, as numpy's."""
    if type(value) is tuple and len(value) == 2:
        return (value[0], plain(value[1])) if type(value[1]) is Array else value
    return value.value if type(value) is Array else value


class _Machine:
    """The stack machine; `place` is the byte at which the current instruction begins."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)
        self._answers = Answers(budget=len(data))
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self.place = 0

    def run(self) -> Any:
        for _ in range(MAX_INSTRUCTIONS):
            self.place = self._stream.tell()
            code = self._stream.read(1)
            opcode = _OPCODES.get(code.decode("latin1"))
            if opcode is None:
                raise Malformed(self.place, f"{code!r} is no instruction of a pickle" if code else "it ends there")
            name = opcode.name
            if name == "STOP":
                return self._pop()
            if name not in _VALUES and name not in _CONSTANTS and name not in _DOES:
                raise NotPlain(f"the instruction {name}")
            given = opcode.arg.reader(self._stream) if opcode.arg is not None else None
            if name in _DOES:
                _DOES[name](self, name, given)
            else:
                self._stack.append(_CONSTANTS[name]() if name in _CONSTANTS else given)
        raise NotPlain(f"more than {MAX_INSTRUCTIONS} instructions")

    def _pop(self) -> Any:
        if not self._stack:
            raise Malformed(self.place, "there is nothing to take")
        return self._stack.pop()

    def _top(self, kind: type) -> Any:
        if not self._stack or type(self._stack[-1]) is not kind:
            raise Malformed(self.place, f"there is no {kind.__name__} to add to")
        return self._stack[-1]

    def _since_mark(self) -> list[Any]:
        if not self._below:
            raise Malformed(self.place, "there is no mark to go back to")
        items, self._stack = self._stack, self._below.pop()
        return items

    # One method per kind of instruction, each given the instruction's name and argument.

    def _frame(self, name: str, given: Any) -> None:
        if name == "PROTO" and given not in _PROTOCOLS:
            raise NotPlain(f"pickle protocol {given}")

    def _mark(self, name: str, given: Any) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _tuple(self, name: str, given: Any) -> None:
        count = _TUPLES.get(name)
        items = self._since_mark() if count is None else [self._pop() for _ in range(count)][::-1]
        self._stack.append(tuple(items))

    def _append(self, name: str, given: Any) -> None:
        items = self._since_mark() if name == "APPENDS" else [self._pop()]
        self._top(list).extend(items)

    def _set(self, name: str, given: Any) -> None:
        items = self._since_mark() if name == "SETITEMS" else [self._pop(), self._pop()][::-1]
        if len(items) % 2:
            raise Malformed(self.place, "there is a key without a value")
        fill(self._top(dict), zip(items[::2], items[1::2], strict=True))

    def _put(self, name: str, given: Any) -> None:
        if not self._stack:
            raise Malformed(self.place, "there is nothing to remember")
        self._memo[len(self._memo) if name == "MEMOIZE" else given] = self._stack[-1]

    def _get(self, name: str, given: Any) -> None:
        if given not in self._memo:
            raise Malformed(self.place, f"nothing is remembered as {given}")
        self._stack.append(self._memo[given])

    def _name(self, name: str, given: Any) -> None:
        if name == "GLOBAL":
            module, _, word = given.partition(" ")
        else:
            word, module = self._pop(), self._pop()
        self._stack.append(self._answers.name(module, word))

    def _reduce(self, name: str, given: Any) -> None:
        args, called = self._pop(), self._pop()
        self._stack.append(self._answers.call(called, args))

    def _build(self, name: str, given: Any) -> None:
        state = self._pop()
        self._answers.build(self._stack[-1] if self._stack else None, state)


_DOES: dict[str, Callable[[_Machine, str, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), _Machine._frame),
    "MARK": _Machine._mark,
    **dict.fromkeys(("TUPLE", *_TUPLES), _Machine._tuple),
    **dict.fromkeys(("APPEND", "APPENDS"), _Machine._append),
    **dict.fromkeys(("SETITEM", "SETITEMS"), _Machine._set),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine._put),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine._get),
    **dict.fromkeys(("GLOBAL", "STACK_GLOBAL"), _Machine._name),
    "REDUCE": _Machine._reduce,
    "BUILD": _Machine._build,
}
