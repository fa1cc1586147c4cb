"""An index as COCO json: boxes as the project uses them, corrections and all, for other programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from engine.contract.dataset import Box, Index, Part, Picture


def coco_of(index: Index, split: Part | None = None) -> dict[str, Any]:
    """The pictures of a split, or of all, by their paths in the source.

    The same index gives the same ids: pictures by their places in it, categories by the project's order, from 1. Crowds
    are `iscrowd`. Difficult boxes are `difficult`, as this program reads it back, and `ignore`, as others know it.
    """
    source = index.source()
    chosen = [picture for picture in index.pictures(split) if split is not None or picture.split != "none"]
    annotations = [(picture, box) for picture in chosen for box in picture.boxes]
    return {
        "info": {"description": f"{source.name}, {split or 'all splits'}", "content_hash": index.content_hash()},
        "images": [_image(picture, source) for picture in chosen],
        "annotations": [_annotation(number, *each) for number, each in enumerate(annotations, 1)],
        "categories": _categories(index.classes()),
    }


def _image(picture: Picture, source: PurePath) -> dict[str, Any]:
    name = PurePath(picture.path).relative_to(source).as_posix()
    return {"id": picture.id, "file_name": name, "width": picture.width, "height": picture.height}


def _annotation(number: int, picture: Picture, box: Box) -> dict[str, Any]:
    width, height = _extent(box.x1, box.x2), _extent(box.y1, box.y2)
    return {
        "id": number,
        "image_id": picture.id,
        "category_id": box.class_id + 1,
        "bbox": [box.x1, box.y1, width, height],
        "area": width * height,
        "segmentation": [],
        "iscrowd": int(box.crowd),
        **({"difficult": 1, "ignore": 1} if box.difficult else {}),
    }


def _categories(classes: Sequence[str]) -> list[dict[str, Any]]:
    return [{"id": number, "name": name, "supercategory": ""} for number, name in enumerate(classes, 1)]


def _extent(low: float, high: float) -> float:
    """What added to `low` gives `high`: a difference of floats may miss it by its last bit."""
    extent = high - low
    near = (extent, math.nextafter(extent, math.inf), math.nextafter(extent, 0.0))
    return next((each for each in near if low + each == high), extent)
