"""The table of channel groups: what cutting each does to mAP, how much of that is noise, and what is proposed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from engine.contract.sensitivity import NOISE, GroupLosses
from engine.contract.text.numbers import signed
from studio.i18n import tr
from studio.theme import palette
from studio.views.measure.tables import Display, MeasuredTable, Role, natural, percent
from studio.widgets.model_index import AnyIndex


class GroupTable(MeasuredTable):
    """Channel groups: how many channels, the change of mAP at each ratio, the ratio proposed.

    A change that lies within noise is in brackets and muted.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.groups: dict[str, GroupLosses] = {}
        self.ratios: tuple[float, ...] = ()
        self.proposed: Mapping[str, float] | None = None

    def show_groups(self, groups: Mapping[str, GroupLosses]) -> None:
        """Show what was measured."""
        ratios = tuple(sorted({ratio for losses in groups.values() for ratio in losses.losses}))
        self.groups = dict(groups)
        if ratios != self.ratios:
            self.beginResetModel()
            self.ratios, self.names = ratios, []
            self.endResetModel()
        self._show(groups)

    def show_proposed(self, ratios: Mapping[str, float] | None) -> None:
        """Show ratios by group; groups that are not among them stay whole. None while there is no proposal."""
        self.proposed = ratios
        self._show(self.groups)

    def data(self, index: AnyIndex, role: int = Display) -> object:
        """As other tables; what is proposed stands out, what stays whole or is noise does not."""
        name, ratio = self.names[index.row()], self._ratio(index.column())
        if role == Role.ForegroundRole and index.column() == len(self.ratios) + 2:
            cut = bool(self.proposed and self.proposed.get(name))
            return QColor(palette().accent if cut else palette().muted)
        if role == Role.ForegroundRole and ratio is not None and self.groups[name].within_noise(ratio):
            return QColor(palette().muted)
        if role == Role.ToolTipRole and ratio is not None:
            return f"{name}\n{spread_text(self.groups[name], ratio)}".rstrip()
        return super().data(index, role)

    def _ratio(self, column: int) -> float | None:
        """Which ratio a column is of; None for the other columns."""
        return self.ratios[column - 2] if 2 <= column < len(self.ratios) + 2 else None

    def _titles(self) -> list[str]:
        cuts = [percent(ratio) for ratio in self.ratios]
        return [tr("studio.measure.group"), tr("studio.measure.channels"), *cuts, tr("studio.measure.proposed")]

    def _text(self, name: str, column: int) -> str:
        losses = self.groups[name]
        if column < 2:
            return (name, str(losses.channels))[column]
        ratio = self._ratio(column)
        if ratio is not None:
            return change_text(losses, ratio)
        return percent(self.proposed[name]) if self.proposed and self.proposed.get(name) else "-"

    def _key(self, name: str, column: int) -> Any:
        losses = self.groups[name]
        if column == 0:
            return natural(name)
        if column == 1:
            return losses.channels
        ratio = self._ratio(column)
        if ratio is not None:
            return -losses.losses.get(ratio, float("inf"))
        return (self.proposed or {}).get(name, 0.0)


def change_text(losses: GroupLosses, ratio: float) -> str:
    """What a cut does to mAP in points, a loss being negative; in brackets where that is within noise."""
    loss = losses.losses.get(ratio)
    if loss is None:
        return "-"
    return f"({signed(-loss)})" if losses.within_noise(ratio) else signed(-loss)


def spread_text(losses: GroupLosses, ratio: float) -> str:
    """The change with the most that chance makes of it, in words; nothing where that is not known."""
    loss, spread = losses.losses.get(ratio), losses.spread(ratio)
    if loss is None or spread is None:
        return ""
    code = "studio.measure.within_noise" if losses.within_noise(ratio) else "studio.measure.beyond_noise"
    return tr(code, change=signed(-loss), noise=f"{NOISE * spread:.1f}", pictures=losses.pictures)
