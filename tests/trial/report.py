"""The table of `docs/trust.md`, written from the record."""

from __future__ import annotations

from types import ModuleType

from engine.contract.system.files import write_atomically
from engine.contract.text.resources import ROOT
from tests.trial.record import Entry, Record, totals

DOCUMENT = ROOT / "docs" / "trust.md"
BEGIN, END = "<!-- trial: begin -->", "<!-- trial: end -->"
HEAD = ("part", "wanted", "tried", "lost", "hung", "tracebacks", "left alive", "half files", "without a sentence")
COLUMNS = ("lost", "hung", "traceback", "alive", "litter", "unsaid")


def main(record: Record, parts: dict[str, ModuleType], *, write: bool) -> int:
    """Print the table, and put it into the document; 1 if that has no place for it."""
    text = table(list(record.entries()), {name: part.WANTED for name, part in parts.items()})
    print(text)
    if not write:
        return 0
    before = DOCUMENT.read_text(encoding="utf-8")
    if BEGIN not in before or END not in before:
        return 1
    head, _, rest = before.partition(BEGIN)
    write_atomically(DOCUMENT, f"{head}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}")
    return 0


def table(entries: list[Entry], wanted: dict[str, int]) -> str:
    """What the last code that was tried came to, and all code before it."""
    if not entries:
        return "Nothing was tried yet."
    last = entries[-1].code
    parts = [
        f"On code `{last}`:",
        "",
        *_rows([entry for entry in entries if entry.code == last], wanted),
        "",
        f"On all {len({entry.code for entry in entries})} versions of the code so far, with what is mended now:",
        "",
        *_rows(entries, wanted),
        "",
        f"{sum(entry.seconds for entry in entries) / 3600:.1f} hours in all.",
    ]
    return "\n".join(parts)


def _rows(entries: list[Entry], wanted: dict[str, int]) -> list[str]:
    counted = totals(entries)
    rows = [HEAD, tuple("---" for _ in HEAD)]
    for name, goal in wanted.items():
        counts = counted.get(name)
        if counts is not None:
            tried = f"{counts['tried']:,}" + (f" ({counts['skipped']} skipped)" if counts["skipped"] else "")
            rows.append((name, f"{goal:,}", tried, *(str(counts[column]) for column in COLUMNS)))
    return [f"| {' | '.join(row)} |" for row in rows]
