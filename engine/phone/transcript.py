"""What Paddle Lite's `benchmark_bin` prints, read: times, memory, its version, the elements of its outputs.

Formats: release/v2.13 (`======= Perf Info =======`) and the one line of 2.9 and before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.phone.faults import PhoneFault, shorten

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NUMBER = r"([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
_HEADER = re.compile(r"^=+ .* =+$")
_LINE = re.compile(rf"^(init|first|min|max|avg|peak)\s*=\s*{_NUMBER}(?:\s.*)?$")
_VERSION = re.compile(r"^benchmark_bin version\s*[:=]\s*(\S.*?)\s*$", re.MULTILINE)
_OLD = re.compile(rf"min\s*=\s*{_NUMBER}.*?max\s*=\s*{_NUMBER}.*?(?:average|avg)\s*=\s*{_NUMBER}")
_OLD_FIRST = re.compile(rf"first\s*=\s*{_NUMBER}")
_TENSOR = re.compile(r"^--- output tensor (\d{1,9}) ---\s*$")
_SHAPE = re.compile(r"^output shape(?:\(NCHW\))?:\s*([\d\s,x]*)$")
_ELEMENT = re.compile(r"^out\[(\d{1,9})\]\[(\d{1,9})\]:\s*(\S+)\s*$")


@dataclass(frozen=True)
class Perf:
    """Milliseconds of one process of the tool, and its memory in MB; what this version does not tell is None."""

    minimum: float
    maximum: float
    average: float
    first: float | None = None
    init: float | None = None
    peak_mb: float | None = None
    version: str | None = None


def parse_perf(text: str) -> Perf:
    """The times of one process; raises PhoneFault `phone.garbage` when they are not there or cannot be true."""
    version = version_of(text)
    perf = _new(text, version) or _old(text, version)
    if perf is None or not 0 < perf.minimum <= perf.maximum or not _between(perf):
        raise PhoneFault("phone.garbage", words=shorten(text))
    return perf


def version_of(text: str) -> str | None:
    """What the tool calls its version; None where it does not say."""
    found = re.search(_VERSION, text)
    return found[1] if found else None


def _between(perf: Perf) -> bool:
    """Whether the average lies between the extremes, but for how far they were rounded."""
    room = 0.002 + 0.001 * perf.maximum
    return perf.minimum - room <= perf.average <= perf.maximum + room


def _new(text: str, version: str | None) -> Perf | None:
    times, memory = _section(text, "Time(unit: ms):"), _section(text, "Memory Usage(unit: MB):")
    if not {"min", "max", "avg"} <= times.keys():
        return None
    return Perf(
        times["min"], times["max"], times["avg"], times.get("first"), times.get("init"), memory.get("peak"), version
    )


def _section(text: str, title: str) -> dict[str, float]:
    """The `name = number` lines below a title, up to the next blank line or header."""
    values: dict[str, float] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if line.strip() == title:
            break
    for line in lines:
        if not line.strip() or _HEADER.match(line):
            break
        if found := _LINE.match(line.strip()):
            values[found[1]] = float(found[2])
    return values


def _old(text: str, version: str | None) -> Perf | None:
    found = _OLD.search(text)
    if found is None:
        return None
    first = _OLD_FIRST.search(text)
    minimum, maximum, average = (float(word) for word in found.groups())
    return Perf(minimum, maximum, average, float(first[1]) if first else None, version=version)


def parse_outputs(text: str) -> list[NDArray[np.float32]]:
    """The output tensors that `--show_output_elem` printed, in their shapes.

    Raises PhoneFault `phone.no_outputs` where none was printed or elements are missing.
    """
    shapes: dict[int, list[int]] = {}
    elements: dict[int, list[float]] = {}
    current = 0
    for line in text.splitlines():
        if found := _TENSOR.match(line):
            current = int(found[1])
        elif found := _SHAPE.match(line):
            shapes[current] = [int(word) for word in re.findall(r"\d{1,9}", found[1])]
        elif found := _ELEMENT.match(line):
            _add(elements, int(found[1]), int(found[2]), found[3], text)
    return _tensors(shapes, elements, text)


def _add(elements: dict[int, list[float]], tensor: int, place: int, word: str, text: str) -> None:
    values = elements.setdefault(tensor, [])
    try:
        values.append(float(word))
    except ValueError as error:
        raise PhoneFault("phone.no_outputs", words=shorten(text)) from error
    if place != len(values) - 1:
        raise PhoneFault("phone.no_outputs", words=shorten(text))


def _tensors(shapes: dict[int, list[int]], elements: dict[int, list[float]], text: str) -> list[NDArray[np.float32]]:
    import numpy as np

    if 0 not in shapes:
        raise PhoneFault("phone.no_outputs", words=shorten(text))
    tensors = []
    for number in sorted(shapes):
        values = np.array(elements.get(number, []), np.float32)
        if values.size != np.prod(shapes[number], dtype=int):
            raise PhoneFault("phone.no_outputs", words=shorten(text))
        tensors.append(values.reshape(shapes[number]))
    return tensors
