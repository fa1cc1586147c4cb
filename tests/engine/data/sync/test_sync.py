"""A sync takes in what changed, and keeps what was decided: splits, the order of classes, options, corrections."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from engine.contract.source.changes import SyncCounts
from engine.contract.text.messages import JobFailed, UserError
from engine.data import pictures
from engine.data.dataset_import import check_dataset
from engine.data.sync import look
from tests.fakes.datasets import Shot, encoded, shots, write_coco, write_voc
from tests.fakes.synced import ONE, Desk, codes


def test_that_a_source_that_did_not_change_changes_nothing(desk: Desk) -> None:
    before = desk.pictures()
    result = desk.sync()
    assert result.changes == SyncCounts() and not result.changes.any and result.examples == ()
    assert result.hash_before == result.hash_after and desk.pictures() == before and result.written


def test_that_corrected_labels_added_and_deleted_pictures_are_taken_in(desk: Desk) -> None:
    desk.source.label(Shot("shot 01", "train", ONE))
    desk.source.write(Shot("shot 99", "val", ONE))
    desk.source.remove("shot 02", "train")
    result = desk.sync()
    assert result.changes == SyncCounts(added=1, relabelled=1, gone=1)
    told = {example.kind: (example.path, example.before, example.after) for example in result.examples}
    assert told["relabelled"] == ("images/train/shot 01.png", "1 car, 1 dog, 1 tree", "1 dog")
    assert told["added"] == ("images/val/shot 99.png", "", "val")
    assert told["gone"] == ("images/train/shot 02.png", "train", "")
    assert desk.classes_of("images/train/shot 01.png") == ["dog"]
    assert desk.parts()["shot 99"] == "val" and "shot 02" not in desk.parts()


def test_that_what_is_taken_in_is_what_an_import_would_give(desk: Desk) -> None:
    desk.source.label(Shot("shot 01", "train", ONE))
    desk.source.write(Shot("a new one", "test", ONE))
    desk.source.remove("shot 08", "test")
    assert desk.sync().hash_after == check_dataset(desk.source.root).content_hash


def test_that_looking_tells_the_same_and_writes_nothing(desk: Desk) -> None:
    before = desk.folder.index.read_bytes()
    desk.source.write(Shot("shot 99", "val", ONE), likeness="shot 00")
    seen = desk.sync(look=True)
    assert not seen.written and desk.folder.index.read_bytes() == before
    assert [(mend.message.code, mend.action, mend.count) for mend in seen.mends] == [("data.split_leak", "left_out", 1)]
    done = desk.sync()
    assert (done.changes, done.examples, done.hash_after) == (seen.changes, seen.examples, seen.hash_after)


def test_that_looking_tells_all_errors_with_what_would_mend_them(desk: Desk) -> None:
    desk.source.put("images/train/shot 03.png", "no picture")
    desk.source.put("labels/train/shot 04.txt", "9 .5 .5 .2 .2\n0 .5 .5 .2 .2\n")
    seen = desk.sync(look=True)
    assert seen.report.has_errors
    assert {mend.message.code for mend in seen.mends} == {"data.picture_unreadable", "data.class_unknown"}


def test_that_classes_in_another_order_mean_what_they_meant(desk: Desk) -> None:
    before = desk.pictures()
    desk.source.name_classes(["tree", "dog", "car"])
    for shot in shots():
        desk.source.label(shot)
    result = desk.sync()
    assert result.changes == SyncCounts() and result.report.classes == ("car", "dog", "tree")
    assert {path: picture.boxes for path, picture in desk.pictures().items()} == {
        path: picture.boxes for path, picture in before.items()
    }


def test_that_a_class_that_vanished_stays_in_its_place(desk: Desk) -> None:
    desk.source.name_classes(["car", "tree"])
    for shot in shots():
        desk.source.label(replace(shot, boxes=(("tree", (4.0, 6.0, 30.0, 40.0)),)))
    assert desk.sync().report.classes == ("car", "dog", "tree")
    assert {box.class_id for picture in desk.pictures().values() for box in picture.boxes} == {2}


def test_that_a_new_class_stops_with_what_to_do_unless_no_box_has_it(desk: Desk) -> None:
    desk.source.name_classes(["car", "dog", "tree", "bus"])
    assert "class_new_unused" in codes(desk.sync())
    before = desk.folder.index.read_bytes()
    desk.source.label(Shot("shot 01", "train", (("bus", (4.0, 6.0, 30.0, 40.0)),)))
    with pytest.raises(UserError, match=r"shot 01\.txt, line 1: the class bus .*make a new project"):
        desk.sync()
    assert desk.folder.index.read_bytes() == before
    assert desk.sync(look=True).report.has_errors


def test_that_a_broken_annotation_leaves_the_index_as_it_was(desk: Desk) -> None:
    before = desk.folder.index.read_bytes()
    desk.source.write(Shot("shot 99", "val", ONE))
    desk.source.put("labels/train/shot 03.txt", "9 .5 .5 .2 .2\n0 .5 .5 .2 .2\n")
    with pytest.raises(UserError, match=r"shot 03\.txt"):
        desk.sync()
    assert desk.folder.index.read_bytes() == before


def test_that_mending_goes_on_as_it_was_asked(tmp_path: Path) -> None:
    desk = Desk(tmp_path, shots(), fix=True)
    desk.source.write(Shot("twin", "train", ONE), likeness="shot 06")
    desk.source.put("labels/train/shot 03.txt", "9 .5 .5 .2 .2\n0 .5 .5 .2 .2\n")
    result = desk.sync()
    assert result.report.fixed and not result.mends
    assert desk.parts()["twin"] == "none" and desk.classes_of("images/train/shot 03.png") == ["car"]
    desk.source.remove("shot 06", "val")
    desk.sync()
    assert desk.parts()["twin"] == "train", "the copy is in use again, in the split that it was given"
    assert desk.sync().changes == SyncCounts()


def test_that_mending_can_be_asked_for_from_now_on(desk: Desk) -> None:
    desk.source.write(Shot("twin", "train", ONE), likeness="shot 06")
    assert desk.sync().mends and not desk.sync(fix=True).mends
    assert desk.parts()["twin"] == "none" and desk.sync().report.fixed


def test_that_only_files_that_changed_are_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    kept = pictures.probe_all

    def probe_all(paths: list[str], progress: object) -> object:
        opened.extend(Path(path).name for path in paths)
        return kept(paths)

    monkeypatch.setattr(look, "probe_all", probe_all)
    desk.source.label(Shot("shot 01", "train", ONE))
    desk.sync()
    assert opened == []
    os.utime(desk.source.root / "images/train/shot 03.png", ns=(1, 1))
    desk.source.write(Shot("shot 99", "val", ONE))
    assert desk.sync().changes == SyncCounts(added=1)
    assert sorted(opened) == ["shot 03.png", "shot 99.png"]


def test_that_an_index_of_before_stamps_were_kept_is_synced(tmp_path: Path) -> None:
    desk = Desk(tmp_path, shots(20, 0, 2))
    before = desk.parts()
    with sqlite3.connect(desk.folder.index) as old:
        old.executescript("DROP TABLE files; DROP TABLE probes; DELETE FROM meta WHERE key = 'corrections';")
    old.close()
    desk.source.write(Shot("new", "test", ONE))
    assert desk.sync().changes == SyncCounts(added=1)
    assert desk.parts() == before | {"new": "test"}
    with desk.open() as index:
        assert len(index.files()) == 2 * 23 + 1


@pytest.mark.parametrize("write", [write_voc, write_coco])
def test_that_other_formats_are_synced_too(tmp_path: Path, write: object) -> None:
    from engine.contract.dataset import Index
    from engine.contract.project import ProjectFolder
    from engine.data.dataset_import import import_dataset
    from engine.data.sync.project_sync import sync_project

    folder = ProjectFolder(tmp_path / "project")
    import_dataset(write(tmp_path / "source", shots()), folder.index)  # type: ignore[operator]
    write(tmp_path / "source", [replace(shots()[0], boxes=ONE), *shots()[1:], Shot("new", "val", ONE)])  # type: ignore[operator]
    assert sync_project(folder).changes == SyncCounts(added=1, relabelled=1)
    with Index.open(folder.index) as index:
        assert index.content_hash() == check_dataset(tmp_path / "source").content_hash


def test_that_a_source_that_moved_is_found_again(desk: Desk) -> None:
    before = {path: (picture.split, picture.boxes) for path, picture in desk.pictures().items()}
    moved = desk.source.root.rename(desk.source.root.with_name("moved"))
    with pytest.raises(UserError, match="--data"):
        desk.sync()
    result = desk.sync(source=moved)
    assert result.changes == SyncCounts() and result.hash_before == result.hash_after
    assert {path: (picture.split, picture.boxes) for path, picture in desk.pictures().items()} == before
    with desk.open() as index:
        assert index.source() == moved


def test_that_other_data_is_not_taken_for_the_projects(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other", [replace(shot, name=f"other {shot.name}") for shot in shots()])
    with pytest.raises(UserError, match="other data"):
        desk.sync(source=other.source.root)


def test_that_two_at_once_are_refused_and_leftovers_taken_away(desk: Desk) -> None:
    from engine.data.sync.project_sync import _alone

    left = desk.folder.index.with_name(".index.sqlite.left")
    left.write_text("half")
    with _alone(desk.folder.index), pytest.raises(UserError, match="another process"):
        desk.sync()
    assert not left.exists()


def test_that_a_disk_that_refuses_leaves_the_index_as_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.folder.index.read_bytes()

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    desk.source.write(Shot("shot 99", "val", ONE))
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(JobFailed, match="No space"):
        desk.sync()
    assert desk.folder.index.read_bytes() == before
    assert sorted(path.name for path in desk.folder.index.parent.iterdir()) == [".sync.lock", "index.sqlite"]


def alike(result: object) -> set[tuple[str, str, str]]:
    return {
        (finding.message.code, finding.file, str(finding.message.args["other"]))
        for finding in result.report.findings  # type: ignore[attr-defined]
        if "lookalike" in finding.message.code
    }


def test_that_pictures_that_look_alike_are_told_as_an_import_would_tell_them(tmp_path: Path) -> None:
    from types import SimpleNamespace

    desk = Desk(tmp_path, [*shots(), Shot("small", "val")])

    def resembling(name: str, part: str, likeness: str) -> None:
        desk.source.write(Shot(name, part, width=32, height=24))
        desk.source.put(desk.source.picture(name, part), encoded(likeness, 32, 24))

    def check() -> None:
        fresh = SimpleNamespace(report=check_dataset(desk.source.root))
        result = desk.sync()
        assert alike(result) == alike(fresh) != set()

    resembling("new", "val", "shot 01")
    check()
    check()
    resembling("newer", "train", "shot 07")
    desk.source.label(Shot("shot 02", "train", ONE))
    check()
    desk.source.remove("shot 01", "train")
    resembling("newest", "test", "shot 01")
    check()
    desk.source.move("new", "val", "new", "train")
    check()
