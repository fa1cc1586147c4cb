"""What a sync would do to the data, as headings with examples below them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.contract.source.changes import Example, SyncResult
from engine.contract.text.messages import Message
from studio.i18n import text_of, tr


@dataclass(frozen=True)
class Group:
    """A kind of change with how much there is of it, and some of it by name."""

    heading: str
    lines: tuple[str, ...] = ()


def mends(result: SyncResult) -> list[Group]:
    """What is mended, by kind and count."""
    return [
        Group(
            tr("studio.source.mend_line", count=mend.count, what=tr(f"data.action.{mend.action}")),
            (tr("studio.source.mend_example", example=text_of(mend.message)),),
        )
        for mend in sorted(result.mends, key=lambda mend: -mend.count)
    ]


def changes(result: SyncResult) -> list[Group]:
    """What becomes another in the data since the source did, or labels were corrected."""
    groups = []
    for kind, count in result.changes.model_dump().items():
        if count:
            named = [_example(example) for example in result.examples if example.kind == kind]
            more = [tr("studio.source.and_more", count=count - len(named))] if 0 < len(named) < count else []
            groups.append(Group(tr(f"studio.source.did_{kind}", count=count), (*named, *more)))
    return groups


def mend_count(result: SyncResult) -> int:
    """How many findings are mended."""
    return sum(mend.count for mend in result.mends)


def first_error(result: SyncResult, fix: bool) -> Message | None:
    """What would stop it; what can be mended does not where it is mended."""
    errors = (finding for finding in result.report.findings if finding.severity == "error")
    return next((error.message for error in errors if not fix or error.mend is None), None)


def _example(example: Example) -> str:
    if example.kind in ("added", "gone", "moved"):
        splits = [tr(f"studio.data.part_{part}") for part in (example.before, example.after) if part]
        return f"{example.path}: {' → '.join(splits)}"
    if example.before and example.before == example.after:
        return f"{example.path}: {tr('studio.source.boxes_moved', boxes=example.after)}"
    if example.before and example.after:
        return f"{example.path}: {example.before} → {example.after}"
    return f"{example.path}: {example.after or example.before}" if example.after or example.before else example.path
