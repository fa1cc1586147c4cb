"""The loss that boxes are trained by, over the error, beside smooth L1 and the plain distance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.contract.previews.drawings import LossCurve, LossesAnswer
from engine.contract.recipe import Step
from studio.i18n import tr
from studio.presenters.numbers import shown_value
from studio.views.recipe.drawings.curve_chart import Curve, CurveChart
from studio.views.recipe.drawings.drawing import Drawing
from studio.widgets.controls import Segmented

_NAMES = {
    "balanced_l1": "studio.drawing.loss_balanced",
    "smooth_l1": "studio.drawing.loss_smooth",
    "l1": "studio.drawing.loss_plain",
}
_SMALL = 0.1
"""An error of a box that is nearly right."""
_COLOURS = {"balanced_l1": "accent", "smooth_l1": "info", "l1": "muted"}


class LossesDrawing(Drawing):
    """Two faces: the loss itself, and its slope, which is how hard an error pulls."""

    techniques: ClassVar[tuple[str, ...]] = ("balanced_l1",)
    drawing: ClassVar[str] = "losses"
    heavy: ClassVar[bool] = True
    alone: ClassVar[bool] = True
    title: ClassVar[str] = "studio.drawing.losses"
    tip: ClassVar[str] = "studio.drawing.losses_tip"

    def __init__(self) -> None:
        super().__init__()
        self._told = LossesAnswer(errors=(), curves=())
        self.face = Segmented(2)
        self.face.set_current(0)
        self.face.chosen.connect(lambda _: self._draw())
        self.tools.addWidget(self.face)
        self.chart = CurveChart()
        self.chart.pointed.connect(self._point)
        self.body.addWidget(self.chart)

    def show_answer(self, answer: Mapping[str, Any], step: Step) -> None:
        """Draw the face that is chosen."""
        self._told = LossesAnswer.model_validate(answer)
        self._draw()

    def retranslate(self) -> None:
        """Name everything and sum up."""
        self._draw()

    def _draw(self) -> None:
        self.face.set_texts([tr("studio.drawing.loss_face"), tr("studio.drawing.slope_face")])
        self.face.set_tips([tr("studio.drawing.loss_face_tip"), tr("studio.drawing.slope_face_tip")])
        self.face.setAccessibleName(tr("studio.drawing.loss_faces"))
        self.chart.setAccessibleName(tr(self.title))
        told = self._told
        if not told.curves:
            return
        curves = []
        for curve in told.curves:
            dashed, wide = curve.name != "balanced_l1", curve.name == "balanced_l1"
            curves.append(Curve(told.errors, self._values(curve), _COLOURS[curve.name], dashed=dashed, wide=wide))
        self.chart.show_curves(curves)
        self.chart.name_axes(tr("studio.drawing.losses_axis"))
        names = [(_COLOURS[each.name], tr(_NAMES[each.name]), each.name != "balanced_l1") for each in told.curves]
        self.legend.show_entries(names)
        self._point(None)

    def _values(self, curve: LossCurve) -> tuple[float, ...]:
        return curve.slope if self.face.current() == 1 else curve.loss

    def _point(self, x: float | None) -> None:
        told = self._told
        if not told.curves:
            return
        if x is None:
            self.chart.cross(None)
            self.read_out(self._summary())
            return
        place = self._near(x)
        self.chart.cross(told.errors[place])
        values = [f"{tr(_NAMES[each.name])} {shown_value(self._values(each)[place])}" for each in told.curves]
        at = tr("studio.drawing.loss_at", error=f"{told.errors[place]:.2f}")
        self.read_out(f"{at}  {'  ·  '.join(values)}")

    def _summary(self) -> str:
        slopes = {curve.name: curve.slope for curve in self._told.curves}
        near, far = self._near(_SMALL), len(self._told.errors) - 1
        return tr(
            "studio.drawing.losses_summary",
            small=f"{self._told.errors[near]:.1f}",
            large=f"{self._told.errors[far]:.1f}",
            ours=shown_value(slopes["balanced_l1"][near]),
            smooth=shown_value(slopes["smooth_l1"][near]),
            ours_far=shown_value(slopes["balanced_l1"][far]),
            smooth_far=shown_value(slopes["smooth_l1"][far]),
        )

    def _near(self, x: float) -> int:
        return min(range(len(self._told.errors)), key=lambda each: abs(self._told.errors[each] - x))
