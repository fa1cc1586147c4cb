"""Corrected labels as the store keeps them: written, merged with another studio's, waiting or in the index."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.dataset import Picture
from engine.contract.labels import Correction, Corrections, LabelBox
from engine.contract.project import ProjectFolder
from engine.contract.system.locks import alone
from studio.stores.data.overlay import boxes_of
from studio.studio import Studio

BOX = LabelBox(name="dog", box=(1.0, 2.0, 20.0, 30.0))


@pytest.fixture
def pictures(studio: Studio, project: Path) -> list[Picture]:
    studio.project.open(project)
    assert studio.project.index is not None
    return studio.project.index.pictures()


def file_of(studio: Studio) -> Path:
    assert studio.project.folder is not None
    return studio.project.folder.labels


def taken_in(studio: Studio, picture: Picture) -> None:
    """As a sync says it: another index in place of the one that is open."""
    assert studio.project.folder is not None
    path = studio.project.folder.index
    made = path.with_name("made.sqlite")
    shutil.copy(path, made)
    with sqlite3.connect(made) as index:
        taken = json.dumps({picture.digest: "stamp"})
        index.execute("INSERT OR REPLACE INTO meta VALUES ('corrections', ?)", (taken,))
    index.close()
    made.replace(path)


def test_that_two_studios_keep_each_others_corrections(
    studio: Studio, pictures: list[Picture], project: Path, qtbot: QtBot
) -> None:
    other = Corrections(pictures={pictures[1].digest: Correction(path=pictures[1].path, boxes=(BOX,))})
    other.write(file_of(studio))
    studio.labels.correct(pictures[0], (BOX,), "one")
    qtbot.waitUntil(lambda: studio.labels.saved and len(studio.labels.digests()) == 2)
    assert set(Corrections.read(file_of(studio)).pictures) == {pictures[0].digest, pictures[1].digest}
    assert studio.labels.shown(pictures[1]).boxes[0].class_id == 1


def test_that_another_process_is_waited_for_before_the_file_is_written(
    studio: Studio, pictures: list[Picture], qtbot: QtBot
) -> None:
    path = file_of(studio)
    with alone(path.with_name(".labels.lock"), 1.0):
        held = Corrections.read(path)
        studio.labels.correct(pictures[0], (BOX,), "one")
        qtbot.wait(200)
        assert not studio.labels.saved
        other = Correction(path=pictures[1].path, boxes=(BOX,))
        Corrections(pictures={**held.pictures, pictures[1].digest: other}).write(path)
    qtbot.waitUntil(lambda: studio.labels.saved)
    assert set(Corrections.read(path).pictures) == {pictures[0].digest, pictures[1].digest}


def test_that_corrections_go_with_a_project_to_where_it_is_now(
    studio: Studio, pictures: list[Picture], project: Path, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: studio.labels.saved)
    moved = project.rename(project.with_name("moved"))
    studio.labels.correct(pictures[0], (BOX,), "one")
    qtbot.waitUntil(lambda: studio.labels.problem is not None)
    assert studio.project.move(moved)
    qtbot.waitUntil(lambda: studio.labels.saved and studio.labels.problem is None)
    assert set(Corrections.read(ProjectFolder(moved).labels).pictures) == {pictures[0].digest}
    assert studio.labels.is_corrected(pictures[0]) and not project.exists()


def test_that_labels_drawn_as_the_source_had_them_before_a_sync_hold(
    studio: Studio, pictures: list[Picture], qtbot: QtBot
) -> None:
    assert studio.project.index is not None and studio.project.folder is not None
    before = boxes_of(pictures[0], studio.project.index.classes())
    studio.labels.correct(pictures[0], (BOX,), "one")
    qtbot.waitUntil(lambda: studio.labels.saved)
    taken_in(studio, pictures[0])
    studio.project.reopen_index()
    studio.labels.correct(studio.labels.shown(pictures[0]), before, "back")
    assert studio.labels.is_corrected(pictures[0]), "the source may have said something else since"


def test_that_what_another_studio_corrected_and_applied_is_not_waiting(
    studio: Studio, pictures: list[Picture], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: studio.labels.saved)
    qtbot.wait(100)  # the file was read before the other studio came
    assert studio.project.index is not None
    other = {pictures[1].digest: Correction(path="x", boxes=boxes_of(pictures[1], studio.project.index.classes()))}
    Corrections(pictures=other).write(file_of(studio))
    taken_in(studio, pictures[1])
    studio.project.catch_up()  # as when the engine has answered what changed
    qtbot.waitUntil(lambda: studio.labels.digests() == (pictures[1].digest,))
    assert studio.labels.waiting == 0 and studio.labels.is_corrected(pictures[1])


def test_that_what_was_corrected_is_there_after_opening_again(
    studio: Studio, pictures: list[Picture], project: Path, qtbot: QtBot
) -> None:
    studio.labels.correct(pictures[0], (), "all away")
    studio.project.close()  # at once: what waits is written first
    assert studio.labels.digests() == ()
    studio.project.open(project)
    qtbot.waitUntil(lambda: studio.labels.waiting == 1)
    assert studio.labels.shown(pictures[0]).boxes == ()


def test_that_a_box_moved_there_and_back_is_no_correction(studio: Studio, pictures: list[Picture]) -> None:
    assert studio.project.index is not None
    before = boxes_of(pictures[0], studio.project.index.classes())
    studio.labels.correct(pictures[0], (BOX,), "one")
    assert studio.labels.is_corrected(pictures[0]) and studio.labels.waiting == 1
    studio.labels.correct(studio.labels.shown(pictures[0]), before, "back")
    assert not studio.labels.is_corrected(pictures[0]) and studio.labels.waiting == 0


def test_that_boxes_of_classes_that_the_data_lacks_are_kept(
    studio: Studio, pictures: list[Picture], qtbot: QtBot
) -> None:
    strange = LabelBox(name="unicorn", box=(1.0, 1.0, 9.0, 9.0))
    folder = ProjectFolder(file_of(studio).parent.parent)
    Corrections(pictures={pictures[0].digest: Correction(path="a", boxes=(BOX, strange))}).write(folder.labels)
    studio.project.close()
    studio.project.open(folder.root)
    qtbot.waitUntil(lambda: len(studio.labels.digests()) == 1)
    assert len(studio.labels.shown(pictures[0]).boxes) == 1
    studio.labels.correct(pictures[0], (), "delete")
    qtbot.waitUntil(lambda: studio.labels.saved)
    assert Corrections.read(folder.labels).pictures[pictures[0].digest].boxes == (strange,)


def test_that_a_broken_file_is_told_and_not_written_over(studio: Studio, pictures: list[Picture], qtbot: QtBot) -> None:
    file_of(studio).write_text("no json")
    studio.labels.correct(pictures[0], (BOX,), "one")
    qtbot.waitUntil(lambda: studio.labels.problem is not None)
    assert file_of(studio).read_text() == "no json"
    assert studio.labels.is_corrected(pictures[0]) and not studio.labels.saved
    path = file_of(studio)
    told: list[object] = []
    studio.labels.failed.connect(told.append)
    root = studio.project.folder.root  # type: ignore[union-attr]
    studio.project.close()
    assert told, "it says that something is not written"
    path.unlink()
    studio.project.open(root)
    qtbot.waitUntil(lambda: studio.labels.saved and path.is_file())
    assert set(Corrections.read(path).pictures) == {pictures[0].digest}


def test_that_what_waits_never_lands_in_another_project_at_that_place(
    studio: Studio, pictures: list[Picture], project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    shutil.copytree(project, other)
    document = (other / "project.json").read_text(encoding="utf-8")
    (other / "project.json").write_text(document.replace('"name"', ' "name"'), encoding="utf-8")
    project.rename(mine)
    other.rename(project)
    studio.labels.correct(pictures[0], (BOX,), "one")
    qtbot.waitUntil(lambda: studio.labels.problem is not None)
    assert studio.labels.problem is not None and studio.labels.problem.code == "studio.core.place_other"
    studio.labels.save()
    studio.project.close()
    studio.project.open(project)
    assert studio.labels.saved and studio.labels.digests() == ()
    assert not ProjectFolder(project).labels.exists()
    studio.project.open(mine)
    qtbot.waitUntil(lambda: studio.labels.saved)
    assert set(Corrections.read(ProjectFolder(mine).labels).pictures) == {pictures[0].digest}


def test_that_what_waits_is_written_when_the_project_is_back(
    studio: Studio, pictures: list[Picture], project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    project.rename(tmp_path / "away")
    studio.labels.correct(pictures[0], (BOX,), "one")
    assert studio.labels.problem is not None and studio.labels.problem.code == "project.gone"
    assert not project.exists() and not studio.labels.saved
    (tmp_path / "away").rename(project)
    qtbot.waitUntil(lambda: studio.labels.saved and studio.labels.problem is None)
    assert set(Corrections.read(file_of(studio)).pictures) == {pictures[0].digest}
