"""Reads "CVAT for images" (1.1): one xml for all pictures, with boxes and outlines in pixels.

The order of the classes is that of CVAT's list of labels, if the xml has one; `subset` is the split. Outlines and
ellipses become the box around them, a turned box the upright one around it. Shapes count from 1 in their picture.
A video's tracks are not read.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence

from engine.contract.dataset import Finding, Part
from engine.data.files import SourceFiles, part_of
from engine.data.findings import error, info, warning
from engine.data.readers.values import flag, kind, number
from engine.data.readers.voc_xml import root_tag
from engine.data.records import Records, SourceBox, SourcePicture, settle_classes

Edges = tuple[float, float, float, float]
_FLAGS = {"difficult": "difficult", "iscrowd": "crowd", "is_crowd": "crowd", "crowd": "crowd", "ignore": "crowd"}


def recognise(files: SourceFiles) -> bool:
    """Whether the folder holds an xml of CVAT's own."""
    return bool(_documents(files))


def read(files: SourceFiles, wanted: Sequence[str] | None) -> Records:
    """All pictures that the xml files list; `wanted` or CVAT's labels set and order the classes."""
    records = Records()
    names: dict[str, None] = {}
    for path in _documents(files):
        try:
            root = ElementTree.fromstring(files.text(path))
        except ElementTree.ParseError as broken:
            line, column = broken.position
            records.findings.append(error("xml_malformed", path, f"line {line}, column {column + 1}"))
            continue
        if root.find("track") is not None:
            records.findings.append(error("cvat_video", path))
            continue
        names.update(dict.fromkeys((label.text or "").strip() for label in root.iterfind("meta//labels/label/name")))
        for element in root.iterfind("image"):
            _picture(files, path, element, records)
    records.classes = tuple(name for name in names if name)
    records.classes = settle_classes(records, wanted)
    return records


def _documents(files: SourceFiles) -> list[str]:
    return [path for path in files.ending(".xml") if root_tag(files.read(path)) == "annotations"]


def _picture(files: SourceFiles, path: str, element: ElementTree.Element, records: Records) -> None:
    name = element.get("name") or ""
    subset = element.get("subset") or ""
    part: Part = part_of(f"{subset}/x") if subset else part_of(name.replace("\\", "/"))
    folder = path.rpartition("/")[0]
    near = [f"{base}/{rest}".strip("/") for base in (folder, "") for rest in (f"images/{subset}", "images", "")]
    place = f'image "{name}"'
    found = files.find(name, near, part) if name else None
    width, height = number(element.get("width")), number(element.get("height"))
    size = (int(width), int(height)) if width and height and min(width, height) >= 1 else None
    picture = SourcePicture(name or place, found, path, place, part, size)
    records.pictures.append(picture)
    for count, shape in enumerate((each for each in element if each.tag != "tag"), 1):
        where = f"{place}, shape {count}"
        label, edges = (shape.get("label") or "").strip(), _edges(shape)
        if shape.tag in ("points", "polyline", "skeleton", "cuboid"):
            records.findings.append(info("shape_unboxed", path, where, action="dropped", shape=shape.tag))
        elif not label or edges is None:
            records.findings.append(warning("box_unreadable", path, where, action="dropped"))
        else:
            flags = _flags(shape)
            unclear = next((found for found in flags if flags[found] is None), None)
            if unclear is None:
                meant = {_FLAGS[name.lower()] for name, value in flags.items() if value}
                picture.boxes.append(SourceBox(label, *edges, where, "difficult" in meant, "crowd" in meant))
                continue
            records.findings.append(_unclear(shape, path, where, unclear))
        picture.lost = True


def _flags(shape: ElementTree.Element) -> dict[str, bool | None]:
    """The attributes of a shape that mark it, by their names; None for one that is neither yes nor no."""
    named = {each.get("name") or "": each.text for each in shape.iterfind("attribute")}
    return {name: flag(text) for name, text in named.items() if name.lower() in _FLAGS}


def _unclear(shape: ElementTree.Element, path: str, place: str, field: str) -> Finding:
    text = next(each.text for each in shape.iterfind("attribute") if each.get("name") == field)
    return error("flag_unclear", path, place, mend="dropped", field=field, found=kind(text))


def _edges(shape: ElementTree.Element) -> Edges | None:
    if shape.tag == "box":
        keys: tuple[str, ...] = ("xtl", "ytl", "xbr", "ybr")
    else:
        keys = {"ellipse": ("cx", "cy", "rx", "ry"), "mask": ("left", "top", "width", "height")}.get(shape.tag, ())
    numbers = [value for value in (number(shape.get(key)) for key in keys) if value is not None]
    if keys and len(numbers) == 4:
        a, b, c, d = numbers
        edges = {"box": (a, b, c, d), "mask": (a, b, a + c, b + d)}.get(shape.tag, (a - c, b - d, a + c, b + d))
        return turned(edges, number(shape.get("rotation")) or 0.0)
    points = [number(word) for word in re.split(r"[;,]", shape.get("points") or "")]
    whole = [value for value in points if value is not None]
    if len(whole) != len(points) or len(whole) < 6 or len(whole) % 2:
        return None
    return around(zip(whole[::2], whole[1::2], strict=True))


def turned(edges: Edges, degrees: float) -> Edges:
    """The upright box around one that is turned about its middle."""
    x1, y1, x2, y2 = edges
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    width, height = x2 - x1, y2 - y1
    across, down = (width * cos + height * sin) / 2, (width * sin + height * cos) / 2
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    return (cx - across, cy - down, cx + across, cy + down) if degrees else edges


def around(points: Iterable[tuple[float, float]]) -> Edges:
    """The box around points."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
