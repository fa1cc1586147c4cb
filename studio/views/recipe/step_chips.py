"""Chips on a step's card: what the step changes, and what was published of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from engine.contract.catalog import TechniqueCard
from engine.contract.figures import Figure, FigureName, pick
from studio.i18n import tr
from studio.presenters.figure_words import scaled_text, with_precision
from studio.presenters.numbers import Delta, delta, show
from studio.presenters.recipe.published_effects import brief, in_full
from studio.theme import restyle
from studio.widgets.flow_layout import FlowLayout

SHOWN: tuple[FigureName, ...] = ("macs", "params", "nb_bytes", "phone_ms")
"""The figures whose change a card tells; the phone's latency is there once a phone is chosen."""


_HEIGHT = 24


class DeltaChip(QLabel):
    """A change, with sign, arrow and colour, or a muted remark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "chip")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        # Chinese letters are higher than Latin ones; all chips of a row are of one height.
        self.setFixedHeight(_HEIGHT)

    def show_delta(self, label: str, change: Delta | None, tip: str) -> None:
        """Tell a change of the figure called `label`."""
        self.setText(f"{label}  -" if change is None else f"{label}  {change.arrow} {change.text}")
        self.setToolTip(tip)
        restyle(self, tone="none" if change is None else change.tone)

    def show_remark(self, text: str, tip: str) -> None:
        """Say something that is no change of ours."""
        self.setText(text)
        self.setToolTip(tip)
        restyle(self, tone="quiet")


class EffectChips(QWidget):
    """The chips of one step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        flow = FlowLayout(self)
        flow.setContentsMargins(0, 0, 0, 0)
        self.chips = {name: DeltaChip() for name in SHOWN}
        self.same = DeltaChip()
        self.score = DeltaChip()
        self.measured = DeltaChip()
        self.measured.hide()
        for chip in (*self.chips.values(), self.same, self.measured, self.score):
            flow.addWidget(chip)

    def show_measured(self, text: str, tip: str, certain: bool) -> None:
        """Tell what a run measured after the step, in place of what was published; nothing where the text is empty."""
        self.measured.show_remark(text, tip)
        restyle(self.measured, tone="accent" if certain else "quiet")
        self.measured.setVisible(bool(text))
        self.score.setVisible(not (text and certain))

    def show_step(
        self,
        card: TechniqueCard | None,
        before: Sequence[Figure],
        after: Sequence[Figure],
        detector: str | None,
    ) -> None:
        """Show what a step changes from `before` to `after`, none for one that is off.

        `detector` is the title under which effects are published.
        """
        labels = short_names()
        for name, chip in self.chips.items():
            old, new = pick(before, name), pick(after, name)
            told = {"before": with_precision(show(old), old), "after": with_precision(show(new), new)}
            changed = tr("studio.recipe.from_to", **told) if old and new else ""
            tip = "\n".join(filter(None, (changed, scaled_text(new))))
            chip.show_delta(labels[name], delta(old, new), tip)
            chip.setVisible(new is not None and (old is None or old.value != new.value))
        if after:
            self.same.show_remark(tr("studio.recipe.same_size"), tr("studio.recipe.same_size_tip"))
        else:
            self.same.show_remark(tr("studio.recipe.switched_off"), tr("studio.recipe.switched_off_tip"))
        self.same.setVisible(bool(before) and all(chip.isHidden() for chip in self.chips.values()))
        published = card.published if card is not None else ()
        text = brief(published, "map", detector)
        if text:
            self.score.show_remark(
                tr("studio.recipe.map_published", effect=text),
                tr("studio.recipe.map_blank") + "\n\n" + in_full(published, "map"),
            )
        else:
            self.score.show_remark(tr("studio.recipe.map_none"), tr("studio.recipe.map_blank"))


def short_names() -> dict[FigureName, str]:
    """Names of figures that fit on a chip."""
    return {
        "macs": tr("studio.recipe.short_macs"),
        "params": tr("studio.recipe.short_params"),
        "nb_bytes": tr("studio.recipe.short_size"),
        "phone_ms": tr("studio.recipe.short_phone"),
    }
