"""Figures in words: the heading of their column, where they come from, and under what they hold."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.figures import Figure, Source
from studio.i18n import text_of, tr
from studio.presenters.compare.run_rows import Row
from studio.presenters.numbers import NAMES, Delta, show


def column_title(column: str) -> str:
    """The heading of a column, with its unit."""
    titles = {
        "run": tr("studio.compare.column_run"),
        "sides": "A | B",
        "map_val": tr("studio.compare.column_map_val"),
        "map_test": tr("studio.compare.column_map_test"),
        "map50": "mAP50",
        "macs": "MACs",
        "params": tr("studio.compare.column_params"),
        "nb_bytes": tr("studio.compare.column_nb"),
        "host_ms": tr("studio.compare.column_host_ms"),
    }
    return titles[column]


def source_text(figure: Figure) -> str:
    """Measured, computed, estimated or published, in words."""
    words = {
        "measured": tr("studio.compare.source_measured"),
        "computed": tr("studio.compare.source_computed"),
        "estimated": tr("studio.compare.source_estimated"),
        "published": tr("studio.compare.source_published"),
    }
    return words[figure.source]


def conditions_text(figure: Figure) -> str:
    """What a figure depends on: device, runtime, threads, precision, input, split."""
    held = figure.conditions
    parts = [held.device, held.runtime]
    if held.threads is not None:
        parts.append(tr("studio.compare.threads", count=held.threads))
    parts += [held.precision, held.input, held.split]
    if held.pictures is not None:
        parts.append(tr("studio.compare.on_pictures", count=held.pictures))
    if held.nms is not None and figure.unit == "ms":
        parts.append(tr("studio.compare.with_nms") if held.nms else tr("studio.compare.without_nms"))
    parts.append(scaled_text(figure))
    return ", ".join(part for part in parts if part)


def scaled_text(figure: Figure | None) -> str:
    """That no time was published of the chip, and of which one it was scaled; empty where one was."""
    lender = figure.conditions.borrowed if figure is not None else None
    return tr("studio.bench.scaled_from", lender=lender) if lender else ""


def not_published(figure: Figure | None) -> str:
    """The same in a few words."""
    return tr("studio.bench.not_published") if scaled_text(figure) else ""


def change_words(change: Delta) -> list[str]:
    """A change in words, from the longest to the shortest that still say whether it is chance."""
    plain = f"{change.arrow} {change.text}".strip()
    if change.certainty == "other":
        return [f"{plain} {tr('studio.compare.other_pictures')}", plain]
    if change.certainty == "within":
        noise = tr("studio.compare.within_noise")
        return [f"{plain} {noise}", noise, plain]
    return [f"{plain} ±?", plain] if change.certainty == "unknown" else [plain]


def short_change(change: Delta) -> str:
    """A change where there is room for no word: with a question mark where nobody knows whether it is chance."""
    unknown = change.certainty == "unknown" and change.better is not None
    return f"{change.arrow} {change.text}".strip() + ("?" if unknown else "")


def certainty_text(change: Delta, figure: Figure) -> str:
    """Whether a change may be chance, and how that is known; empty for what is counted."""
    if change.why is not None:
        return text_of(change.why)
    if figure.unit == "ms":
        texts = {"within": tr("studio.compare.within_ms"), "beyond": tr("studio.compare.beyond_ms")}
        return texts.get(change.certainty, "")
    if figure.unit != "points":
        return ""
    if change.between is None:
        return tr("studio.compare.spread_unknown", split=figure.conditions.split or "val")
    low, high = (f"{bound:+.1f}" for bound in change.between)
    if change.certainty == "within":
        return tr("studio.compare.within_points", low=low, high=high)
    return tr("studio.compare.beyond_points", low=low, high=high)


def spread_text(figure: Figure) -> str:
    """Between what a figure lies; empty for one without a spread."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = (show(figure.model_copy(update={"value": value})) for value in (figure.low, figure.high))
    if figure.unit == "points":
        return tr("studio.compare.spread_points", low=low, high=high)
    return tr("studio.compare.spread", low=low, high=high)


def chance_text(changes: Sequence[Delta | None]) -> str:
    """What the signs beside changes mean, as far as they are there."""
    told = {change.certainty for change in changes if change is not None}
    texts = {
        "within": tr("studio.compare.sign_within"),
        "unknown": tr("studio.compare.sign_unknown"),
        "other": tr("studio.compare.sign_other"),
    }
    return "\n".join(text for certainty, text in texts.items() if certainty in told)


def load_text(figure: Figure) -> str:
    """That a time was measured on a busy machine; empty otherwise."""
    if not figure.disturbed or figure.load is None:
        return ""
    return tr("studio.compare.busy_machine", percent=round(100 * figure.load))


def figure_tip(figure: Figure, row: Row, change: Delta | None = None) -> str:
    """A cell's tool tip: name, spread, source, conditions, what the change is measured against, and if it is chance."""
    lines = [f"{tr(NAMES[figure.name])}: {show(figure)}, {source_text(figure)}"]
    lines.append(spread_text(figure))
    lines.append(conditions_text(figure))
    lines.append(load_text(figure))
    if row.base is not None:
        lines.append(tr("studio.compare.against", base=row.base))
    if change is not None:
        lines.append(certainty_text(change, figure))
    return "\n".join(line for line in lines if line)


def precision_of(figure: Figure | None) -> str:
    """In which precision a time holds; empty for other figures, which tell it in their own way."""
    held = figure.conditions.precision if figure is not None and figure.unit == "ms" else None
    return held or ""


def with_precision(text: str, figure: Figure | None) -> str:
    """A text that speaks of a figure, and behind it the precision that a time holds in."""
    return " · ".join(filter(None, (text, precision_of(figure))))


def _source_name(source: Source) -> str:
    return {
        "measured": tr("studio.recipe.measured"),
        "computed": tr("studio.recipe.computed"),
        "estimated": tr("studio.recipe.estimated"),
        "published": tr("studio.recipe.published"),
    }[source]


def provenance(figure: Figure) -> str:
    """Source, spread and conditions of a figure in one line."""
    parts = [_source_name(figure.source)]
    if figure.low is not None and figure.high is not None and figure.value:
        low, high = (100 * (bound / figure.value - 1) for bound in (figure.low, figure.high))
        parts.append(f"{low:+.0f} … {high:+.0f} %")
    held = figure.conditions
    if held.threads is not None:
        parts.append(tr("studio.recipe.threads", count=held.threads))
    on = tr("studio.compare.on_pictures", count=held.pictures) if held.pictures is not None else None
    named = (held.device, held.runtime, held.precision, held.input, held.split, on, held.subject)
    return " · ".join([*parts, *(text for text in (*named, scaled_text(figure)) if text)])
