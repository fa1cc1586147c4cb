"""What is said of an entry of the queue: how long it takes, and what it waits for."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.queue.entries import Entry
from engine.contract.queue.pace import Left
from engine.contract.text.messages import Message

_MINUTES_FROM, _HOURS_FROM = 180, 90 * 60


def span(left: Left) -> Message:
    """Seconds, minutes or hours, from the least to the most; "about" where it is no close guess."""
    if left.high_s < _MINUTES_FROM:
        unit, low, high = "s", f"{left.low_s:.0f}", f"{left.high_s:.0f}"
    elif left.high_s < _HOURS_FROM:
        unit, low, high = "min", f"{left.low_s / 60:.0f}", f"{left.high_s / 60:.0f}"
    else:
        unit, low, high = "h", f"{left.low_s / 3600:.1f}", f"{left.high_s / 3600:.1f}"
    if low == high:
        time = Message(code=f"queue.time_{unit}", args={"time": high})
    else:
        time = Message(code=f"queue.span_{unit}", args={"low": low, "high": high})
    return Message(code="queue.about", args={"time": time}) if left.about else time


def takes(left: Left) -> Message:
    """How long something will take, and by whose steps that is told."""
    if left.run:
        return Message(code="queue.takes_by", args={"time": span(left), "run": left.run})
    return Message(code="queue.takes", args={"time": span(left)})


def waits_for(entry: Entry, all_entries: Sequence[Entry], *, whole_paused: bool) -> Message:
    """What an entry that does not run waits for."""
    if entry.state in ("paused", "missing"):
        return Message(code=f"queue.is_{entry.state}", args={"number": entry.number})
    if whole_paused:
        return Message(code="queue.all_paused")
    ours = [each for each in all_entries if each.lane == entry.lane]
    running = [each for each in all_entries if each.state in ("running", "stopping")]
    at_work = [each for each in running if each in ours] or running
    before = [each for each in ours if each.place is not None and each.place < (entry.place or 0)]
    count = len(at_work) + len(before)
    if not at_work:
        return Message(code="queue.waits", args={"count": count})
    first = min(at_work, key=lambda each: each.left.seconds if each.left else float("inf"))
    if first.left is None:
        return Message(code="queue.waits_for", args={"count": count, "title": first.title})
    return Message(code="queue.waits_for_left", args={"count": count, "title": first.title, "time": span(first.left)})
