"""The validation report: findings with file, place and what was done, and the statistics of a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.messages import Argument, Language, Message

Severity = Literal["error", "warning", "info"]
Action = Literal["kept", "clipped", "dropped", "scaled", "left_out", "moved", "stopped"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(_Frozen):
    """One thing that a person should know about a dataset.

    `file` is relative to the source folder, `place` a spot in it (`object 3`, `line 12`, `annotations[17]`).
    `action` is what was done; `mend` what `--fix` would do instead, None when there is nothing left to mend.
    An error is what stops an import.
    """

    severity: Severity
    message: Message
    file: str = ""
    place: str = ""
    action: Action
    mend: Action | None = None

    def mended(self) -> Finding:
        """The finding after `--fix`: what could be mended was, so it no longer stops anything."""
        if self.mend is None:
            return self
        severity: Severity = "warning" if self.severity == "error" else self.severity
        return self.model_copy(update={"severity": severity, "action": self.mend, "mend": None})

    def line(self, language: Language = "en") -> str:
        """The finding as one line for a person."""
        parts = [Message(code=f"data.severity.{self.severity}").text(language), self.message.text(language)]
        parts.append(f"[{Message(code=f'data.action.{self.action}').text(language)}]")
        if self.mend is not None:
            what = Message(code=f"data.action.{self.mend}").text(language)
            parts.append(Message(code="data.mend", args={"what": what}).text(language))
        return " ".join(parts)


def error(code: str, file: str, place: str = "", *, mend: Action | None = None, **args: Argument) -> Finding:
    """A finding that stops an import unless `--fix` can `mend` it."""
    return _finding("error", code, file, place, "stopped", mend, args)


def warning(
    code: str,
    file: str,
    place: str = "",
    *,
    action: Action = "kept",
    mend: Action | None = None,
    **args: Argument,
) -> Finding:
    """A finding that a person should act on; the import goes on."""
    return _finding("warning", code, file, place, action, mend, args)


def info(code: str, file: str = "", place: str = "", *, action: Action = "kept", **args: Argument) -> Finding:
    """A finding that tells a choice that was made."""
    return _finding("info", code, file, place, action, None, args)


def _finding(
    severity: Severity,
    code: str,
    file: str,
    place: str,
    action: Action,
    mend: Action | None,
    args: dict[str, Argument],
) -> Finding:
    message = Message(code=f"data.{code}", args={"file": file, "place": place, **args})
    return Finding(severity=severity, message=message, file=file, place=place, action=action, mend=mend)


class SplitStatistics(_Frozen):
    """What one split holds.

    `small`, `medium`, `large` count boxes by COCO's areas (below 32^2, below 96^2, above, in pixels).
    `relative` counts boxes by sqrt(box area / picture area), in the bins of `Statistics.relative_edges`.
    """

    pictures: int
    pictures_without_boxes: int
    boxes: int
    per_class: dict[str, int]
    small: int
    medium: int
    large: int
    relative: tuple[int, ...]


class Statistics(_Frozen):
    """Classes and box sizes per split; bin i of `relative` runs from edge i to edge i + 1."""

    relative_edges: tuple[float, ...] = ()
    splits: dict[str, SplitStatistics] = {}


class Report(_Frozen):
    """What a look at a dataset gave; `fixed` tells whether `--fix` was applied."""

    source: str
    format: str
    classes: tuple[str, ...]
    fixed: bool
    findings: tuple[Finding, ...]
    statistics: Statistics
    content_hash: str | None = None

    @property
    def has_errors(self) -> bool:
        """Whether an import of this dataset would stop."""
        return any(finding.severity == "error" for finding in self.findings)

    def count(self, severity: Severity) -> int:
        """How many findings are of `severity`."""
        return sum(finding.severity == severity for finding in self.findings)

    def lines(self, language: Language = "en", limit: int = 20) -> Iterator[str]:
        """The report for people: at most `limit` findings of one kind, then the statistics."""

        def say(code: str, **args: Argument) -> str:
            return Message(code=f"data.report.{code}", args=args).text(language)

        yield say("source", path=self.source, format=self.format)
        yield say("classes", count=len(self.classes), names=", ".join(self.classes))
        yield from _finding_lines(self.findings, language, limit)
        for name, split in self.statistics.splits.items():
            yield say("split", split=name, pictures=split.pictures, boxes=split.boxes)
            counts = ", ".join(f"{key} {value}" for key, value in split.per_class.items())
            yield say("per_class", counts=counts)
            yield say("sizes", small=split.small, medium=split.medium, large=split.large)
            yield say("relative", bins=_bins(self.statistics.relative_edges, split.relative))
        yield say(
            "total", errors=self.count("error"), warnings=self.count("warning"), notes=self.count("info")
        )


def _finding_lines(findings: Iterable[Finding], language: Language, limit: int) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.message.code] += 1
        if seen[finding.message.code] <= limit:
            yield finding.line(language)
    for code, count in seen.items():
        if count > limit:
            more = Message(code="data.report.more", args={"count": count - limit, "code": code})
            yield more.text(language)


def _bins(edges: Sequence[float], counts: Sequence[int]) -> str:
    pairs = zip(edges, edges[1:], counts, strict=False)
    return ", ".join(f"{low:.0%}-{high:.0%}: {count}" for low, high, count in pairs)
