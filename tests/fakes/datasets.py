"""Small datasets, written out in each of the formats that an import understands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import cv2
import numpy as np

CLASSES = ("car", "dog", "tree")
Edges = tuple[float, float, float, float]


@dataclass(frozen=True)
class Shot:
    """A picture to be written: its name without ending, its split, its boxes as (class, edges in pixels)."""

    name: str
    part: str = "train"
    boxes: tuple[tuple[str, Edges], ...] = (("car", (4.0, 6.0, 30.0, 40.0)),)
    width: int = 64
    height: int = 48


def shots(train: int = 6, val: int = 2, test: int = 2) -> list[Shot]:
    """Pictures of all three splits, each with one box of every class."""
    parts = ["train"] * train + ["val"] * val + ["test"] * test
    boxes = tuple((name, (4.0 * n, 5.0, 4.0 * n + 20.0, 30.0 + n)) for n, name in enumerate(CLASSES, 1))
    return [Shot(f"shot {n:02}", part, boxes) for n, part in enumerate(parts)]


def encoded(name: str, width: int = 64, height: int = 48, ending: str = ".png") -> bytes:
    """A picture that resembles no picture of another name."""
    generator = np.random.default_rng(list(name.encode()))
    coarse = generator.integers(0, 256, (6, 8, 3), np.uint8)
    pixels = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    return bytes(cv2.imencode(ending, pixels)[1].tobytes())


def put(path: Path, content: bytes | str) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def voc_xml(shot: Shot, ending: str = ".png") -> str:
    """The annotation of one picture as LabelImg writes it, with a path of somebody else's machine."""
    objects = "".join(
        f"<object>\n<name>{escape(name)}</name><difficult>0</difficult><bndbox>"
        + "".join(f"<{key}>{edge!r}</{key}>" for key, edge in zip(VOC_EDGES, edges, strict=True))
        + "</bndbox>\n</object>\n"
        for name, edges in shot.boxes
    )
    size = f"<size><width>{shot.width}</width><height>{shot.height}</height><depth>3</depth></size>"
    return (
        f"<annotation>\n<filename>{escape(shot.name)}{ending}</filename>"
        f"<path>C:\\Users\\me\\elsewhere\\{escape(shot.name)}{ending}</path>\n{size}\n{objects}</annotation>\n"
    )


VOC_EDGES = ("xmin", "ymin", "xmax", "ymax")


def write_voc(root: Path, pictures: Sequence[Shot], ending: str = ".png") -> Path:
    """`Annotations`, `JPEGImages` and, for pictures with a split, `ImageSets/Main`."""
    for shot in pictures:
        put(root / "JPEGImages" / f"{shot.name}{ending}", encoded(shot.name, shot.width, shot.height, ending))
        put(root / "Annotations" / f"{shot.name}.xml", voc_xml(shot, ending))
    for part in {shot.part for shot in pictures} - {"none"}:
        names = "".join(f"{shot.name}\n" for shot in pictures if shot.part == part)
        put(root / "ImageSets" / "Main" / f"{part}.txt", names)
    return root


def coco_document(pictures: Sequence[Shot], classes: Sequence[str] = CLASSES) -> dict[str, object]:
    """A COCO document with ids that are neither small nor in order."""
    ids = {name: 900 - 7 * n for n, name in enumerate(reversed(classes))}
    images, annotations = [], []
    for n, shot in enumerate(pictures):
        size = {"width": shot.width, "height": shot.height}
        images.append({"id": 5000 - 3 * n, "file_name": f"{shot.name}.png", **size})
        for name, (x1, y1, x2, y2) in shot.boxes:
            box = {"bbox": [x1, y1, x2 - x1, y2 - y1], "iscrowd": 0}
            annotations.append({"image_id": 5000 - 3 * n, "category_id": ids[name], **box})
    categories = [{"id": key, "name": name} for name, key in ids.items()]
    return {"images": images, "annotations": annotations, "categories": categories}


def write_coco(root: Path, pictures: Sequence[Shot]) -> Path:
    """`annotations/instances_PART.json` and `images/PART/`; all in one json for pictures without a split."""
    for part in sorted({shot.part for shot in pictures}):
        chosen = [shot for shot in pictures if shot.part == part]
        name = "all" if part == "none" else part
        put(root / "annotations" / f"instances_{name}.json", json.dumps(coco_document(chosen)))
        for shot in chosen:
            put(
                root / "images" / name / f"{shot.name}.png",
                encoded(shot.name, shot.width, shot.height),
            )
    return root


def yolo_lines(shot: Shot, classes: Sequence[str] = CLASSES) -> str:
    """The labels of one picture, in as many digits as floats have."""
    lines = []
    for name, (x1, y1, x2, y2) in shot.boxes:
        centre = ((x1 + x2) / 2 / shot.width, (y1 + y2) / 2 / shot.height)
        shares = (*centre, (x2 - x1) / shot.width, (y2 - y1) / shot.height)
        lines.append(" ".join([str(classes.index(name)), *map(repr, shares)]))
    return "\n".join(lines)


def write_yolo(root: Path, pictures: Sequence[Shot]) -> Path:
    """`images/PART`, `labels/PART` and a `data.yaml` that names the classes."""
    for shot in pictures:
        picture = encoded(shot.name, shot.width, shot.height)
        put(root / "images" / shot.part / f"{shot.name}.png", picture)
        put(root / "labels" / shot.part / f"{shot.name}.txt", yolo_lines(shot))
    put(root / "data.yaml", f"names: {json.dumps(CLASSES)}\n")
    return root
