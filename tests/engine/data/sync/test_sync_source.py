"""What a sync must not take for the labels of the source, and what it must not take for pictures without objects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract.source.changes import SyncCounts
from engine.contract.text.messages import UserError
from engine.data.dataset_import import check_dataset, import_dataset
from engine.data.sync.project_sync import sync_project
from engine.data.writers.coco import coco_of
from tests.fakes.datasets import Shot, shots, write_coco
from tests.fakes.synced import ONE, Desk, codes


def predictions(desk: Desk) -> str:
    """Another tool's json, which names all pictures and more of them than the labels do."""
    paths = list(desk.pictures())
    return json.dumps(
        {
            "images": [{"id": n, "file_name": path} for n, path in enumerate(paths)],
            "annotations": [
                {"id": n, "image_id": n, "category_id": 1, "bbox": [1, 1, 5, 5]} for n, _ in enumerate(paths)
            ],
            "categories": [{"id": 1, "name": "dog"}],
        }
    )


def test_that_a_sync_reads_the_format_that_was_imported(desk: Desk) -> None:
    before = desk.pictures()
    desk.source.label(Shot("shot 03", "train", ()))
    desk.sync()
    desk.source.put("predictions.json", predictions(desk))
    result = desk.sync()
    assert result.changes == SyncCounts() and result.report.format == "yolo" and "format_fuller" in codes(result)
    assert len(desk.pictures()) == len(before)


def test_that_a_format_that_is_gone_is_an_error(desk: Desk) -> None:
    desk.source.put("predictions.json", predictions(desk))
    for path in desk.source.root.glob("labels/*/*.txt"):
        path.unlink()
    with pytest.raises(UserError, match=r"format yolo any more.*\(it fits: coco\)"):
        desk.sync()


def test_that_labels_written_of_the_project_are_not_read_as_its_source(desk: Desk) -> None:
    with desk.open() as index:
        own = json.dumps(coco_of(index))
    desk.source.put("annotations/mine.json", own)
    desk.source.label(Shot("shot 01", "train", ONE))
    result = desk.sync()
    assert result.changes == SyncCounts(relabelled=1) and "export_passed_over" in codes(result)
    report = check_dataset(desk.source.root)
    assert report.format == "yolo" and report.content_hash == result.hash_after


def test_that_labels_written_into_a_coco_source_do_not_count_twice(tmp_path: Path) -> None:
    from engine.contract.dataset import Index
    from engine.contract.project import ProjectFolder

    source, folder = write_coco(tmp_path / "source", shots()), ProjectFolder(tmp_path / "project")
    before = import_dataset(source, folder.index).content_hash
    with Index.open(folder.index) as index:
        (source / "mine.json").write_text(json.dumps(coco_of(index)))
    result = sync_project(folder)
    assert result.hash_after == before and "export_passed_over" in codes(result)


def test_that_a_picture_whose_label_file_is_gone_is_left_out_until_it_is_back(desk: Desk) -> None:
    label = desk.source.root / "labels/train/shot 01.txt"
    text = label.read_text()
    label.unlink()
    result = desk.sync()
    assert result.changes == SyncCounts(gone=1) and "label_gone" in codes(result)
    assert not {"unlabelled", "unlabelled_amid", "label_astray"} & set(codes(result))
    assert "shot 01" not in desk.parts()
    assert "label_gone" in codes(desk.sync()) and "shot 01" not in desk.parts(), "the next sync knows it too"
    desk.source.put("labels/train/shot 01.txt", text)
    assert "label_gone" not in codes(desk.sync()) and desk.parts()["shot 01"] == "train"


def test_that_an_empty_label_file_says_that_nothing_is_to_be_seen(desk: Desk) -> None:
    desk.source.put("labels/train/shot 01.txt", "")
    result = desk.sync()
    assert result.changes == SyncCounts(relabelled=1) and "label_gone" not in codes(result)
    assert desk.classes_of("images/train/shot 01.png") == []


def test_that_a_picture_that_never_had_a_label_stays_without_boxes(tmp_path: Path) -> None:
    desk = Desk(tmp_path, shots())
    (desk.source.root / "labels/train/shot 01.txt").unlink()
    again = Desk.__new__(Desk)
    again.source, again.folder = desk.source, type(desk.folder)(tmp_path / "again")
    import_dataset(desk.source.root, again.folder.index)
    assert again.sync().changes == SyncCounts() and again.parts()["shot 01"] == "train"


def test_that_corrected_labels_hold_without_a_label_file(desk: Desk) -> None:
    desk.correct("images/train/shot 01.png", *ONE)
    (desk.source.root / "labels/train/shot 01.txt").unlink()
    assert "label_gone" not in codes(desk.sync())
    assert desk.classes_of("images/train/shot 01.png") == ["dog"]


def test_that_an_empty_val_stops_a_sync(desk: Desk) -> None:
    before = desk.folder.index.read_bytes()
    for name in ("shot 06", "shot 07"):
        desk.source.move(name, "val", name, "train")
    with pytest.raises(UserError, match="no picture of val is left"):
        desk.sync()
    assert desk.folder.index.read_bytes() == before


def test_that_only_what_was_trained_on_is_said_to_have_been_seen(desk: Desk) -> None:
    desk.source.move("shot 06", "val", "shot 06", "train")
    desk.source.move("shot 00", "train", "shot 00", "val")
    told = {f.message.code: f.message.text() for f in desk.sync().report.findings if "split_moved" in f.message.code}
    assert "have seen" in told["data.split_moved_seen"] and "no longer in train" in told["data.split_moved_seen"]
    assert "have seen" not in told["data.split_moved"] and "no longer in val" in told["data.split_moved"]


def test_that_numbers_that_mean_other_classes_are_told_with_both_names(desk: Desk) -> None:
    desk.source.name_classes(["dog", "car", "tree"])
    (told,) = [f for f in desk.sync().report.findings if f.message.code == "data.numbers_changed"]
    assert told.severity == "warning" and "0: car -> dog, 1: dog -> car" in told.message.text()
    assert "numbers_changed" not in codes(desk.sync())


def test_that_a_list_that_contradicts_the_names_that_were_asked_for_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path, shots())
    (desk.source.root / "data.yaml").unlink()
    import_dataset(desk.source.root, desk.folder.index, classes=("car", "dog", "tree"))
    assert "numbers_changed" not in codes(desk.sync())
    desk.source.put("classes.txt", "tree\ndog\ncar\n")
    (told,) = [f for f in desk.sync(look=True).report.findings if f.message.code == "data.numbers_changed"]
    assert "0: car -> tree" in told.message.text()
