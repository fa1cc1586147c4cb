"""What changed in a source is told by sizes and times alone, also where the index kept none or the source is gone."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from engine.cli.verbs.serve import answer_figures, serve
from engine.contract.dataset import Index
from engine.contract.project import ProjectFolder
from engine.contract.source.changes import SourceChanges
from engine.contract.text.messages import UserError
from engine.data.dataset_import import import_dataset
from engine.data.listing import stamped_files
from engine.data.sync.changes import project_changes
from engine.data.sync.project_sync import sync_project
from tests.fakes.datasets import Shot, put, shots, write_coco
from tests.fakes.synced import ONE, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, shots())


def counts(desk: Desk) -> tuple[int, int, int]:
    found = project_changes(desk.folder)
    return found.added, found.changed, found.gone


def test_that_nothing_is_told_of_a_source_as_it_was(desk: Desk) -> None:
    found = project_changes(desk.folder)
    assert found == SourceChanges(source=str(desk.source.root), source_there=True) and not found.any


def test_that_added_changed_and_gone_files_are_told(desk: Desk) -> None:
    desk.source.write(Shot("new", "val", ONE))
    desk.source.label(Shot("shot 01", "train", ONE))
    desk.source.write(Shot("shot 02", "train"), likeness="else")
    desk.source.remove("shot 03", "train")
    found = project_changes(desk.folder)
    assert (found.added, found.changed, found.gone, found.pictures) == (2, 3, 2, 2) and found.any
    assert [example.path for example in found.examples if example.kind == "gone"] == [
        "images/train/shot 03.png",
        "labels/train/shot 03.txt",
    ]
    desk.sync()
    assert not project_changes(desk.folder).any


def test_that_times_are_compared_for_being_the_same_not_for_which_is_later(desk: Desk) -> None:
    os.utime(desk.source.root / "labels/train/shot 01.txt", ns=(5, 5))
    assert counts(desk) == (0, 1, 0)
    desk.sync()
    assert counts(desk) == (0, 0, 0)


def test_that_what_is_no_part_of_a_data_set_is_no_change(desk: Desk) -> None:
    for name in ("labels/train.cache", "weights.bin", "notes.md", ".hidden/x.txt"):
        put(desk.source.root / name, "x")
    assert counts(desk) == (0, 0, 0)


def test_that_a_project_inside_its_source_is_no_part_of_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, shots())
    shutil.copytree(desk.folder.root, desk.source.root / "my project")
    put(desk.source.root / "my project" / "runs" / "0001-train" / "shown.png", "a picture")
    assert counts(desk) == (0, 0, 0) and not any("project" in path for path in stamped_files(desk.source.root))


def test_that_a_source_that_is_not_there_is_an_answer_of_its_own(desk: Desk) -> None:
    shutil.rmtree(desk.source.root)
    found = project_changes(desk.folder)
    assert found == SourceChanges(source=str(desk.source.root), source_there=False) and not found.any
    desk.source.root.mkdir()  # where a disk would be mounted
    assert not project_changes(desk.folder).source_there


def test_that_an_index_without_stamps_goes_by_its_own_time(desk: Desk) -> None:
    with sqlite3.connect(desk.folder.index) as old:
        old.executescript("DROP TABLE files; DROP TABLE probes;")
    old.close()
    later = time.time_ns() + 10**9
    os.utime(desk.folder.index, ns=(later, later))
    assert counts(desk) == (0, 0, 0)
    desk.source.write(Shot("new", "val", ONE))
    desk.source.remove("shot 03", "train")
    for path in ("images/val/new.png", "labels/val/new.txt", "labels/train/shot 01.txt"):
        os.utime(desk.source.root / path, ns=(later + 1, later + 1))
    assert counts(desk) == (1, 2, 1)


def test_that_counts_of_an_earlier_espalier_are_told_and_a_sync_counts_anew(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path / "project")
    file = write_coco(tmp_path / "source", shots()) / "annotations" / "instances_train.json"
    document = json.loads(file.read_text())
    crowd = {"id": 999, "bbox": [1, 1, 40, 30], "iscrowd": 1}
    document["annotations"].append({**document["annotations"][0], **crowd})
    file.write_text(json.dumps(document))
    import_dataset(tmp_path / "source", folder.index)
    with Index.open(folder.index) as index:
        right = index.statistics()
    assert sum(split.crowd for split in right.splits.values()) == 1 and not project_changes(folder).old_counts
    old = json.loads(right.model_dump_json())
    for split in old["splits"].values():
        split["boxes"] += split.pop("crowd") + split.pop("difficult")
        del split["aside"]
    with sqlite3.connect(folder.index) as connection:
        connection.executescript("DROP TABLE files; DROP TABLE probes;")
        connection.execute("UPDATE meta SET value = ? WHERE key = 'statistics'", (json.dumps(old),))
    connection.close()
    found = project_changes(folder)
    assert found.old_counts and not found.any
    sync_project(folder)
    with Index.open(folder.index) as index:
        assert index.statistics() == right
    assert not project_changes(folder).old_counts


def test_that_corrected_labels_wait_until_they_are_taken_in(desk: Desk) -> None:
    assert project_changes(desk.folder).labels == 0
    desk.correct("images/train/shot 01.png", ("car", (1.0, 1.0, 9.0, 9.0)))
    desk.correct("images/train/gone.png", ("car", (1.0, 1.0, 9.0, 9.0)), digest="0" * 64)
    assert project_changes(desk.folder).labels == 2 and project_changes(desk.folder).any
    desk.sync()
    assert project_changes(desk.folder).labels == 0
    desk.correct("images/train/shot 01.png", ("car", (1.0, 1.0, 9.0, 8.0)))
    assert project_changes(desk.folder).labels == 1
    desk.folder.labels.unlink()
    assert project_changes(desk.folder).labels == 2
    desk.folder.labels.write_text("{")
    with pytest.raises(UserError, match=r"labels\.json"):
        project_changes(desk.folder)


def test_that_the_studio_can_ask(desk: Desk) -> None:
    desk.source.label(Shot("shot 01", "train", ONE))
    asked = {"id": 7, "what": "changes", "project": str(desk.folder.root)}
    answers = io.StringIO()
    serve(io.StringIO(json.dumps(asked) + "\n"), answers, answer_figures)
    answer = json.loads(answers.getvalue())
    assert answer.pop("id") == 7
    assert SourceChanges.model_validate(answer).changed == 1


def test_that_links_are_followed_once(tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.txt", "x")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "dead.txt").symlink_to(tmp_path / "nowhere")
    assert stamped_files(tmp_path) == {"a/x.txt": stamped_files(tmp_path)["a/x.txt"], "dead.txt": (-1, -1)}
