"""The validation report of a dataset: what it holds and what a person should know of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from engine.contract.dataset import Finding, Severity, Statistics
from engine.contract.text.messages import Argument, Language, Message


class Report(BaseModel):
    """What a look at a dataset gave; `fixed` tells whether `--fix` was applied."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
            if split.difficult or split.crowd:
                yield say("aside", difficult=split.difficult, crowd=split.crowd)
            counts = ", ".join(f"{key} {value}" for key, value in split.per_class.items())
            yield say("per_class", counts=counts)
            yield say("sizes", small=split.small, medium=split.medium, large=split.large)
            yield say("relative", bins=_bins(self.statistics.relative_edges, split.relative))
        yield say("total", errors=self.count("error"), warnings=self.count("warning"), notes=self.count("info"))


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
