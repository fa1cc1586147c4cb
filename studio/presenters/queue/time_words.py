"""Spans of time as one guesses them, and how a job stands that waits in the queue."""

from __future__ import annotations

from engine.contract.queue.pace import Left
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
        return tr("studio.queue.hours" if minutes else "studio.queue.hours_even", hours=hours, minutes=minutes)
    days, rest = divmod(round(seconds / _HOUR), 24)
    return tr("studio.queue.days" if rest else "studio.queue.days_even", days=days, hours=rest)


def waiting_line(waiting: Waiting) -> str:
    """How a job stands that nobody works on: "waits, 2 before it, starts in about 12 min"."""
    if waiting.state != "waiting":
        return tr(f"studio.queue.line_{waiting.state}")
    if waiting.before == 0:
        return tr("studio.queue.line_next")
    if waiting.starts_s is None:
        return tr("studio.queue.line_waits_unknown", count=waiting.before)
    return tr("studio.queue.line_waits", count=waiting.before, time=about(waiting.starts_s))


def before_words(left: Left | None, before: int, *, halted: bool = False) -> str:
    """What stands beside a button that starts work: how long it takes, by what, how many come first.

    `halted`: nothing starts, for the queue is paused.
    """
    parts = []
    if left is not None:
        code = "before_start_by" if left.run else "before_start"
        parts.append(tr(f"studio.queue.{code}", time=about(left.seconds), run=left.run or "-"))
    if before:
        parts.append(tr("studio.queue.before_waits", count=before))
    if halted:
        parts.append(tr("studio.queue.held"))
    return "; ".join(parts)


def before_tip(left: Left | None) -> str:
    """Between which ends that is."""
    if left is None:
        return ""
    return tr("studio.queue.before_tip", low=about(left.low_s), high=about(left.high_s))
