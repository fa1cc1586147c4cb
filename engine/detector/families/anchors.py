"""YOLO anchors fitted to a data set: k-means with 1 - IoU as the distance (YOLO9000, section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.contract.dataset import Picture
from engine.contract.text.messages import UserError

Anchors = tuple[tuple[int, int], ...]


def fit_anchors(pictures: Sequence[Picture], size: int, count: int) -> Anchors:
    """`count` (width, height) pairs in whole pixels (what yolo_box takes) at input `size`, smallest area first.

    Raises UserError when the pictures have fewer different boxes than that.
    """
    shapes = np.array(
        [
            [(box.x2 - box.x1) * size / picture.width, (box.y2 - box.y1) * size / picture.height]
            for picture in pictures
            for box in picture.boxes
        ]
    ).reshape(-1, 2)
    distinct = np.unique(shapes, axis=0)
    if len(distinct) < count:
        raise UserError("detector.few_boxes", count=len(distinct), wanted=count)
    order = np.argsort(distinct.prod(axis=1), kind="stable")
    # Starting from even quantiles of the area gives the same anchors for the same data.
    starts = distinct[order][np.linspace(0, len(distinct) - 1, count).round().astype(int)]
    anchors = _settle(shapes, starts)
    return tuple((max(1, round(w)), max(1, round(h))) for w, h in anchors[np.argsort(anchors.prod(axis=1))])


def overlap(shapes: NDArray[np.float64], anchors: NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU of boxes [n,2] and anchors [k,2] laid on the same centre, [n,k]."""
    common = np.minimum(shapes[:, None], anchors[None]).prod(axis=2)
    areas = shapes.prod(axis=1)[:, None] + anchors.prod(axis=1)[None]
    return np.asarray(common / (areas - common))


def _settle(shapes: NDArray[np.float64], anchors: NDArray[np.float64]) -> NDArray[np.float64]:
    nearest = None
    for _ in range(300):
        found = overlap(shapes, anchors).argmax(axis=1)
        if nearest is not None and (found == nearest).all():
            break
        nearest = found
        anchors = np.array(
            [
                np.median(shapes[nearest == k], axis=0) if (nearest == k).any() else anchors[k]
                for k in range(len(anchors))
            ]
        )
    return anchors
