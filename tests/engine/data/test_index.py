"""The picture index: written whole or not at all, read by page, told apart by what is in it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from engine.contract.dataset import Box, Index, Picture, Statistics
from engine.contract.text.messages import UserError
from engine.data.dataset_import import import_dataset
from engine.data.findings import info
from engine.data.index import Contents, write_index
from tests.fakes.datasets import shots, write_coco, write_voc

BOXES = (Box(1, 0.1, 0.2, 30.7, 40.123456789, crowd=True), Box(0, 1.0, 2.0, 3.0, 4.0, difficult=True))
PICTURES = tuple(
    Picture(n, f"/data/{n}.png", 64, 48, "train" if n < 8 else "val", f"{n:064}", BOXES if n % 2 else ())
    for n in range(1, 11)
)
CONTENTS = Contents(
    source=Path("/data"),
    format="voc",
    options="{}",
    classes=("zebra", "ant"),
    pictures=PICTURES,
    findings=[info("unlabelled", "f", f"line {n}", count=n) for n in range(7)],
    statistics=Statistics(),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data 数据?#" / "index.sqlite"
    write_index(path, CONTENTS)
    return path


def test_that_what_was_written_is_read_back_exactly(path: Path) -> None:
    with Index.open(path) as index:
        assert tuple(index.pictures()) == PICTURES
        assert index.classes() == ("zebra", "ant")
        assert index.counts() == {"train": 7, "val": 3, "test": 0, "none": 0}
        assert index.findings() == CONTENTS.findings
        assert index.content_hash() == CONTENTS.hash()


def test_that_pictures_and_findings_come_by_page(path: Path) -> None:
    with Index.open(path) as index:
        assert tuple(index.pictures("train", limit=3, offset=2)) == PICTURES[2:5]
        assert tuple(index.pictures("val")) == PICTURES[7:]
        assert index.picture_count() == 10 and index.picture_count("val") == 3
        assert index.findings(limit=2, offset=5) == CONTENTS.findings[5:7]
        assert (index.finding_count(), index.finding_count("error")) == (7, 0)
        assert index.findings(severity="error") == []


def test_that_pictures_can_be_asked_for_by_class(path: Path) -> None:
    one = replace(PICTURES[1], boxes=BOXES[:1])
    write_index(path, replace(CONTENTS, pictures=(PICTURES[0], one, *PICTURES[2:])))
    with Index.open(path) as index:
        assert index.source() == Path("/data")
        assert [picture.id for picture in index.pictures(class_id=0)] == [1, 3, 5, 7, 9]
        assert index.pictures("train", 1, limit=2, offset=1) == [one, PICTURES[2]]
        assert index.picture_count(class_id=1) == 6
        assert [index.picture_count(split, 1) for split in ("train", "val", "test")] == [5, 1, 0]
        assert index.pictures(class_id=7) == []


@pytest.mark.parametrize(
    "changed",
    [
        replace(CONTENTS, classes=("ant", "zebra")),
        replace(CONTENTS, pictures=PICTURES[:-1]),
        replace(CONTENTS, pictures=(replace(PICTURES[0], split="test"), *PICTURES[1:])),
        replace(CONTENTS, pictures=(replace(PICTURES[0], digest="0" * 64), *PICTURES[1:])),
        replace(CONTENTS, pictures=(replace(PICTURES[0], boxes=BOXES[::-1]), *PICTURES[1:])),
        replace(CONTENTS, pictures=(replace(PICTURES[0], boxes=(replace(BOXES[0], x1=0.2),)), *PICTURES[1:])),
    ],
)
def test_that_any_change_of_the_data_changes_the_hash(changed: Contents) -> None:
    assert changed.hash() != CONTENTS.hash()


def test_that_the_same_data_elsewhere_has_the_same_hash(tmp_path: Path) -> None:
    write_voc(tmp_path / "a", shots())
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    hashes = {import_dataset(tmp_path / name, tmp_path / f"{name}.sqlite").content_hash for name in "ab"}
    assert len(hashes) == 1


def test_that_an_import_keeps_pictures_where_they_are(tmp_path: Path) -> None:
    root = write_coco(tmp_path / "data", shots())
    import_dataset(root, tmp_path / "project" / "index.sqlite")
    with Index.open(tmp_path / "project" / "index.sqlite") as index:
        assert all(Path(p.path).is_absolute() and Path(p.path).is_file() for p in index.pictures())
        assert all(root in Path(p.path).parents for p in index.pictures())
    assert [entry.name for entry in (tmp_path / "project").iterdir()] == ["index.sqlite"]


def test_that_a_missing_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="import the data"):
        Index.open(tmp_path / "index.sqlite")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
def test_that_a_broken_index_is_told_and_not_half_read(path: Path, share: float) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(UserError, match="index.sqlite"), Index.open(path) as index:
        index.pictures()
        index.findings()


def test_that_something_else_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_text("pictures: none\n" * 100)
    with pytest.raises(UserError, match="index.sqlite"):
        Index.open(tmp_path / "index.sqlite")


def test_that_another_schema_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")
    connection.commit()
    connection.close()
    with pytest.raises(UserError, match="999"):
        Index.open(path)


def test_that_readers_cannot_write(path: Path) -> None:
    with Index.open(path) as index, pytest.raises(UserError, match="readonly"):
        index._rows("DELETE FROM pictures")


def test_that_a_full_disk_leaves_the_old_index_and_nothing_else(path: Path) -> None:
    before = path.read_bytes()
    code = """
        import resource, sys
        from dataclasses import replace
        from pathlib import Path
        from engine.contract.text.messages import JobFailed
        from engine.contract.dataset import Picture
        from engine.data.index import Contents, write_index
        from engine.contract.dataset import Statistics
        pictures = [Picture(n, "/p" * 50, 9, 9, "train", "0" * 64) for n in range(5000)]
        contents = Contents(Path("/data"), "voc", "{}", ("a",), pictures, [], Statistics())
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            write_index(Path(sys.argv[1]), contents)
        except JobFailed as failed:
            print(failed.message.code)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False)
    assert done.stdout.strip() == "data.index_unwritable", done.stderr
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_that_reading_an_index_needs_no_cv2(path: Path) -> None:
    code = f"""
        import sys
        from pathlib import Path
        from engine.data import dataset_import as importing
        from engine.contract.dataset import Index
        assert len(Index.open(Path({str(path)!r})).pictures()) == 10
        assert not {{"cv2", "paddle"}} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=Path(__file__).parents[3], check=True)


def test_that_pictures_are_found_by_their_digests(path: Path) -> None:
    write_index(path, CONTENTS)
    wanted = [f"{n:064}" for n in (9, 3, 99)]
    with Index.open(path) as index:
        assert index.of_digests(wanted) == [PICTURES[2], PICTURES[8]]
        assert index.of_digests(wanted, "val") == [PICTURES[8]]
        assert index.of_digests([]) == []


def test_that_any_number_of_digests_is_asked_for_at_once(path: Path) -> None:
    digests = [f"{n:064}" for n in range(40_000, 0, -1)]
    with Index.open(path) as index:
        assert tuple(index.of_digests([*digests, digests[-1]])) == PICTURES
        assert tuple(index.of_digests(digests, "val")) == PICTURES[7:]
        assert index.of_digests([]) == []
        assert index.picture_at(PICTURES[4].path) == PICTURES[4] and index.picture_at("/data/none.png") is None


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE meta SET value = '[]' WHERE key = 'statistics'",
        "UPDATE findings SET args = '{'",
        "UPDATE findings SET severity = 'x'",
        "UPDATE meta SET value = x'ff' WHERE key = 'statistics'",
    ],
)
def test_that_a_value_that_cannot_be_is_told_as_a_broken_index(path: Path, broken: str) -> None:
    connection = sqlite3.connect(path)
    with contextlib.closing(connection), connection:
        assert connection.execute(broken).rowcount > 0
    with Index.open(path) as index, pytest.raises(UserError) as caught:
        index.statistics()
        index.findings()
    assert caught.value.message.code == "data.index_broken"


def test_that_the_hash_is_of_each_picture_written_by_itself() -> None:
    wanted = hashlib.sha256(json.dumps([1, ("zebra", "ant")]).encode())
    for picture in PICTURES:
        boxes = [[b.class_id, b.x1, b.y1, b.x2, b.y2, b.difficult, b.crowd] for b in picture.boxes]
        row = [picture.id, picture.digest, picture.width, picture.height, picture.split, boxes]
        wanted.update(json.dumps(row).encode())
    assert CONTENTS.hash() == wanted.hexdigest()
    assert replace(CONTENTS, pictures=PICTURES * 300).hash() != CONTENTS.hash()
