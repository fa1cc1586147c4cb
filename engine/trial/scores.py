"""mAP of detections with the interval that the choice of pictures leaves it, and the change from side to side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.contract.figures import Conditions, Figure, pick
from engine.contract.run.findings.resamples import Resamples, score_of
from engine.model.resampling import resample, with_interval

if TYPE_CHECKING:
    from engine.contract.dataset import Picture
    from engine.detector.predict.evaluation import Detections

Found = Sequence["Detections"]


def map_of(pictures: Sequence[Picture], found: Found, classes: Sequence[str], conditions: Conditions) -> Figure:
    """mAP in points of `found[i]` on `pictures[i]`, measured."""
    from engine.detector.predict.evaluation import coco_figures

    figure = pick(coco_figures(pictures, found, classes, conditions), "map")
    # Pictures without any box have no mAP.
    return figure or Figure(name="map", value=0.0, unit="points", source="measured", conditions=conditions)


def drawn(pictures: Sequence[Picture], found: Found, classes: Sequence[str], check: Callable[[], None]) -> Resamples:
    """mAP on draws of the pictures, the same for every side; raises what `check` raises."""
    return resample(pictures, found, classes, "val", check)


def in_interval(figure: Figure, told: Resamples) -> Figure:
    """mAP with what it would be in 95 of 100 draws, and with itself in it where the draws are few."""
    return _around(with_interval(figure, told))


def change(tried: Figure, base: Figure, drawn_tried: Resamples, drawn_base: Resamples) -> Figure:
    """The change of mAP from `base` to `tried` in points, with what it would be in 95 of 100 draws."""
    between = drawn_tried.difference(drawn_base, score_of(tried))
    low, high = between if between is not None else (None, None)
    return _around(tried.model_copy(update={"value": tried.value - base.value, "low": low, "high": high}))


def _around(figure: Figure) -> Figure:
    if figure.low is None or figure.high is None:
        return figure
    return figure.model_copy(update={"low": min(figure.low, figure.value), "high": max(figure.high, figure.value)})
