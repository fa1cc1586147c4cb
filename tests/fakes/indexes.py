"""Short ways to ask a picture index."""

from __future__ import annotations

from pathlib import Path

from engine.contract.dataset import Index, Picture


def pictures_by_name(path: Path) -> dict[str, Picture]:
    """Every picture of an index by its name without ending."""
    with Index.open(path) as index:
        return {Path(picture.path).stem: picture for picture in index.pictures()}


def boxes_by_picture(path: Path) -> dict[str, list[str]]:
    """The classes of the boxes of every picture."""
    with Index.open(path) as index:
        classes = index.classes()
    return {name: [classes[box.class_id] for box in p.boxes] for name, p in pictures_by_name(path).items()}
