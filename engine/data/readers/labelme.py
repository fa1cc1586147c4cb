"""Reads labelme: a json beside each picture (or in a folder of its own), with shapes in pixels.

Rectangles, outlines, circles and masks become the box around them; what `group_id` joins tells `labelme_groups`.
Points and lines have no box. Shapes count from 0, as in the file: `shapes[2]`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from engine.data.files import SourceFiles, clean, part_of, without_suffix
from engine.data.findings import error, info, warning
from engine.data.gather.named import Named
from engine.data.readers.cvat import Edges, around
from engine.data.readers.json_kinds import json_kind, load_json
from engine.data.readers.labelme_groups import Shape, join
from engine.data.readers.values import flag, kind, number
from engine.data.records import Records, SourceBox, SourcePicture, settle_classes

_LINES = ("point", "points", "line", "linestrip")
_PARTS = ("polygon", "mask", "circle")


def recognise(files: SourceFiles) -> bool:
    """Whether the folder holds json of labelme."""
    return bool(_documents(files))


def read(files: SourceFiles, wanted: Sequence[str] | None) -> Records:
    """All pictures that have a json; `wanted` sets and orders the classes, else all that occur, sorted."""
    records, named = Records(), Named(files)
    drawn: list[tuple[SourcePicture, list[Shape]]] = []
    for path in _documents(files):
        broken = len(records.findings)
        document = load_json(files, path, records.findings, mend="left_out")
        if len(records.findings) > broken:
            continue
        if isinstance(document, dict) and isinstance(document.get("shapes"), list):
            drawn.append(_picture(named, path, document, records))
        else:
            records.findings.append(error("json_malformed", path, "line 1", mend="left_out"))
    records.findings += [*named.findings(), *join(drawn)]
    records.classes = settle_classes(records, wanted)
    return records


def _documents(files: SourceFiles) -> list[str]:
    return [path for path in files.ending(".json") if json_kind(files, path) == "labelme"]


def _picture(named: Named, path: str, document: dict[str, Any], records: Records) -> tuple[SourcePicture, list[Shape]]:
    """The picture of a json, still without boxes, and its shapes."""
    folder, part = path.rpartition("/")[0], part_of(path.rpartition("/")[0] + "/x")
    parent = folder.rpartition("/")[0]
    inside = document.get("imagePath")
    inside = clean(inside) if isinstance(inside, str) else ""
    near = [folder, *(f"{parent}/{name}".strip("/") for name in ("images", "JPEGImages", "imgs"))]
    found = named.find(path, without_suffix(path.rsplit("/", 1)[-1].rpartition(".")[0]), inside, near, part)
    width, height = number(document.get("imageWidth")), number(document.get("imageHeight"))
    size = (int(width), int(height)) if width and height and min(width, height) >= 1 else None
    picture = SourcePicture(inside or path, found, path, "imagePath", part, size)
    records.pictures.append(picture)
    shapes = []
    for n, shape in enumerate(document["shapes"]):
        box = _box(shape, path, f"shapes[{n}]", records)
        if box is None:
            picture.lost = True
        else:
            shapes.append(Shape(box, shape.get("group_id"), shape.get("shape_type", "polygon") in _PARTS))
    return picture, shapes


def _box(shape: object, path: str, place: str, records: Records) -> SourceBox | None:
    shape = shape if isinstance(shape, dict) else {}
    label, edges = shape.get("label"), _edges(shape)
    if shape.get("shape_type") in _LINES:
        records.findings.append(info("shape_unboxed", path, place, action="dropped", shape=str(shape["shape_type"])))
        return None
    if not isinstance(label, str) or not label.strip() or edges is None:
        records.findings.append(warning("box_unreadable", path, place, action="dropped"))
        return None
    flags = shape.get("flags")
    marks: dict[str, Any] = flags if isinstance(flags, dict) else {}
    given = {field: shape.get(field, marks.get(field)) for field in ("difficult", "iscrowd", "ignore")}
    for field, value in given.items():
        if flag(value) is None:
            found = error("flag_unclear", path, place, mend="dropped", field=field, found=kind(value))
            records.findings.append(found)
            return None
    crowd = bool(flag(given["iscrowd"]) or flag(given["ignore"]))
    return SourceBox(label.strip(), *edges, place, bool(flag(given["difficult"])), crowd)


def _edges(shape: dict[str, Any]) -> Edges | None:
    given = shape.get("points")
    pairs = [pair for pair in given if isinstance(pair, list) and len(pair) == 2] if isinstance(given, list) else []
    points = [(x, y) for x, y in ((number(a), number(b)) for a, b in pairs) if x is not None and y is not None]
    if not isinstance(given, list) or len(points) != len(given) or len(points) < 2:
        return None
    if shape.get("shape_type") == "circle":
        (cx, cy), edge = points[0], points[1]
        radius = math.dist((cx, cy), edge)
        return cx - radius, cy - radius, cx + radius, cy + radius
    return around(points)
