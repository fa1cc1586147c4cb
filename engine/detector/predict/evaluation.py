"""COCO evaluation: detections of a split, the 12 figures, and the average precision of each class."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.contract.dataset import Picture
from engine.contract.figures import Conditions, Figure, FigureName
from engine.detector.base.runtime import prepare
from engine.detector.predict.pictures import Inputs, read_picture, stack, to_inputs

prepare()

import paddle  # noqa: E402

Detections = NDArray[np.float32]
"""Rows of class, score, x1, y1, x2, y2, in pixels of the picture."""
Predictor = Callable[[Inputs], list[Detections]]
Find = Callable[[Predictor, Sequence[Picture], Mapping[str, Any], Callable[[int, int], None]], list[Detections]]
"""Detections of a predictor for each picture under a configuration; tells how many are done, of how many."""
BATCH = 8
"""Pictures that a predictor is given at once."""

COCO_FIGURES: tuple[FigureName, ...] = (
    "map",
    "map50",
    "map75",
    "map_small",
    "map_medium",
    "map_large",
    "ar1",
    "ar10",
    "ar100",
    "ar_small",
    "ar_medium",
    "ar_large",
)


def network_predictor(network: paddle.nn.Layer) -> Predictor:
    """Runs a network in evaluation mode on a batch of inputs."""

    def predict(inputs: Inputs) -> list[Detections]:
        network.eval()
        with paddle.no_grad():
            out = network({name: paddle.to_tensor(value) for name, value in inputs.items()})
        rows, counts = out["bbox"].numpy(), out["bbox_num"].numpy()
        # A picture without any detection yields a row of class -1.
        return [part[part[:, 0] >= 0] for part in np.split(rows, np.cumsum(counts)[:-1])]

    return predict


def detect(
    predictor: Predictor, pictures: Sequence[Picture], config: Mapping[str, Any], batch_size: int = BATCH
) -> Iterator[list[Detections]]:
    """Detections for each picture in order, a batch at a time."""
    for first in range(0, len(pictures), batch_size):
        chunk = pictures[first : first + batch_size]
        yield predictor(stack([to_inputs(read_picture(p.path), config) for p in chunk]))


def evaluate(
    predictor: Predictor,
    pictures: Sequence[Picture],
    config: Mapping[str, Any],
    classes: Sequence[str],
    *,
    conditions: Conditions | None = None,
    batch_size: int = BATCH,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Figure]:
    """The 12 COCO figures in points and `map_class` for every class that occurs, all measured."""
    detections = find_all(predictor, pictures, config, progress, batch_size)
    return coco_figures(pictures, detections, classes, conditions or Conditions())


def find_all(
    predictor: Predictor,
    pictures: Sequence[Picture],
    config: Mapping[str, Any],
    progress: Callable[[int, int], None],
    batch_size: int = BATCH,
) -> list[Detections]:
    """Detections for each picture."""
    detections: list[Detections] = []
    for part in detect(predictor, pictures, config, batch_size):
        detections += part
        progress(len(detections), len(pictures))
    return detections


def picture_set(pictures: Sequence[Picture], classes: Sequence[str]) -> str:
    """A short hash of pictures and of what is to be found on them; their order and that of classes do not matter."""
    told = []
    for picture in pictures:
        boxes = sorted(
            f"{classes[box.class_id]} {box.x1:.2f} {box.y1:.2f} {box.x2:.2f} {box.y2:.2f} {box.difficult} {box.crowd}"
            for box in picture.boxes
        )
        told.append("\n".join([picture.digest, *boxes]))
    return hashlib.sha256("\n\n".join(sorted(told)).encode()).hexdigest()[:12]


def coco_figures(
    pictures: Sequence[Picture], detections: Sequence[Detections], classes: Sequence[str], conditions: Conditions
) -> list[Figure]:
    """COCO's figures (0-100) of `detections[i]` against the boxes of `pictures[i]`, which the conditions then name."""
    from faster_coco_eval import COCO, COCOeval_faster

    named = {"pictures": len(pictures), "picture_set": picture_set(pictures, classes)}
    conditions = conditions.model_copy(update=named)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(coco_truth(pictures, classes))
        results = coco_results(detections)
        if not results:
            return [_figure(name, 0.0, conditions) for name in COCO_FIGURES]
        evaluation = COCOeval_faster(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    figures = [
        _figure(name, 100 * float(value), conditions)
        for name, value in zip(COCO_FIGURES, evaluation.stats, strict=False)
        if value >= 0
    ]
    precision = np.asarray(evaluation.eval["precision"])[:, :, :, 0, -1]
    for number, name in enumerate(classes):
        values = precision[:, :, number]
        if (values > -1).any():
            subject = conditions.model_copy(update={"subject": name})
            figures.append(_figure("map_class", 100 * float(values[values > -1].mean()), subject))
    return figures


def coco_truth(pictures: Sequence[Picture], classes: Sequence[str]) -> dict[str, Any]:
    """The boxes of pictures as a COCO document; difficult and crowd boxes neither count nor harm."""
    annotations = [
        {
            "id": 0,
            "image_id": number,
            "category_id": box.class_id,
            "bbox": [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1],
            "area": (box.x2 - box.x1) * (box.y2 - box.y1),
            "iscrowd": int(box.crowd or box.difficult),
        }
        for number, picture in enumerate(pictures)
        for box in picture.boxes
    ]
    for number, annotation in enumerate(annotations, start=1):
        annotation["id"] = number
    return {
        "images": [
            {"id": number, "width": p.width, "height": p.height, "file_name": p.path}
            for number, p in enumerate(pictures)
        ],
        "categories": [{"id": number, "name": name} for number, name in enumerate(classes)],
        "annotations": annotations,
    }


def coco_results(detections: Sequence[Detections]) -> list[dict[str, Any]]:
    """Detections in COCO's result format; the number of a picture is its place in the list."""
    return [
        {
            "image_id": number,
            "category_id": int(row[0]),
            "score": float(row[1]),
            "bbox": [float(row[2]), float(row[3]), float(row[4] - row[2]), float(row[5] - row[3])],
        }
        for number, rows in enumerate(detections)
        for row in rows
    ]


def _figure(name: FigureName, value: float, conditions: Conditions) -> Figure:
    return Figure(name=name, value=value, unit="points", source="measured", conditions=conditions)
