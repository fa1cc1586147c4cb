"""Spans of time as one guesses them, and how a job stands that waits in the queue."""

from __future__ import annotations

from studio.i18n import tr
from studio.stores.followed import Waiting

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def about(seconds: float) -> str:
    """A span that nobody knows to the second: "about 25 min", "about 2 h 10 min", "about 3 d 4 h"."""
    if seconds < _MINUTE / 2:
        return tr("studio.queue.moment")
    minutes = max(1, round(seconds / _MINUTE))
    if minutes < 60:
        return tr("studio.queue.minutes", minutes=minutes)
    if seconds < _DAY:
        hours, minutes = divmod(5 * round(minutes / 5), 60)
        return tr("studio.queue.hours", hours=hours, minutes=minutes)
    days, rest = divmod(round(seconds / _HOUR), 24)
    return tr("studio.queue.days", days=days, hours=rest)


def waiting_line(waiting: Waiting) -> str:
    """How a job stands that nobody works on: "waits, 2 before it, starts in about 12 min"."""
    if waiting.state != "waiting":
        return tr(f"studio.queue.line_{waiting.state}")
    if waiting.before == 0:
        return tr("studio.queue.line_next")
    if waiting.starts_s is None:
        return tr("studio.queue.line_waits_unknown", count=waiting.before)
    return tr("studio.queue.line_waits", count=waiting.before, time=about(waiting.starts_s))
