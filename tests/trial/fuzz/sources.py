"""Small valid data sets in every format that is read: what is broken afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.fakes.datasets import CLASSES, Shot, encoded, put, write_coco, write_voc, write_yolo

EDGE = (4.0, 5.0, 24.0, 31.0)


def small() -> list[Shot]:
    """Five pictures in three splits."""
    boxes = tuple((name, (4.0 * n, 5.0, 4.0 * n + 20.0, 30.0 + n)) for n, name in enumerate(CLASSES, 1))
    return [Shot(f"shot {n}", part, boxes, 48, 40) for n, part in enumerate(("train", "train", "train", "val", "test"))]


def write_cvat(root: Path, shots: Sequence[Shot]) -> Path:
    """One xml for all, with labels, boxes, an outline and a turned box."""
    labels = "".join(f"<label><name>{name}</name></label>" for name in CLASSES)
    images = ""
    for n, shot in enumerate(shots):
        keys = ("xtl", "ytl", "xbr", "ybr")
        boxes = "".join(
            f'<box label="{name}" occluded="0" '
            + " ".join(f'{key}="{edge}"' for key, edge in zip(keys, edges, strict=True))
            + "/>"
            for name, edges in shot.boxes
        )
        more = '<polygon label="car" points="1,2;10,4;8,20"/>'
        more += '<box label="dog" xtl="3" ytl="3" xbr="9" ybr="8" rotation="30"/>'
        head = f'id="{n}" name="{shot.name}.png" subset="{shot.part}" width="{shot.width}" height="{shot.height}"'
        images += f"<image {head}>{boxes}{more}</image>\n"
        put(root / "images" / f"{shot.name}.png", encoded(shot.name, shot.width, shot.height))
    meta = f"<meta><task><labels>{labels}</labels></task></meta>"
    put(
        root / "annotations.xml",
        f'<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>{meta}\n{images}</annotations>',
    )
    return root


def write_labelme(root: Path, shots: Sequence[Shot]) -> Path:
    """A json beside each picture."""
    for shot in shots:
        shapes: list[dict[str, object]] = [
            {"label": name, "points": [[x1, y1], [x2, y2]], "shape_type": "rectangle", "flags": {}, "group_id": None}
            for name, (x1, y1, x2, y2) in shot.boxes
        ]
        shapes.append({"label": "car", "points": [[1, 2], [9, 3], [7, 20]], "shape_type": "polygon", "group_id": 3})
        size: dict[str, object] = {"imageWidth": shot.width, "imageHeight": shot.height, "imageData": None}
        document: dict[str, object] = {
            "version": "5.2.1",
            "flags": {},
            "shapes": shapes,
            "imagePath": f"{shot.name}.png",
            **size,
        }
        put(root / f"{shot.name}.json", json.dumps(document, indent=1))
        put(root / f"{shot.name}.png", encoded(shot.name, shot.width, shot.height))
    return root


def write_createml(root: Path, shots: Sequence[Shot]) -> Path:
    """A json for each split beside its pictures."""
    for part in sorted({shot.part for shot in shots}):
        entries = []
        for shot in shots:
            if shot.part != part:
                continue
            found = [
                {
                    "label": name,
                    "coordinates": {"x": (x1 + x2) / 2, "y": (y1 + y2) / 2, "width": x2 - x1, "height": y2 - y1},
                }
                for name, (x1, y1, x2, y2) in shot.boxes
            ]
            entries.append({"image": f"{shot.name}.png", "annotations": found})
            put(root / part / f"{shot.name}.png", encoded(shot.name, shot.width, shot.height))
        put(root / part / "_annotations.createml.json", json.dumps(entries))
    return root


WRITERS: dict[str, Callable[[Path, Sequence[Shot]], Path]] = {
    "voc": write_voc,
    "coco": write_coco,
    "yolo": write_yolo,
    "cvat": write_cvat,
    "labelme": write_labelme,
    "createml": write_createml,
}
ANNOTATIONS = {".xml", ".json", ".txt", ".yaml"}
