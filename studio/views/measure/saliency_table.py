"""Channel groups by saliency: a heat map of what goes with the least salient channels; the proposal."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from engine.contract.sensitivity import ChannelSaliency
from engine.contract.text.numbers import small_share
from studio.i18n import tr
from studio.theme import palette
from studio.views.measure.tables import Display, MeasuredTable, Role, natural, percent
from studio.widgets.model_index import AnyIndex

RATIOS = (0.25, 0.5, 0.75, 0.875)
_HEAT = Qt.ItemDataRole.UserRole
_COLD, _HOT = 1e-6, 1e-1
"""Shares of all saliency at which a cell has no colour, and all of it; between them by their logarithm."""
_DEEPEST = 150
"""How opaque the hottest cell is: what stands in it must be read."""


class SaliencyTable(MeasuredTable):
    """Channel groups: channels, their share of all saliency, what of it goes at each ratio, ratio and channels left."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: ChannelSaliency | None = None
        self.proposed: Mapping[str, float] | None = None
        self._shares: dict[str, list[float]] = {}

    def show_saliency(self, found: ChannelSaliency | None) -> None:
        """Show what was found; None for nothing."""
        self.found = found
        names = list(found.groups) if found is not None else []
        self._shares = {name: [found.share(name, ratio) for ratio in (1.0, *RATIOS)] for name in names if found}
        self._show(names)

    def show_proposed(self, ratios: Mapping[str, float] | None) -> None:
        """Show ratios by group; groups that are not among them stay whole. None while there is no proposal."""
        self.proposed = ratios
        self._show(list(self._shares))

    def data(self, index: AnyIndex, role: int = Display) -> object:
        """As other tables, with heat; what is proposed stands out."""
        name, column = self.names[index.row()], index.column()
        share = self._share(name, column)
        if role == _HEAT:
            return heat(share) if share is not None and column > 2 else None
        if role == Role.ForegroundRole and column > len(RATIOS) + 2:
            return QColor(palette().accent if self._cut(name) else palette().muted)
        if role == Role.ToolTipRole and share is not None:
            return f"{name}\n{self._told(name, column, share)}"
        return super().data(index, role)

    def _told(self, name: str, column: int, share: float) -> str:
        if column == 2:
            return tr("studio.measure.saliency_of_group", share=small_share(share))
        return tr("studio.measure.saliency_goes", ratio=percent(RATIOS[column - 3]), share=small_share(share))

    def _share(self, name: str, column: int) -> float | None:
        """What share of all saliency a cell tells of; None for the other columns."""
        return self._shares[name][column - 2] if 2 <= column < len(RATIOS) + 3 else None

    def _cut(self, name: str) -> float:
        return (self.proposed or {}).get(name, 0.0)

    def _titles(self) -> list[str]:
        codes = [tr(f"studio.measure.{code}") for code in ("group", "channels", "saliency_share")]
        return [*codes, *map(percent, RATIOS), tr("studio.measure.proposed"), tr("studio.measure.channels_left")]

    def _text(self, name: str, column: int) -> str:
        channels, share = self._channels(name), self._share(name, column)
        if column < 2:
            return (name, str(channels))[column]
        if share is not None:
            return small_share(share)
        if column == len(RATIOS) + 3:
            return percent(self._cut(name)) if self._cut(name) else "-"
        return "-" if self.proposed is None else str(channels - round(self._cut(name) * channels))

    def _key(self, name: str, column: int) -> Any:
        share = self._share(name, column)
        if share is not None:
            return share
        cut, channels = self._cut(name), self._channels(name)
        keys = {0: natural(name), 1: channels, len(RATIOS) + 3: cut}
        return keys.get(column, channels - round(cut * channels))

    def _channels(self, name: str) -> int:
        return len(self.found.groups[name]) if self.found is not None else 0


class HeatDelegate(QStyledItemDelegate):
    """Colours cells by their heat, below what stands in them."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The colour, then the cell."""
        warm = index.data(_HEAT)
        if warm:
            colour = QColor(palette().accent)
            colour.setAlpha(round(_DEEPEST * warm))
            painter.fillRect(option.rect.adjusted(0, 0, 0, -1), colour)
        super().paint(painter, option, index)


def heat(share: float) -> float:
    """From 0, next to nothing, to 1, much, by the logarithm of a share."""
    if share <= _COLD:
        return 0.0
    return min(1.0, log10(share / _COLD) / log10(_HOT / _COLD))
