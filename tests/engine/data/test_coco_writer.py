"""A project's labels as COCO json: read back they are the same boxes, in the same splits and classes."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

from engine.contract.dataset import Box, Index
from engine.data.dataset_import import import_dataset
from engine.data.writers.coco import coco_of
from tests.fakes.datasets import CLASSES, Shot, put, shots, write_voc


def odd_shots() -> list[Shot]:
    """Boxes whose edges have as many digits as floats have."""
    chance = random.Random(1)

    def box() -> tuple[float, float, float, float]:
        x, y = chance.uniform(0, 30), chance.uniform(0, 20)
        return x, y, x + chance.uniform(1, 30), y + chance.uniform(1, 20)

    return [replace(shot, boxes=tuple((name, box()) for name in CLASSES)) for shot in shots()]


def exported(tmp_path: Path) -> tuple[Path, Index]:
    source = write_voc(tmp_path / "source", odd_shots())
    xml = source / "Annotations" / "shot 00.xml"
    xml.write_text(xml.read_text().replace("<difficult>0", "<difficult>1", 1))
    import_dataset(source, tmp_path / "index.sqlite")
    return source, Index.open(tmp_path / "index.sqlite")


def plain(box: Box) -> Box:
    return replace(box, file="", place="")


def test_that_what_is_read_back_has_the_same_boxes(tmp_path: Path) -> None:
    source, before = exported(tmp_path)
    back = tmp_path / "back"
    for part in ("train", "val", "test"):
        document = coco_of(before, part)
        put(back / "annotations" / f"instances_{part}.json", json.dumps(document))
    shutil.copytree(source / "JPEGImages", back / "JPEGImages")
    import_dataset(back, tmp_path / "again.sqlite")
    again = Index.open(tmp_path / "again.sqlite")
    assert again.classes() == before.classes() and again.content_hash() == before.content_hash()
    for old, new in zip(before.pictures(), again.pictures(), strict=True):
        assert tuple(map(plain, old.boxes)) == tuple(map(plain, new.boxes))
    assert sum(box.difficult and not box.crowd for picture in again.pictures() for box in picture.boxes) == 1


def test_that_flags_and_ids_stand_as_other_programs_know_them(tmp_path: Path) -> None:
    _, index = exported(tmp_path)
    document = coco_of(index)
    assert document == coco_of(index)
    assert [image["id"] for image in document["images"]] == list(range(1, 11))
    assert document["images"][0]["file_name"] == "JPEGImages/shot 00.png"
    assert [each["name"] for each in document["categories"]] == list(index.classes())
    assert [each.get("ignore", 0) for each in document["annotations"][:3]] == [1, 0, 0]
    assert len(coco_of(index, "val")["images"]) == 2
