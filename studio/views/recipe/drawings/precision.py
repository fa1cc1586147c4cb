"""Which layers are int8 and which stay float, and what int8 was measured to do to each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from engine.contract.previews.drawings import LayerPrecision, Measured, PrecisionAnswer
from engine.contract.recipe import Step
from studio.bound_texts import bind
from studio.i18n import tr
from studio.presenters.network_parts import part_names, part_of
from studio.presenters.numbers import shown_value
from studio.stores.previews.drawings import DrawingStore
from studio.views.recipe.drawings.bar_chart import Bar, BarChart
from studio.views.recipe.drawings.drawing import Drawing
from studio.widgets.buttons import Button
from studio.widgets.controls import Segmented
from studio.widgets.labels import Muted

_REASONS = {
    "first": "studio.drawing.float_first",
    "output": "studio.drawing.float_output",
    "squeeze": "studio.drawing.float_squeeze",
    "depthwise": "studio.drawing.float_depthwise",
    "chosen": "studio.drawing.float_chosen",
    "worst": "studio.drawing.float_worst",
}
_MEASURED_BY = "keep_float"
"""The field of the step that is measured to say which layers int8 hurts."""
_ABOVE, _BELOW = 84, 54


class PrecisionDrawing(Drawing):
    """Above the ground what a layer computes, coloured by its precision; below it what int8 does to it."""

    techniques: ClassVar[tuple[str, ...]] = ("quant_post", "quant_aware")
    drawing: ClassVar[str] = "precision"
    title: ClassVar[str] = "studio.drawing.precision"
    tip: ClassVar[str] = "studio.drawing.precision_tip"

    def __init__(self) -> None:
        super().__init__()
        self._told = PrecisionAnswer(layers=())
        self._store: DrawingStore | None = None
        self._step: Step | None = None
        self.chart = BarChart(_ABOVE, _BELOW)
        self.chart.pointed.connect(self._point)
        self.face = Segmented(2)
        self.face.set_current(0)
        self.face.chosen.connect(lambda _: self.retranslate())
        self.measured = Muted()
        self.measure = Button("studio.measure.ask", self._measure, icon_name="chart")
        self.body.addWidget(self.chart)
        self.tools.addWidget(self.face)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.measured, 1)
        row.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignTop)
        self.foot.addLayout(row)

    def request(self, store: DrawingStore, step: Step) -> dict[str, Any] | None:
        """As every drawing; what is measured besides is asked of the store."""
        self._store, self._step = store, step
        return super().request(store, step)

    def show_answer(self, answer: Mapping[str, Any], step: Step) -> None:
        """Draw the layers."""
        self._told = PrecisionAnswer.model_validate(answer)
        self.retranslate()

    def look(self) -> None:
        """Tell whether clipping is being measured."""
        self._tell_measured()

    @property
    def clipping(self) -> bool:
        """Whether what is clipped hangs below the ground, and not what int8 does to the outputs."""
        return self.face.current() == 1

    def retranslate(self) -> None:
        """Name everything and sum up."""
        self.face.set_texts([tr("studio.drawing.error_face"), tr("studio.drawing.clip_face")])
        self.face.set_tips([tr("studio.drawing.error_face_tip"), tr("studio.drawing.clip_face_tip")])
        self.face.setAccessibleName(tr("studio.drawing.int8_faces"))
        self.chart.setAccessibleName(tr(self.title))
        self.chart.show_bars(self._bars(), part_names())
        entries = [
            ("accent", tr("studio.drawing.int8"), False),
            ("border_strong", tr("studio.drawing.float"), False),
        ]
        if self._shown is not None:
            below = tr("studio.drawing.clip_share" if self.clipping else "studio.drawing.int8_error")
            entries.append(("warn", below, False))
        self.legend.show_entries(entries)
        self._tell_measured()
        self._point(self.chart.at)

    @property
    def _shown(self) -> Measured | None:
        return self._told.clips if self.clipping else self._told.errors

    def _bars(self) -> list[Bar]:
        layers = self._told.layers
        most = max((layer.macs for layer in layers), default=0) or 1
        values = [layer.clip if self.clipping else layer.error for layer in layers]
        # A share has its own whole; errors are drawn against the worst.
        worst = 1.0 if self.clipping else max((value or 0.0 for value in values), default=0.0) or 1.0
        bars = []
        for layer, value in zip(layers, values, strict=True):
            colour = "border_strong" if layer.kept_float else "accent"
            below = None if self._shown is None else ((value or 0.0) / worst, "warn")
            bars.append(Bar(part_of(layer.layer), ((layer.macs / most, colour),), below))
        return bars

    def _measure(self) -> None:
        if not self.clipping:
            self.measure_asked.emit(_MEASURED_BY)
        elif self._store is not None and self._step is not None:
            self._store.measure_clips(self._step)

    def _tell_measured(self) -> None:
        at_work = self._store is not None and self._step is not None and self._store.measuring(self._step) is not None
        told, clipping = self._told, self.clipping
        clip_tip, error_tip = "studio.drawing.measure_clips_tip", "studio.drawing.measure_int8_tip"
        self.measure.setToolTip(tr(clip_tip if clipping else error_tip))
        bind(self.measure.show_text, "studio.drawing.measure_now" if clipping else "studio.measure.ask")
        self.measure.setVisible(told.measurable and not (clipping and (at_work or told.clips is not None)))
        self.measured.show_text(self._measured(clipping and at_work))

    def _measured(self, at_work: bool) -> str:
        shown, clipping = self._shown, self.clipping
        if at_work:
            return tr("studio.drawing.clips_measuring")
        if shown is None:
            if not self._told.measurable:
                return tr("studio.drawing.int8_unmeasurable")
            return tr("studio.drawing.clips_measurable" if clipping else "studio.drawing.int8_measurable")
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(shown.at))
        code = "studio.drawing.clips_measured" if clipping else "studio.drawing.int8_measured"
        return tr(code, pictures=shown.pictures, when=when)

    def _point(self, number: int) -> None:
        layers = self._told.layers
        if 0 <= number < len(layers):
            self.read_out(self._about(layers[number]))
        elif layers:
            self.read_out(self._summary())

    def _about(self, layer: LayerPrecision) -> str:
        whole = sum(each.macs for each in self._told.layers) or 1
        args = {"layer": layer.layer, "share": f"{100 * layer.macs / whole:.1f}"}
        text = tr("studio.drawing.layer_int8", **args)
        if layer.kept_float is not None:
            text = tr("studio.drawing.layer_float", reason=tr(_REASONS[layer.kept_float]), **args)
        if layer.error is not None:
            text += f"  {tr('studio.drawing.layer_error', error=f'{100 * layer.error:.1f}')}"
        if layer.clip is not None and layer.largest is not None:
            clip = {"share": f"{100 * layer.clip:.0f}", "largest": shown_value(layer.largest)}
            text += f"  {tr('studio.drawing.layer_clip', **clip)}"
        return text

    def _summary(self) -> str:
        layers = self._told.layers
        int8 = [layer for layer in layers if layer.kept_float is None]
        whole = sum(layer.macs for layer in layers) or 1
        text = tr(
            "studio.drawing.precision_summary",
            count=len(int8),
            layers=len(layers),
            share=f"{100 * sum(layer.macs for layer in int8) / whole:.1f}",
            kept=len(layers) - len(int8),
        )
        return "  ".join(part for part in (text, self._found(), self._worst(int8)) if part)

    def _found(self) -> str:
        """What is kept in float by itself, or will be."""
        told = self._told.worst
        if told is None:
            return ""
        args = {"limit": f"{100 * told.limit:g}", "size": f"{told.bytes / 1e6:.2g}"}
        if not told.known:
            return tr("studio.drawing.worst_unknown", **args)
        kept = sum(layer.kept_float == "worst" for layer in self._told.layers)
        return tr("studio.drawing.worst_kept" if kept else "studio.drawing.worst_none", count=kept, **args)

    def _worst(self, int8: list[LayerPrecision]) -> str:
        values = {layer.layer: (layer.clip if self.clipping else layer.error) or 0.0 for layer in int8}
        worst = max(values, key=lambda name: values[name], default=None)
        if worst is None or not values[worst]:
            return ""
        code = "studio.drawing.worst_clip" if self.clipping else "studio.drawing.worst_error"
        return tr(code, layer=worst, share=f"{100 * values[worst]:.0f}")
