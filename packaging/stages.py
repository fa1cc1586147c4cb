"""How far the set-up is: a line for each stage, on a terminal with a bar that is redrawn in place.

On the standard library of Python 3.8 alone, as all of the set-up.
"""

from __future__ import annotations

import os
import shutil
import sys
import time

WIDTH = 24
"""Letters of a bar."""
OFTEN_S = 0.1


class Stages:
    """The stages of a set-up, one after the other; `total` says how many there are."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._number = 0
        self._name = ""
        self._drawn = ""
        self._when = 0.0

    def begin(self, name: str, hint: str = "") -> None:
        """Go on to the next stage; `hint` is for whoever sees no bar."""
        self._number += 1
        self._name = name
        self._when = 0.0
        if _is_terminal():
            self._draw(0, "")
        else:
            print(f"set-up: {self._number} of {self.total}, {name}" + (f" ({hint})" if hint else ""), flush=True)

    def show(self, done: int, total: int, words: str = "") -> None:
        """Draw how much of the stage is done, and `words`; not more often than an eye follows."""
        if _is_terminal() and time.monotonic() - self._when >= OFTEN_S:
            self._draw(done / total if total else 0, words)

    def end(self, words: str = "") -> None:
        """The stage is done; `words` stay behind its bar."""
        if _is_terminal():
            self._draw(1, words)
        self.leave()

    def leave(self) -> None:
        """Let what is printed next begin on a line of its own."""
        if self._drawn:
            print(flush=True)
            self._drawn = ""

    def _draw(self, share: float, words: str) -> None:
        full = min(WIDTH, int(WIDTH * share))
        bar = "#" * full + "-" * (WIDTH - full)
        line = f"set-up: {self._number} of {self.total} {self._name:<14} [{bar}] {words}"
        line = line[: shutil.get_terminal_size().columns - 1].rstrip()
        if line != self._drawn:
            # The rest of a longer line before is wiped out with blanks, which every terminal knows.
            print("\r" + line.ljust(len(self._drawn)), end="", flush=True)
        self._drawn, self._when = line, time.monotonic()


def _is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
