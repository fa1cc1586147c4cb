"""mAP of detections with the interval that the choice of pictures leaves it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

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

    Raises what `check` raises, which is called before each. Boxes are matched once, only their order is new in a draw.
    """
    judged = [_Judged(pictures, found, classes) for found in sides]
    rng = np.random.default_rng(len(pictures))
    rounds = []
    for _ in range(ROUNDS):
        drawn = rng.integers(0, len(pictures), len(pictures)).tolist()
        check()
        rounds.append([side.map_of(drawn) for side in judged])
    return np.array(rounds)


class _Judged:
    """Detections matched with the boxes of each picture, of which mAP is had for any draw of the pictures."""

    def __init__(self, pictures: Sequence[Picture], found: Found, classes: Sequence[str]) -> None:
        from faster_coco_eval import COCO, COCOeval_faster

        from engine.detector.predict.evaluation import coco_results, coco_truth

        self._count, self._classes = len(pictures), len(classes)
        self._matched: list[Any] = []
        results = coco_results(found)
        if not results:
            return
        with contextlib.redirect_stdout(io.StringIO()):
            truth = COCO(coco_truth(pictures, classes))
            evaluation = COCOeval_faster(truth, truth.loadRes(results), "bbox", separate_eval=True)
            evaluation.params.areaRng, evaluation.params.areaRngLbl = evaluation.params.areaRng[:1], ["all"]
            evaluation.params.maxDets = evaluation.params.maxDets[-1:]
            evaluation.evaluate()
        # Class by class, in the order of the pictures.
        self._matched, self._params = list(evaluation._evalImgs_cpp), evaluation._paramsEval

    def map_of(self, drawn: Sequence[int]) -> float:
        """In points, of the pictures at those places; 0 where there is nothing to find, as of `map_of`."""
        from faster_coco_eval.faster_eval_api_cpp import COCOevalAccumulate

        if not self._matched:
            return 0.0
        chosen = [self._matched[number * self._count + place] for number in range(self._classes) for place in drawn]
        precision = np.asarray(COCOevalAccumulate(self._params, chosen)["precision"])
        known = precision[precision > -1]
        return 100 * float(known.mean()) if known.size else 0.0


def with_interval(figure: Figure, values: NDArray[np.float64]) -> Figure:
    """The figure with the interval that holds 95 % of `values`."""
    low, high = (float(end) for end in np.percentile(values, ENDS))
    return figure.model_copy(update={"low": min(low, figure.value), "high": max(high, figure.value)})
