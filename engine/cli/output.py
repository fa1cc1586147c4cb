"""What the command line prints: one JSON document, or tables and sentences for people."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence

SCHEMA = 1


def emit_json(document: Mapping[str, object]) -> None:
    """Print the one document of a `--json` call, `{"schema": 1, ...}`."""
    text = json.dumps({"schema": SCHEMA, **document}, ensure_ascii=False, allow_nan=False)
    # Half a letter, as a name in somebody's file may hold, cannot be printed; JSON's own escape of it can.
    print(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def print_table(rows: Sequence[Sequence[object]], headers: Sequence[str]) -> None:
    """Print a plain table; a column of numbers, with or without units, aligns right; None shows as `-`."""
    lines = [list(headers), *([_cell(value) for value in row] for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(headers))]
    right = [
        bool(rows) and all(line[column][:1] in "+-−<0123456789." for line in lines[1:])
        for column in range(len(headers))
    ]
    for line in lines:
        cells = zip(line, widths, right, strict=True)
        print("  ".join(_pad(text, width, flush) for text, width, flush in cells).rstrip())


def _cell(value: object) -> str:
    return "-" if value is None else str(value)


def _width(text: str) -> int:
    """Columns on a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int, flush_right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if flush_right else text + gap
