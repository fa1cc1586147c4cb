"""Boxes that were drawn on the stored pixels of pictures that EXIF turns: turned where that is known, else said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.dataset import Finding, Index
from engine.contract.report import Report
from engine.contract.text.messages import UserError
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import Edges, put
from tests.fakes.turned import SEEN, with_orientation

WIDTH, HEIGHT = 160, 128
STORED: Edges = (20.0, 10.0, 70.0, 40.0)
"""A box in the stored frame that fits into the turned one too."""
TURNED: dict[int, Edges] = {
    1: (20, 10, 70, 40), 2: (90, 10, 140, 40), 3: (90, 88, 140, 118), 4: (20, 88, 70, 118),
    5: (10, 20, 40, 70), 6: (88, 20, 118, 70), 7: (88, 90, 118, 140), 8: (10, 90, 40, 140),
}  # fmt: skip
Size = tuple[int, int] | None


def photo(n: int, orientation: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    coarse = np.random.default_rng(n).integers(0, 256, (6, 8, 3), np.uint8)
    picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.NEAREST)
    return with_orientation(picture, orientation, "jpg")


def coco(root: Path, turned: Sequence[tuple[int, Size, Edges]], width: int = WIDTH, height: int = HEIGHT) -> Path:
    """A set of pictures, each with its orientation, its declared size and its one box."""
    images, boxes = [], []
    for n, (orientation, size, (x1, y1, x2, y2)) in enumerate(turned):
        put(root / "images" / f"{n:02}.jpg", photo(n, orientation, width, height))
        declared = {} if size is None else {"width": size[0], "height": size[1]}
        images.append({"id": n, "file_name": f"{n:02}.jpg", **declared})
        boxes.append({"image_id": n, "category_id": 1, "bbox": [x1, y1, x2 - x1, y2 - y1]})
    document = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "sign"}]}
    put(root / "annotations" / "instances_all.json", json.dumps(document))
    return root


def yolo(root: Path, orientations: Sequence[int]) -> Path:
    x1, y1, x2, y2 = STORED
    shares = ((x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT, (x2 - x1) / WIDTH, (y2 - y1) / HEIGHT)
    for n, orientation in enumerate(orientations):
        put(root / "images" / f"{n:02}.jpg", photo(n, orientation))
        put(root / "labels" / f"{n:02}.txt", f"0 {' '.join(map(repr, shares))}\n")
    put(root / "classes.txt", "sign\n")
    return root


def imported(root: Path, index: Path, exif: str | None = None) -> list[Edges]:
    """The boxes of an import with `fix`, by the pictures' names."""
    import_dataset(root, index, fix=True, exif=exif)  # type: ignore[arg-type]
    with Index.open(index) as opened:
        return [(b.x1, b.y1, b.x2, b.y2) for picture in opened.pictures() for b in picture.boxes]


def told(report: Report) -> list[Finding]:
    """All but what is said of every small set."""
    dull = ("split_drawn", "class_names_absent", "split_no_test", "split_val_empty")
    return [finding for finding in report.findings if finding.message.code.removeprefix("data.") not in dull]


def only(report: Report) -> tuple[str, str, dict[str, object]]:
    (found,) = told(report)
    args: dict[str, object] = {key: value for key, value in found.message.args.items() if key in ("count", "of")}
    return found.message.code.removeprefix("data."), found.action, args


def near(boxes: Sequence[Edges], wanted: Sequence[Edges]) -> bool:
    return len(boxes) == len(wanted) and np.allclose(boxes, wanted, atol=1e-6)


def test_that_sizes_tell_the_stored_frame(tmp_path: Path) -> None:
    orientations = [n for n in SEEN if n != 1] * 2
    root = coco(tmp_path / "set", [(n, (WIDTH, HEIGHT), STORED) for n in orientations])
    # Those of 2, 3 and 4 have one size in both frames: the others tell.
    report = check_dataset(root)
    assert {found.message.code: found.message.args["count"] for found in told(report)} == {
        "data.exif_turned": 8,
        "data.exif_followed": 6,
    }
    assert near(imported(root, tmp_path / "i.sqlite"), [TURNED[n] for n in orientations])


def test_that_sizes_of_the_turned_frame_leave_boxes_as_they_are(tmp_path: Path) -> None:
    root = coco(tmp_path / "set", [(6, (HEIGHT, WIDTH), STORED)] * 3 + [(3, (WIDTH, HEIGHT), STORED)])
    assert told(check_dataset(root)) == []
    assert near(imported(root, tmp_path / "i.sqlite"), [STORED] * 4)


def test_that_a_source_may_hold_half_of_each(tmp_path: Path) -> None:
    sizes: list[Size] = [(WIDTH, HEIGHT), (HEIGHT, WIDTH)] * 3
    root = coco(tmp_path / "set", [(8, size, STORED) for size in sizes])
    assert only(check_dataset(root)) == ("exif_turned", "turned", {"count": 3, "of": 6})
    assert near(imported(root, tmp_path / "i.sqlite"), [TURNED[8], STORED] * 3)
    # What a person says is for those that do not tell.
    assert near(imported(root, tmp_path / "j.sqlite", "stored"), [TURNED[8], STORED] * 3)


def test_that_what_does_not_tell_is_not_decided_by_a_source_of_both(tmp_path: Path) -> None:
    sizes: list[Size] = [(WIDTH, HEIGHT), (HEIGHT, WIDTH), None]
    root = coco(tmp_path / "set", [(6, size, STORED) for size in sizes])
    codes = [found.message.code for found in told(check_dataset(root))]
    assert codes == ["data.exif_turned", "data.exif_unclear"]
    assert near(imported(root, tmp_path / "i.sqlite"), [TURNED[6], STORED, STORED])
    assert near(imported(root, tmp_path / "j.sqlite", "stored"), [TURNED[6], STORED, TURNED[6]])


def test_that_boxes_without_sizes_tell_by_where_they_fit(tmp_path: Path) -> None:
    wide: Edges = (100.0, 10.0, 158.0, 40.0)
    root = coco(tmp_path / "set", [(6, None, wide), (6, None, STORED)])
    assert [found.message.code for found in told(check_dataset(root))] == ["data.exif_turned", "data.exif_followed"]
    assert near(imported(root, tmp_path / "i.sqlite"), [(88, 100, 118, 158), TURNED[6]])
    tall: Edges = (10.0, 100.0, 40.0, 158.0)
    root = coco(tmp_path / "other", [(6, None, tall), (6, None, STORED)])
    assert told(check_dataset(root)) == []
    assert near(imported(root, tmp_path / "j.sqlite"), [tall, STORED])


def test_that_one_careless_box_does_not_outweigh_a_size(tmp_path: Path) -> None:
    wide: Edges = (100.0, 10.0, 158.0, 40.0)
    root = coco(tmp_path / "set", [(6, (HEIGHT, WIDTH), wide), (6, (HEIGHT, WIDTH), STORED)])
    assert [found.message.code for found in told(check_dataset(root))] == ["data.box_clipped"]
    assert near(imported(root, tmp_path / "i.sqlite"), [(100, 10, 128, 40), STORED])


def test_that_sizes_are_not_believed_where_the_boxes_contradict(tmp_path: Path) -> None:
    tall: Edges = (10.0, 100.0, 40.0, 158.0)
    root = coco(tmp_path / "set", [(6, (WIDTH, HEIGHT), tall)] * 3 + [(6, (WIDTH, HEIGHT), STORED)])
    assert near(imported(root, tmp_path / "i.sqlite"), [tall, tall, tall, STORED])


@pytest.mark.parametrize("orientation", [n for n in SEEN if n != 1])
def test_that_shares_are_asked_about(tmp_path: Path, orientation: int) -> None:
    root = yolo(tmp_path / "set", [orientation] * 3 + [1])
    report = check_dataset(root)
    assert only(report) == ("exif_unclear", "kept", {"count": 3, "of": 4})
    (found,) = told(report)
    assert found.severity == "warning" and "--exif stored" in found.line()
    assert only(check_dataset(root, fix=True)) == only(report)
    assert told(check_dataset(root, exif="turned")) == []
    assert only(check_dataset(root, exif="stored")) == ("exif_asked", "turned", {"count": 3, "of": 3})
    assert near(imported(root, tmp_path / "i.sqlite", "stored"), [TURNED[orientation]] * 3 + [STORED])
    with pytest.raises(UserError) as refused:
        imported(root, tmp_path / "j.sqlite", "ask")
    assert refused.value.message.code == "data.exif_ask"


def test_that_shares_as_viewers_show_them_stay(tmp_path: Path) -> None:
    (tall,) = set(imported(yolo(tmp_path / "set", [6, 6]), tmp_path / "i.sqlite", "turned"))
    assert near([tall], [(20 / WIDTH * HEIGHT, 10 / HEIGHT * WIDTH, 70 / WIDTH * HEIGHT, 40 / HEIGHT * WIDTH)])


def test_that_square_pictures_and_no_boxes_do_not_tell(tmp_path: Path) -> None:
    root = coco(tmp_path / "set", [(6, (128, 128), STORED)] * 2, 128, 128)
    assert only(check_dataset(root))[0] == "exif_unclear"
    document = json.loads((root / "annotations" / "instances_all.json").read_text())
    put(root / "annotations" / "instances_all.json", json.dumps({**document, "annotations": []}))
    assert all("exif" not in found.message.code for found in check_dataset(root).findings)


def test_that_resized_and_turned_are_told_apart(tmp_path: Path) -> None:
    half: Edges = (10.0, 5.0, 35.0, 20.0)
    root = coco(tmp_path / "set", [(6, (WIDTH // 2, HEIGHT // 2), half)])
    codes = {found.message.code: found.message.args for found in told(check_dataset(root))}
    assert list(codes) == ["data.exif_turned", "data.picture_resized"]
    assert (codes["data.picture_resized"]["annotated"], codes["data.picture_resized"]["real"]) == (
        "80 x 64",
        "160 x 128",
    )
    assert near(imported(root, tmp_path / "i.sqlite"), [TURNED[6]])


def test_that_a_size_of_neither_frame_is_said_and_asked_about(tmp_path: Path) -> None:
    root = coco(tmp_path / "set", [(6, (100, 100), STORED)])
    assert [found.message.code for found in told(check_dataset(root))] == ["data.exif_unclear", "data.picture_resized"]


def test_that_heic_is_named(tmp_path: Path) -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
    root = coco(tmp_path / "set", [(1, (WIDTH, HEIGHT), STORED)] * 3)
    (root / "images" / "00.jpg").unlink()
    put(root / "images" / "00.HEIC", heic)
    put(root / "images" / "01.jpg", heic)
    report = check_dataset(root)
    (found,) = told(report)
    assert (found.message.code, found.mend, found.message.args["count"]) == ("data.pictures_heic", "left_out", 2)
    assert "JPEG" in found.line()
    root = yolo(tmp_path / "phone", [1, 1])
    for n in range(2):
        (root / "images" / f"0{n}.jpg").unlink()
        put(root / "images" / f"0{n}.heic", heic)
    with pytest.raises(UserError) as refused:
        check_dataset(tmp_path / "phone" / "images")
    assert refused.value.message.code == "data.heic_only"
    codes = {found.message.code: found for found in check_dataset(root).findings}
    assert codes["data.pictures_heic"].mend is None and "data.picture_missing" not in codes
    put(root / "images" / "02.jpg", photo(2, 1))
    put(root / "labels" / "02.txt", "0 0.5 0.5 0.2 0.2\n")
    codes = {found.message.code: found for found in check_dataset(root).findings}
    assert codes["data.pictures_heic"].mend == "left_out" and "data.pictures_missing" not in codes


def test_that_stored_sizes_are_not_believed_where_the_only_box_that_tells_contradicts(tmp_path: Path) -> None:
    tall: Edges = (10.0, 100.0, 40.0, 158.0)
    root = coco(tmp_path / "set", [(6, (WIDTH, HEIGHT), tall)] + [(6, (WIDTH, HEIGHT), STORED)] * 9)
    (found,) = told(check_dataset(root))
    assert (found.message.code, found.message.args["count"]) == ("data.exif_sizes_doubted", 10)
    assert near(imported(root, tmp_path / "i.sqlite"), [tall] + [STORED] * 9)
    # Who says that all were drawn on the stored pixels is believed for those that do not tell.
    assert near(imported(root, tmp_path / "j.sqlite", "stored"), [tall] + [TURNED[6]] * 9)
    # One among many that agree with their sizes is careless.
    wide: Edges = (100.0, 10.0, 158.0, 40.0)
    other = coco(tmp_path / "other", [(6, (WIDTH, HEIGHT), tall)] + [(6, (WIDTH, HEIGHT), wide)] * 2)
    assert near(imported(other, tmp_path / "k.sqlite")[1:], [(88, 100, 118, 158)] * 2)
