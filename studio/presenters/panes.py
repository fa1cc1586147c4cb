"""Which panes a window has room for beside and below its page."""

from __future__ import annotations

WIDE = 1320
"""From this width a page and the pane on the right have room side by side."""
HIGH = 800
"""From this height a page has room enough above the pane below."""


def pane_keys(width: int, height: int) -> tuple[str, str]:
    """Under which settings a window of that size remembers whether it shows the pane on the right, the one below.

    A small window has answers of its own, at first no: who folds a pane there still finds it on the large screen.
    """
    return "inspector" if width >= WIDE else "inspector_small", "jobs" if height >= HIGH else "jobs_small"
