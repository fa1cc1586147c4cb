"""Programs are written by Paddle, which tells of a file that the system refuses in a sentence of its own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from engine.contract.text.messages import JobFailed


@contextlib.contextmanager
def telling_refusals(written: Path | None = None) -> Iterator[None]:
    """Inside, a file that Paddle cannot open for writing is a JobFailed that names it.

    What the disk refuses after that Paddle passes over, and only reading shows it: then `written` is named, a file that
    was written just before.
    """
    try:
        yield
    except (RuntimeError, OSError, ValueError) as error:
        refused = re.search(r"Cannot open (\S+) to", str(error))
        if refused is None and (written is None or "load_combine > error" not in str(error)):
            raise
        raise JobFailed("program.not_written", path=refused[1] if refused else str(written)) from error
