"""Short ways to ask a validation report."""

from __future__ import annotations

from engine.contract.dataset import Finding
from engine.contract.report import Report


def only(report: Report, code: str) -> Finding:
    """The one finding with this code."""
    found = [finding for finding in report.findings if finding.message.code == f"data.{code}"]
    assert len(found) == 1, [finding.line() for finding in report.findings]
    return found[0]


def facts(finding: Finding) -> tuple[str, str, str, str, str | None]:
    return finding.severity, finding.file, finding.place, finding.action, finding.mend


def codes(report: Report) -> list[str]:
    """The codes of all findings, without what the lack of splits adds."""
    usual = {"data.split_no_test", "data.split_drawn", "data.split_val_taken", "data.split_val_empty"}
    return [finding.message.code[5:] for finding in report.findings if finding.message.code not in usual]
