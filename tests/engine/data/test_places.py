"""The picture that a finding is of, and where a picture stands in a list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract.dataset import Index
from engine.contract.source.places import annotated_in, place_of
from engine.data.dataset_import import import_dataset
from tests.fakes.datasets import Shot, shots, write_coco, write_voc


@pytest.fixture
def voc(tmp_path: Path) -> Iterator[Index]:
    pictures = [*shots(), Shot("bare 100%", "train", ())]
    import_dataset(write_voc(tmp_path / "voc", pictures), tmp_path / "index.sqlite")
    with Index.open(tmp_path / "index.sqlite") as index:
        yield index


def test_that_a_picture_stands_where_the_list_shows_it(voc: Index) -> None:
    for split, class_id in ((None, None), ("val", None), ("train", 1), (None, 2)):
        listed = voc.pictures(split, class_id)  # type: ignore[arg-type]
        assert [place_of(voc, each.path, split, class_id) for each in listed] == list(range(len(listed)))  # type: ignore[arg-type]
    train = voc.pictures("train")[0]
    assert place_of(voc, train.path, "val") == place_of(voc, "/nowhere.png") == -1


def test_that_a_file_of_one_picture_finds_it_and_its_place_the_box(voc: Index) -> None:
    picture = voc.pictures("val")[1]
    box = picture.boxes[2]
    assert annotated_in(voc, box.file, box.place) == (picture, 2)
    assert annotated_in(voc, box.file, "object 99") == (picture, None)
    assert annotated_in(voc, box.file) == (picture, None)


def test_that_a_picture_finds_itself_and_a_file_without_boxes_the_one_of_its_name(voc: Index) -> None:
    bare = next(picture for picture in voc.pictures() if not picture.boxes)
    assert annotated_in(voc, "Annotations/bare 100%.xml", "object 1") == (bare, None)
    assert annotated_in(voc, str(Path(bare.path).relative_to(voc.source()))) == (bare, None)
    assert annotated_in(voc, "Annotations/gone.xml") is annotated_in(voc, "") is None


def test_that_a_file_of_many_pictures_needs_the_place(tmp_path: Path) -> None:
    import_dataset(write_coco(tmp_path / "coco", shots()), tmp_path / "index.sqlite")
    with Index.open(tmp_path / "index.sqlite") as index:
        picture = index.pictures("train")[3]
        box = picture.boxes[1]
        assert annotated_in(index, box.file, box.place) == (picture, 1)
        assert annotated_in(index, box.file) is None
