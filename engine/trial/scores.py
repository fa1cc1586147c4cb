"""mAP of detections with the interval that the choice of pictures leaves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.contract.figures import Conditions, Figure, pick

if TYPE_CHECKING:
    from engine.contract.dataset import Picture
    from engine.detector.predict.evaluation import Detections

ROUNDS = 100
"""Draws of as many pictures with replacement: enough for the ends of a 95 % interval to within a tenth of its width."""
ENDS = (2.5, 97.5)

Found = Sequence["Detections"]


def map_of(pictures: Sequence[Picture], found: Found, classes: Sequence[str], conditions: Conditions) -> Figure:
    """mAP in points of `found[i]` on `pictures[i]`, measured."""
    from engine.detector.predict.evaluation import coco_figures

    figure = pick(coco_figures(pictures, found, classes, conditions), "map")
    # Pictures without any box have no mAP.
    return figure or Figure(name="map", value=0.0, unit="points", source="measured", conditions=conditions)


def resampled(
    pictures: Sequence[Picture], sides: Sequence[Found], classes: Sequence[str], check: Callable[[], None]
) -> NDArray[np.float64]:
    """mAP of each side on the same ROUNDS draws of the pictures with replacement (Efron 1979): (ROUNDS, sides).

    Raises what `check` raises, which is called before each.
    """
    rng = np.random.default_rng(len(pictures))
    rounds = []
    for _ in range(ROUNDS):
        drawn = rng.integers(0, len(pictures), len(pictures))
        chosen = [pictures[number] for number in drawn]
        values = []
        for side in sides:
            check()
            values.append(map_of(chosen, [side[number] for number in drawn], classes, Conditions()).value)
        rounds.append(values)
    return np.array(rounds)


def with_interval(figure: Figure, values: NDArray[np.float64]) -> Figure:
    """The figure with the interval that holds 95 % of `values`."""
    low, high = (float(end) for end in np.percentile(values, ENDS))
    return figure.model_copy(update={"low": min(low, figure.value), "high": max(high, figure.value)})
