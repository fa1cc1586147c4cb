"""The learning rate over every training of the recipe that follows the schedule."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, ClassVar

from engine.contract.previews.drawings import RateCurve, RatesAnswer
from engine.contract.recipe import Step
from studio.i18n import tr
from studio.presenters.numbers import grouped, shown_value
from studio.presenters.recipe.step_consequences import epochs_text
from studio.views.recipe.drawings.curve_chart import Curve, CurveChart
from studio.views.recipe.drawings.drawing import Drawing


class RatesDrawing(Drawing):
    """One curve behind another, with a wall where the next training begins."""

    techniques: ClassVar[tuple[str, ...]] = ("lr_schedule",)
    drawing: ClassVar[str] = "rates"
    title: ClassVar[str] = "studio.drawing.rates"
    tip: ClassVar[str] = "studio.drawing.rates_tip"

    def __init__(self) -> None:
        super().__init__()
        self._told = RatesAnswer(curves=())
        self._starts: list[int] = []
        self.chart = CurveChart()
        self.chart.setAccessibleName(tr(self.title))
        self.chart.pointed.connect(self._point)
        self.body.addWidget(self.chart)

    def show_answer(self, answer: Mapping[str, Any], step: Step) -> None:
        """Draw the curves on one axis."""
        self._told = RatesAnswer.model_validate(answer)
        lengths = [_length(curve) for curve in self._told.curves]
        self._starts = [0, *accumulate(lengths)]
        curves = [
            Curve(tuple(float(start + at) for at in curve.steps), curve.rates, "accent", wide=True)
            for start, curve in zip(self._starts, self._told.curves, strict=False)
        ]
        self.chart.show_curves(curves, self._starts[1:-1])
        self.retranslate()

    def retranslate(self) -> None:
        """Name the axis and sum up."""
        self.chart.setAccessibleName(tr(self.title))
        self.chart.name_axes(tr("studio.drawing.rates_axis"))
        self._point(None)

    def _point(self, x: float | None) -> None:
        if not self._told.curves:
            return
        if x is None:
            self.chart.cross(None)
            self.read_out(self._summary())
            return
        last = len(self._told.curves) - 1
        number = max(0, min(last, sum(start <= x for start in self._starts) - 1))
        curve, start = self._told.curves[number], self._starts[number]
        place = _nearest(curve.steps, x - start)
        step = curve.steps[place]
        self.chart.cross(start + step)
        text = tr(
            "studio.drawing.rate_at",
            step=grouped(step),
            steps=grouped(_length(curve)),
            epoch=f"{step / curve.steps_per_epoch:.1f}",
            rate=shown_value(curve.rates[place]),
        )
        counted = tr("studio.drawing.rate_training", number=number + 1, count=last + 1)
        self.read_out(f"{counted}  {text}" if last else text)

    def _summary(self) -> str:
        texts = []
        for number, curve in enumerate(self._told.curves, start=1):
            highest = max(curve.rates)
            text = tr(
                "studio.drawing.rate_summary",
                epochs=epochs_text(curve.epochs),
                steps=grouped(_length(curve)),
                highest=shown_value(highest),
                at=grouped(curve.steps[curve.rates.index(highest)]),
                last=shown_value(curve.rates[-1]),
            )
            counted = tr("studio.drawing.rate_training", number=number, count=len(self._told.curves))
            texts.append(f"{counted}  {text}" if len(self._told.curves) > 1 else text)
        if self._told.example:
            texts.append(tr("studio.drawing.rate_example"))
        return "\n".join(texts)


def _length(curve: RateCurve) -> int:
    return curve.epochs * curve.steps_per_epoch


def _nearest(steps: tuple[int, ...], x: float) -> int:
    place = bisect_left(steps, x)
    near = [each for each in (place - 1, place) if 0 <= each < len(steps)]
    return min(near, key=lambda each: abs(steps[each] - x))
