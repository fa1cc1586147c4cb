"""One xml of Pascal VOC: its root, its size, its objects; capitals in tags and namespaces do not matter."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from engine.contract.dataset import Finding
from engine.data.findings import error, warning
from engine.data.readers.values import flag, kind, number
from engine.data.records import SourceBox

_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")


def root_tag(raw: bytes) -> str:
    """The tag of an xml file's root, as it is written; empty when there is none near its beginning."""
    found = _TAG.search(raw[:4096].replace(b"\0", b""))
    return found.group(1).decode("ascii") if found else ""


def parse(text: str) -> tuple[ElementTree.Element, str]:
    """The root with small tags, and its tag as it was written; raises ParseError when it is not whole.

    A root of another name that holds the objects of VOC is an annotation.
    """
    root = ElementTree.fromstring(text)
    tag = _bare(root.tag)
    if root.tag != "annotation" or root.find("object/bndbox") is None:
        for element in root.iter():
            element.tag = _bare(element.tag).lower()
        if root.find(".//object/bndbox") is not None:
            root.tag = "annotation"
    return root, tag


def size(root: ElementTree.Element) -> tuple[int, int] | None:
    """The annotated width and height in pixels, if they are there."""
    width, height = number(root.findtext("size/width")), number(root.findtext("size/height"))
    return (int(width), int(height)) if width and height and min(width, height) >= 1 else None


def objects(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The objects of an annotation, also where a list holds them or they are called otherwise."""
    return root.findall("object") or list(root.iter("object")) or root.findall(".//bndbox/..")


def read_object(element: ElementTree.Element, file: str, place: str) -> SourceBox | Finding:
    """The box of an object, or what is wrong with it."""
    name = (element.findtext("name") or "").strip()
    edges = element.find("bndbox")
    if edges is None:
        return warning("box_unreadable", file, place, action="dropped")
    x1, y1, x2, y2 = (number(edges.findtext(key) or edges.get(key)) for key in ("xmin", "ymin", "xmax", "ymax"))
    if not name or x1 is None or y1 is None or x2 is None or y2 is None:
        return warning("box_unreadable", file, place, action="dropped")
    flags = {field: flag(element.findtext(field)) for field in ("difficult", "ignore", "iscrowd")}
    for field, value in flags.items():
        if value is None:
            found = kind(element.findtext(field))
            return error("flag_unclear", file, place, mend="dropped", field=field, found=found)
    crowd = bool(flags["ignore"] or flags["iscrowd"])
    return SourceBox(name, x1, y1, x2, y2, place, bool(flags["difficult"]), crowd)


def _bare(tag: object) -> str:
    """A tag without its namespace; a comment has none."""
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""
