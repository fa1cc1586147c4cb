"""The matrix as a document: which technique works on which detector, and what can be exported."""

from __future__ import annotations

from engine.contract.matrix import PLAIN, Cell, Matrix, Outcome
from engine.contract.text.resources import ROOT
from engine.detector.base.spec import detector_specs
from engine.recipe.registry import techniques
from tests.matrix.steps import steps_of

DOCUMENT = ROOT / "docs" / "matrix.md"
MARKS = {"works": "yes", "refused": "no", "fails": "**fails**"}
_HEAD = """# What works with what

Written by `make matrix`, which really did it: every detector at its smallest input with every technique that the plan
admits. "yes" means: previewed, trained for two steps, saved, loaded; boxes after loading are the same to the bit, and
MACs and parameters counted by hooks are those of the preview, to the unit. "no" is refused before anything runs, with
the reason below; what is refused alone with its defaults is tried with another choice or behind what it needs
(`tests/matrix/steps.py`). A cell is tried again when the code that it ran on changes; "-" was not tried.
"""


def document(matrix: Matrix) -> str:
    """The whole document."""
    keys = list(detector_specs())
    names = ["by itself", *techniques()]
    lines = [_HEAD, "## Detector and technique\n", _row(["", *keys]), _row(["---"] * (1 + len(keys)))]
    reasons: dict[str, str] = {}
    for name, technique in zip(names, (PLAIN, *techniques()), strict=True):
        cells = [matrix.cell(key, technique) for key in keys]
        told = f"`{name}`" if technique else name
        lines.append(_row([told, *(_mark(cell) + _behind(cell) for cell in cells)]))
        reasons |= {f"{technique}: {_words(cell.outcome)}": "" for cell in cells if cell and cell.outcome.message}
    lines += ["", *(f"- {reason}" for reason in sorted(reasons)), "", "## Detector and export\n"]
    lines += _exports(matrix, keys)
    return "\n".join(lines) + "\n"


def _exports(matrix: Matrix, keys: list[str]) -> list[str]:
    """Rows by target and precision: int8 from a network that was trained for it, the others from one that was not."""
    plain = {key: matrix.cell(key) for key in keys}
    kinds = next((list(cell.exports) for cell in plain.values() if cell and cell.exports), [])
    lines, reasons = [_row(["", *keys]), _row(["---"] * (1 + len(keys)))], set()
    for kind in kinds:
        marks = []
        for key in keys:
            cell = matrix.cell(key, "quant_aware") if kind.endswith("int8") else plain[key]
            outcome = cell.exports.get(kind) if cell else None
            marks.append(MARKS[outcome.state] if outcome else "-")
            if outcome and outcome.message:
                reasons.add(f"- {kind}: {_words(outcome)}")
        lines.append(_row([kind, *marks]))
    return [*lines, "", *sorted(reasons)]


def _behind(cell: Cell | None) -> str:
    """What a technique was tried behind, where it works only so."""
    if cell is None or cell.outcome.state == "refused":
        return ""
    before = [step.technique for step in steps_of(cell.technique, cell.detector) if step.technique != cell.technique]
    return f", behind `{before[0]}`" if before else ""


def _mark(cell: Cell | None) -> str:
    return MARKS[cell.outcome.state] if cell else "-"


def _words(outcome: Outcome) -> str:
    return outcome.message.text("en") if outcome.message else ""


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
