"""Which channels go, by layer: what stays of each, what goes, and what cannot be cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from engine.contract.previews.drawings import ChannelsAnswer, LayerChannels
from engine.contract.recipe import Step
from studio.i18n import tr
from studio.presenters.network_parts import part_names, part_of
from studio.presenters.numbers import grouped
from studio.views.recipe.drawings.bar_chart import HOLLOW, Bar, BarChart
from studio.views.recipe.drawings.drawing import Drawing

_LOCKED = {
    "graph.output": "studio.drawing.locked_output",
    "graph.transpose": "studio.drawing.locked_output",
    "graph.input": "studio.drawing.locked_input",
    "graph.grouped": "studio.drawing.locked_grouped",
    "graph.linear": "studio.drawing.locked_linear",
    "graph.broadcast": "studio.drawing.locked_broadcast",
}
"""Why channels cannot be cut, in few words; the rest are operations that channels cannot be followed through."""


class ChannelsDrawing(Drawing):
    """A bar as high as the layer has channels."""

    techniques: ClassVar[tuple[str, ...]] = ("filter_prune",)
    drawing: ClassVar[str] = "channels"
    title: ClassVar[str] = "studio.drawing.channels"
    tip: ClassVar[str] = "studio.drawing.channels_tip"

    def __init__(self) -> None:
        super().__init__()
        self._layers: tuple[LayerChannels, ...] = ()
        self._together: Counter[str] = Counter()
        self.chart = BarChart()
        self.chart.pointed.connect(self._point)
        self.body.addWidget(self.chart)

    def show_answer(self, answer: Mapping[str, Any], step: Step) -> None:
        """Draw the layers."""
        self._layers = ChannelsAnswer.model_validate(answer).layers
        self._together = Counter(layer.group for layer in self._layers)
        self.retranslate()

    def retranslate(self) -> None:
        """Name everything and sum up."""
        self.chart.setAccessibleName(tr(self.title))
        most = max((layer.channels for layer in self._layers), default=1)
        bars = []
        for layer in self._layers:
            gone = layer.channels - layer.kept
            kept = (layer.kept / most, "border_strong" if layer.locked else "accent")
            bars.append(Bar(part_of(layer.layer), (kept, (gone / most, HOLLOW))))
        self.chart.show_bars(bars, part_names())
        entries = [
            ("accent", tr("studio.drawing.channels_kept"), False),
            (HOLLOW, tr("studio.drawing.channels_gone"), False),
        ]
        if any(layer.locked for layer in self._layers):
            entries.append(("border_strong", tr("studio.drawing.channels_locked"), False))
        self.legend.show_entries(entries)
        self._point(self.chart.at)

    def _point(self, number: int) -> None:
        if 0 <= number < len(self._layers):
            self.read_out(self._about(self._layers[number]))
        elif self._layers:
            self.read_out(self._summary())

    def _about(self, layer: LayerChannels) -> str:
        if layer.locked:
            reason = tr(_LOCKED.get(layer.locked, "studio.drawing.locked_other"))
            return tr("studio.drawing.layer_locked", layer=layer.layer, channels=grouped(layer.channels), reason=reason)
        gone = layer.channels - layer.kept
        text = tr(
            "studio.drawing.layer_cut",
            layer=layer.layer,
            channels=grouped(layer.channels),
            kept=grouped(layer.kept),
            share=f"{100 * gone / layer.channels:.0f}",
        )
        others = self._together[layer.group] - 1
        if others:
            more = "studio.drawing.with_one" if others == 1 else "studio.drawing.with_others"
            text += f"  {tr(more, count=others)}"
        return text

    def _summary(self) -> str:
        cut = [layer for layer in self._layers if layer.kept < layer.channels]
        if not cut:
            return tr("studio.drawing.nothing_cut", layers=len(self._layers))
        whole = sum(layer.channels for layer in self._layers)
        gone = sum(layer.channels - layer.kept for layer in cut)
        return tr(
            "studio.drawing.channels_summary",
            gone=grouped(gone),
            channels=grouped(whole),
            share=f"{100 * gone / whole:.0f}",
            cut=len(cut),
            layers=len(self._layers),
        )
