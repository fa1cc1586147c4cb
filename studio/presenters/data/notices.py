"""What is to be said above the pictures: of corrected labels that are not applied yet, and of a source that changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from engine.contract.source.changes import SourceChanges, SyncCounts
from engine.contract.text.messages import Message
from studio.i18n import text_of, tr

Tone = Literal["bad", "warn", "info", "good"]
Act = Literal["save", "apply", "bring", "look", "later", "stop", "dismiss", "find", "mend"]
Chip = tuple[str, Literal["", "info", "warn"], str]
"""Text, tone and tooltip."""


@dataclass(frozen=True)
class Notice:
    """A sentence with what can be done about it, the first act first; `busy` while it is being done."""

    tone: Tone
    text: str
    acts: tuple[Act, ...] = ()
    busy: bool = False


@dataclass(frozen=True)
class Standing:
    """How labels and source stand; plain values of the stores."""

    corrected: int = 0
    waiting: int = 0
    refused: Message | None = None  # why corrected labels could not be written
    correcting: bool = False
    tried: bool = False  # what waits was to be applied before
    syncing: str | None = None  # what the job at work says of itself
    quiet: bool = False  # that job applies labels alone, by itself
    failed: Message | None = None
    changes: SourceChanges | None = None
    put_off: bool = False
    old_counts: bool = False  # an earlier Espalier counted the data, and nobody said that this may stay so
    done: SyncCounts | None = None
    exported: Message | None = None
    not_exported: Message | None = None


def notices(now: Standing) -> list[Notice]:
    """Everything that is to be said, what is worst first; nothing where all is as it should be."""
    told = []
    if now.refused is not None:
        text = tr("studio.labels.refused", reason=text_of(now.refused))
        told.append(Notice("bad", text, ("save",)))
    for message, tone in ((now.not_exported, "bad"), (now.exported, "good")):
        if message is not None:
            told.append(Notice("bad" if tone == "bad" else "good", text_of(message), ("dismiss",)))
    if now.syncing is not None and not now.quiet:
        told.append(Notice("info", now.syncing or tr("studio.source.syncing"), ("stop",), busy=True))
        return told
    if now.failed is not None:
        # What stands in the way in the data may be mended; a full disk may not.
        acts: tuple[Act, ...] = ("mend",) if now.failed.code.startswith("data.") else ()
        text = tr("studio.source.failed", reason=text_of(now.failed))
        told.append(Notice("bad", text, (*acts, "bring", "dismiss")))
        return told
    told += [*_of_source(now), *_of_labels(now)]
    return told or [*_of_result(now)]


def label_chip(now: Standing) -> Chip | None:
    """How many pictures are corrected, and whether the data that is trained on has it; None where none is."""
    if now.syncing is not None and now.waiting:
        return tr("studio.labels.chip_applying", count=now.waiting), "info", tr("studio.labels.chip_tip")
    if now.waiting:
        return tr("studio.labels.chip_waiting", count=now.waiting), "info", tr("studio.labels.chip_tip")
    if now.corrected:
        return tr("studio.labels.chip_applied", count=now.corrected), "", tr("studio.labels.chip_tip")
    return None


def train_lines(changes: SourceChanges | None, waiting: int) -> list[str]:
    """What is to be said where a training is started: that the data is not what source and corrections say."""
    lines = []
    if changes is not None and not changes.source_there:
        lines.append(tr("studio.source.gone", path=changes.source))
    elif changes is not None and _differs(changes):
        lines.append(tr("studio.source.train_line", what=_what_changed(changes)))
    if waiting:
        lines.append(tr("studio.labels.train_line", count=waiting))
    return lines


def what_was_done(counts: SyncCounts) -> str:
    """What a sync changed, in words."""
    parts = [tr(f"studio.source.did_{kind}", count=count) for kind, count in counts.model_dump().items() if count]
    return _listed(parts)


def _of_source(now: Standing) -> Iterable[Notice]:
    changes = now.changes
    if changes is None:
        return
    if not changes.source_there:
        yield Notice("warn", tr("studio.source.gone", path=changes.source), ("find",))
    elif _differs(changes) and not now.put_off:
        files = changes.added + changes.changed + changes.gone
        text = tr("studio.source.changed", files=files, what=_what_changed(changes))
        if now.waiting:
            text += " " + tr("studio.source.with_labels", count=now.waiting)
        yield Notice("info", text, ("bring", "look", "later"))
    elif now.old_counts:
        yield Notice("info", tr("studio.source.old_counts"), ("bring", "later"))


def _of_labels(now: Standing) -> Iterable[Notice]:
    if not now.waiting:
        return
    changes = now.changes
    if changes is not None and not changes.source_there:
        yield Notice("info", tr("studio.labels.wait_for_source", count=now.waiting))
    elif changes is not None and _differs(changes):
        if now.put_off:
            yield Notice("info", tr("studio.labels.wait_for_sync", count=now.waiting), ("bring",))
    elif now.tried and not now.correcting and now.syncing is None:
        yield Notice("warn", tr("studio.labels.not_applied", count=now.waiting), ("apply",))


def _of_result(now: Standing) -> Iterable[Notice]:
    if now.done is None:
        return
    told = what_was_done(now.done)
    text = tr("studio.source.done", what=told) if told else tr("studio.source.done_nothing")
    yield Notice("good", text, ("dismiss",))


def _differs(changes: SourceChanges) -> bool:
    return changes.source_there and bool(changes.added or changes.changed or changes.gone)


def _what_changed(changes: SourceChanges) -> str:
    counts = {"added": changes.added, "changed": changes.changed, "gone": changes.gone}
    return _listed([tr(f"studio.source.is_{kind}", count=count) for kind, count in counts.items() if count])


def _listed(parts: list[str]) -> str:
    return tr("studio.source.comma").join(parts)
