"""Lists of VOC that name a picture by what several are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.dataset import Index
from engine.contract.text.messages import UserError
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import Shot, encoded, put, voc_xml
from tests.fakes.reports import codes, only


def source(root: Path, listed: str) -> Path:
    """Two folders of one name each, and others; `listed` are those to train on."""
    for n, name in enumerate(["x/0", "y/0", "x/1", "y/2", "3", "4"]):
        put(root / "JPEGImages" / f"{name}.png", encoded(name))
        shot = Shot(name.rsplit("/", 1)[-1], boxes=(("car", (5.0 + n, 5, 30, 20)),))
        put(root / "Annotations" / f"{name}.xml", voc_xml(shot))
    put(root / "ImageSets" / "Main" / "train.txt", listed)
    put(root / "ImageSets" / "Main" / "val.txt", "3\n4\n")
    return root


@pytest.mark.parametrize("fix", [False, True])
def test_that_a_name_of_two_folders_stops(tmp_path: Path, fix: bool) -> None:
    root = source(tmp_path / "data", "0\n1\n2\n")
    found = only(check_dataset(root), "listed_ambiguous")
    assert (found.file, found.place) == ("ImageSets/Main/train.txt", "line 1")
    with pytest.raises(UserError, match="x/0.xml and Annotations/y/0.xml"):
        import_dataset(root, tmp_path / "index.sqlite", fix=fix)


def test_that_the_folder_before_the_name_tells_them_apart(tmp_path: Path) -> None:
    report = import_dataset(source(tmp_path / "data", "x/0\ny/0\n1\n2\n"), tmp_path / "index.sqlite")
    with Index.open(tmp_path / "index.sqlite") as index:
        held = {
            Path(picture.path).relative_to(tmp_path / "data" / "JPEGImages").as_posix(): picture
            for picture in index.pictures()
        }
    assert {name: picture.boxes[0].x1 for name, picture in held.items() if picture.split == "train"} == {
        **{"x/0.png": 5, "y/0.png": 6, "x/1.png": 7, "y/2.png": 8}
    }
    assert "listed_ambiguous" not in codes(report)
