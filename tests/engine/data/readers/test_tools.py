"""What labelling tools write of their own: CVAT's xml, labelme, Create ML as LabelImg and Roboflow export it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract.dataset import Picture
from engine.contract.text.messages import UserError
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import Shot, encoded, put, shots, write_coco
from tests.fakes.indexes import boxes_by_picture, pictures_by_name
from tests.fakes.reports import codes, only


def cvat(root: Path, *shapes: str, meta: str = "", attributes: str = "") -> Path:
    """A set of CVAT's with these shapes in its picture `odd`."""
    rows = []
    for shot in [*shots(6, 0, 0), Shot("odd", boxes=())]:
        put(root / "images" / f"{shot.name}.png", encoded(shot.name))
        boxes = "".join(
            f'<box label="{name}" occluded="0" xtl="{e[0]}" ytl="{e[1]}" xbr="{e[2]}" ybr="{e[3]}"></box>'
            for name, e in shot.boxes
        )
        inner = "".join(shapes) if shot.name == "odd" else boxes
        rows.append(f'<image id="1" name="{shot.name}.png" width="64" height="48" {attributes}>{inner}</image>')
    put(root / "annotations.xml", f"<annotations><version>1.1</version>{meta}{''.join(rows)}</annotations>")
    return root


def odd(root: Path, index: Path) -> Picture:
    import_dataset(root, index)
    return pictures_by_name(index)["odd"]


def edges(picture: Picture) -> list[tuple[float, float, float, float]]:
    return [(box.x1, box.y1, box.x2, box.y2) for box in picture.boxes]


def test_that_cvat_for_images_is_read(tmp_path: Path) -> None:
    root = cvat(tmp_path, '<box label="car" xtl="1" ytl="2" xbr="3" ybr="4"/>')
    report = check_dataset(root)
    assert (report.format, report.classes, codes(report)) == ("cvat", ("car", "dog", "tree"), [])
    assert sum(split.boxes for split in report.statistics.splits.values()) == 19


def test_that_the_order_of_cvats_labels_is_kept_and_its_subset_is_the_split(tmp_path: Path) -> None:
    labels = "".join(f"<label><name>{name}</name></label>" for name in ("tree", "dog", "car"))
    meta = f"<meta><job><labels>{labels}</labels></job></meta>"
    box = '<box label="car" xtl="1" ytl="2" xbr="3" ybr="4"/>'
    report = check_dataset(cvat(tmp_path, box, meta=meta, attributes='subset="Train"'))
    assert report.classes == ("tree", "dog", "car")
    assert "split_val_taken" in [finding.message.code[5:] for finding in report.findings]


def test_that_cvats_shapes_are_boxes_around_them(tmp_path: Path) -> None:
    root = cvat(
        tmp_path / "data",
        '<polygon label="car" points="5.0,6.0;20.0,8.0;10.0,30.0"/>',
        '<ellipse label="dog" cx="30" cy="20" rx="10" ry="5"/>',
        '<box label="car" xtl="10" ytl="10" xbr="30" ybr="20" rotation="90.0"/>',
        '<mask label="dog" rle="1" left="4" top="5" width="6" height="7"/>',
        '<box label="tree" xtl="1" ytl="2" xbr="30" ybr="40"><attribute name="difficult">true</attribute></box>',
        '<points label="car" points="1,2;3,4"/>',
    )
    picture = odd(root, tmp_path / "index.sqlite")
    assert edges(picture)[:4] == [
        (5, 6, 20, 30),
        (20, 15, 40, 25),
        pytest.approx((15, 5, 25, 25)),
        (4, 5, 10, 12),
    ]
    assert [box.difficult for box in picture.boxes] == [False] * 4 + [True]
    assert only(check_dataset(root), "shape_unboxed").place == 'image "odd.png", shape 6'


def test_that_a_video_of_cvat_says_what_to_export(tmp_path: Path) -> None:
    put(tmp_path / "images" / "a.png", encoded("a"))
    put(tmp_path / "annotations.xml", '<annotations><track id="0" label="car"></track></annotations>')
    assert "CVAT for images" in only(check_dataset(tmp_path), "cvat_video").line()


def shape(label: str, points: list[list[float]], kind: str = "rectangle", **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}, **more}


def labelme(root: Path, *shapes: dict[str, Any], folder: str = "") -> Path:
    """A labelme set with these shapes in its picture `odd`."""
    for shot in [*shots(6, 0, 0), Shot("odd", boxes=())]:
        boxes = [shape(name, [[e[2], e[3]], [e[0], e[1]]]) for name, e in shot.boxes]
        document = {
            **{"version": "5.4.1", "flags": {}, "shapes": list(shapes) if shot.name == "odd" else boxes},
            **{"imagePath": f"..\\elsewhere\\{shot.name}.png", "imageData": None, "imageHeight": 48, "imageWidth": 64},
        }
        put(root / f"{shot.name}.png", encoded(shot.name))
        put(root / folder / f"{shot.name}.json", json.dumps(document))
    return root


@pytest.mark.parametrize("folder", ["", "json"])
def test_that_labelme_is_read(tmp_path: Path, folder: str) -> None:
    report = check_dataset(labelme(tmp_path, shape("car", [[1, 2], [30, 40]]), folder=folder))
    assert (report.format, report.classes, codes(report)) == ("labelme", ("car", "dog", "tree"), [])
    assert sum(split.boxes for split in report.statistics.splits.values()) == 19


def test_that_labelmes_shapes_are_boxes_around_them(tmp_path: Path) -> None:
    root = labelme(
        tmp_path / "data",
        shape("car", [[5, 6], [20, 8], [10, 30]], "polygon"),
        shape("dog", [[30, 20], [30, 26]], "circle"),
        shape("tree", [[1, 1], [5, 5]], "polygon", group_id=3),
        shape("tree", [[10, 10], [20, 15]], "polygon", group_id=3),
        shape("car", [[1, 2], [8, 9]], flags={"difficult": True}),
        shape("car", [[7, 7]], "point"),
    )
    picture = odd(root, tmp_path / "index.sqlite")
    assert edges(picture) == [(5, 6, 20, 30), (24, 14, 36, 26), (1, 1, 20, 15), (1, 2, 8, 9)]
    assert [box.difficult for box in picture.boxes] == [False, False, False, True]
    assert only(check_dataset(root), "shape_unboxed").place == "shapes[5]"


def createml(root: Path, *, one_file: bool, image: str = "image", boxes: str = "annotations") -> Path:
    entries: list[dict[str, Any]] = []
    for shot in shots(6, 0, 0):
        put(root / f"{shot.name}.png", encoded(shot.name))
        found = []
        for name, e in shot.boxes:
            middle = {"x": (e[0] + e[2]) / 2, "y": (e[1] + e[3]) / 2}
            found.append({"label": name, "coordinates": {**middle, "width": e[2] - e[0], "height": e[3] - e[1]}})
        entries.append({image: f"{shot.name}.png", boxes: found, "verified": False})
    if one_file:
        put(root / "_annotations.createml.json", json.dumps(entries))
    for entry in () if one_file else entries:
        put(root / f"{Path(entry[image]).stem}.json", json.dumps([entry]))
    return root


@pytest.mark.parametrize("one_file", [True, False])
@pytest.mark.parametrize(("image", "boxes"), [("image", "annotations"), ("imagefilename", "annotation")])
def test_that_create_ml_is_read(tmp_path: Path, one_file: bool, image: str, boxes: str) -> None:
    root = createml(tmp_path / "data", one_file=one_file, image=image, boxes=boxes)
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert (report.format, report.classes, codes(report)) == ("createml", ("car", "dog", "tree"), [])
    assert set(map(tuple, boxes_by_picture(tmp_path / "index.sqlite").values())) == {("car", "dog", "tree")}
    shot = shots(6, 0, 0)[0]
    assert edges(pictures_by_name(tmp_path / "index.sqlite")["shot 00"]) == [e for _, e in shot.boxes]


SPOILERS = [b"", b"\0", b"\xff", b"<", b"}", b",", b"-", b"1e999", b"9" * 400, b"nan", b'"', b"null", b"[]", b"true"]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_that_no_damage_to_what_a_tool_wrote_ends_in_anything_but_a_finding(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "data"
        makers: list[Callable[[Path], Path]] = [cvat, labelme, lambda root: createml(root, one_file=True)]
        data.draw(st.sampled_from(makers))(root)
        path = data.draw(st.sampled_from(sorted(path for path in root.rglob("*") if path.suffix in (".xml", ".json"))))
        raw = path.read_bytes()
        first = data.draw(st.integers(0, len(raw)))
        last = data.draw(st.integers(first, min(first + 12, len(raw))))
        path.write_bytes(raw[:first] + data.draw(st.sampled_from(SPOILERS)) + raw[last:])
        try:
            report = check_dataset(root, fix=data.draw(st.booleans()))
        except UserError:
            return
        assert all(finding.line("zh") for finding in report.findings)


@pytest.mark.parametrize("maker", [cvat, labelme])
def test_that_a_broken_file_of_a_tool_is_a_finding(tmp_path: Path, maker: Any) -> None:
    root = maker(tmp_path)
    for path in [*root.rglob("*.xml"), *root.rglob("odd.json")]:
        path.write_bytes(path.read_bytes()[:-25])
    assert check_dataset(root).has_errors


def test_that_half_a_letter_in_a_name_breaks_no_report(tmp_path: Path) -> None:
    write_coco(tmp_path, shots(6, 2, 0))
    for path in tmp_path.glob("annotations/*.json"):
        path.write_text(path.read_text().replace('"dog"', '"do\\ud800"'))
    report = check_dataset(tmp_path)
    assert "do\ufffd" in report.classes and report.model_dump_json()


@pytest.mark.parametrize("field", ["ignore", "Difficult", "is_crowd"])
def test_that_a_mark_of_cvat_that_could_mean_anything_is_named(tmp_path: Path, field: str) -> None:
    edges = 'xtl="1" ytl="2" xbr="30" ybr="40"'
    marked = f'<box label="car" {edges}><attribute name="{field}">maybe</attribute></box>'
    other = '<box label="car" xtl="31" ytl="2" xbr="50" ybr="40"><attribute name="colour">maybe</attribute></box>'
    root = cvat(tmp_path / "data", marked, other)
    found = only(check_dataset(root), "flag_unclear")
    assert (found.place, found.message.args["field"]) == ('image "odd.png", shape 1', field)
    import_dataset(root, tmp_path / "index.sqlite", fix=True)
    assert [box.x1 for box in pictures_by_name(tmp_path / "index.sqlite")["odd"].boxes] == [31]
