"""Programs are written by Paddle, which tells of a file that the system refuses in a sentence of its own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from engine.contract.text.messages import JobFailed


@contextlib.contextmanager
def telling_refusals() -> Iterator[None]:
    """Inside, a file that Paddle cannot open for writing is a JobFailed that names it."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        refused = re.search(r"Cannot open (\S+) to", str(error))
        if refused is None:
            raise
        raise JobFailed("program.not_written", path=refused[1]) from error
