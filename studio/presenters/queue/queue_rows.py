"""The queue as rows of a table, and in one line: plain values."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.queue.entries import Entry
from engine.contract.run.events import Progress
from studio.i18n import text_of, tr
from studio.presenters.numbers import duration
from studio.presenters.queue.time_words import about
from studio.stores.work.queue_look import QueueLook

COLUMNS = ("place", "title", "kind", "project", "state", "time")
TONES = {"running": "info", "stopping": "warn", "waiting": "", "paused": "warn", "missing": "bad", "refused": "bad"}
"""The colour of every state, a field of Palette; "" for none."""
_AT_WORK = ("running", "stopping")


@dataclass(frozen=True)
class QueueRow:
    """One entry: `cells` by column; `percent` of one at work, None where it is not known; what can be done with it."""

    number: int
    run: Path
    state: str
    cells: dict[str, str]
    tone: str
    percent: float | None
    tip: str
    can_up: bool
    can_down: bool
    can_pause: bool
    can_go_on: bool
    can_cancel: bool

    @property
    def at_work(self) -> bool:
        """Whether somebody works on it now."""
        return self.state in _AT_WORK

    @property
    def said(self) -> str:
        """For who hears the screen."""
        state = self.cells["state"] if self.percent is None else f"{self.cells['state']} {self.percent:.0f} %"
        return tr("studio.queue.row_said", title=self.cells["title"], state=state, time=self.cells["time"] or "-")


def queue_rows(look: QueueLook) -> list[QueueRow]:
    """The rows of a look at the queue, in its order."""
    resting = [entry.number for entry in look.entries if entry.state not in _AT_WORK]
    return [_row(look, entry, resting) for entry in look.entries]


def summary(look: QueueLook, *, short: bool = False) -> str:
    """How much is at work and waits, and how long all of it will take: one line, or a `short` one."""
    entries = look.entries
    if not entries:
        return tr("studio.queue.sum_none")
    counts = {
        "at_work": sum(entry.state in _AT_WORK for entry in entries),
        "wait": sum(entry.state == "waiting" for entry in entries),
        "paused": sum(entry.state == "paused" for entry in entries),
        "stuck": sum(entry.state in ("missing", "refused") for entry in entries),
    }
    parts = [tr(f"studio.queue.sum_{name}", count=count) for name, count in counts.items() if count]
    begins = {each.number: 0.0 for each in entries if each.state in _AT_WORK} | look.starts
    ends = [begins[each.number] + each.left.seconds for each in entries if each.number in begins and each.left]
    if look.settings.paused:
        parts.append(tr("studio.queue.sum_held_short" if short else "studio.queue.sum_held"))
    elif ends:
        parts.append(tr("studio.queue.sum_time", time=about(max(ends))))
    return " · ".join(parts)


def _row(look: QueueLook, entry: Entry, resting: Sequence[int]) -> QueueRow:
    at_work = entry.state in _AT_WORK
    place = resting.index(entry.number) if entry.number in resting else -1
    cells = {
        "place": "▶" if at_work else str(entry.place) if entry.place is not None else "–",
        "title": text_of(entry.title),
        "kind": tr(f"studio.queue.kind_{entry.kind}"),
        "project": entry.project.name if entry.project else "–",
        "state": tr(f"studio.queue.state_{entry.state}"),
        "time": _time(look, entry),
    }
    return QueueRow(
        number=entry.number,
        run=entry.run,
        state=entry.state,
        cells=cells,
        tone=TONES[entry.state],
        percent=_percent(look.progress.get(entry.number)) if at_work else None,
        tip=_tip(entry, cells),
        can_up=place > 0,
        can_down=0 <= place < len(resting) - 1,
        can_pause=entry.state in ("running", "waiting"),
        can_go_on=entry.state in ("paused", "refused"),
        can_cancel=entry.state != "stopping",
    )


def _time(look: QueueLook, entry: Entry) -> str:
    if entry.state == "running":
        told = look.progress.get(entry.number)
        if entry.left is not None:
            seconds = entry.left.seconds
            return tr("studio.queue.left", time=about(seconds) if entry.left.about else duration(seconds))
        return tr("studio.queue.left", time=duration(told.eta_s)) if told is not None and told.eta_s else ""
    if entry.state == "refused" and entry.why is not None:
        return text_of(entry.why)
    if entry.state == "paused" and entry.interrupted:
        return tr("studio.queue.broken_off")
    if entry.state == "paused" and entry.left is not None:
        return tr("studio.queue.takes", time=about(entry.left.seconds))
    if entry.state != "waiting":
        return ""
    if look.settings.paused:
        return tr("studio.queue.held")
    starts = look.starts.get(entry.number)
    if starts is not None:
        return tr("studio.queue.starts", time=about(starts))
    return tr("studio.queue.starts_next") if entry.place == 1 else ""


def _tip(entry: Entry, cells: dict[str, str]) -> str:
    lines = [cells["title"], str(entry.run), tr("studio.queue.needs", cores=entry.cores, memory=entry.memory_mb)]
    if entry.left is not None and entry.state not in _AT_WORK:
        lines.append(tr("studio.queue.takes", time=about(entry.left.seconds)))
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.wanted_at))
    lines.append(tr("studio.queue.wanted", when=when))
    if entry.why is not None:
        lines.append(text_of(entry.why))
    if entry.interrupted:
        lines.append(tr("studio.queue.interrupted"))
    return "\n".join(lines)


def _percent(told: Progress | None) -> float | None:
    if told is None or not told.total or told.done >= told.total:
        return None
    return 100 * told.done / told.total
