"""The import dialog with the real engine: a project is made, a refusal tells why and keeps what was entered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from studio.studio import Studio
from studio.views.imports.dialog import ImportDialog
from tests.fakes.turned import quartered, with_orientation

SLOW_MS = 120_000


@pytest.fixture
def dialog(studio: Studio, qtbot: QtBot) -> Iterator[ImportDialog]:
    made = ImportDialog(studio)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.open()
    qtbot.waitUntil(lambda: studio.catalog.catalog is not None, timeout=SLOW_MS)
    yield made
    made.close()
    made.deleteLater()


def drop(dialog: ImportDialog, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.KeyboardModifier.NoModifier
    dialog.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none))


def test_that_it_says_what_is_missing_until_a_folder_is_dropped(dialog: ImportDialog, tmp_path: Path) -> None:
    assert not dialog.make.isEnabled() and dialog.make.toolTip()
    drop(dialog, tmp_path / "signs data")
    assert dialog.source.source() == str(tmp_path / "signs data")
    assert dialog.form.folder.text().endswith("signs data")
    assert dialog.make.isEnabled() and not dialog.make.toolTip()


def test_that_the_job_holds_every_choice(dialog: ImportDialog, tmp_path: Path) -> None:
    dialog.source.set_source(str(tmp_path))
    form = dialog.form
    form.choose_detector("yolov3_mobilenet_v1", 416)
    form.format.setCurrentIndex(1)
    form.splits.setCurrentIndex(1)
    form.sliders.set_shares((70, 20, 10))
    form.fix.setChecked(True)
    form.anchors.setChecked(True)
    form.folder.setText(str(tmp_path / "made"))
    job = form.job(dialog.source.source())
    assert job is not None
    assert (job.data_format, job.split, job.fix, job.fit_anchors) == ("voc", (0.7, 0.2, 0.1), True, True)
    assert (job.detector, job.size, job.dir) == ("yolov3_mobilenet_v1", 416, str(tmp_path / "made"))
    form.choose_detector("ssdlite_mobilenet_v3_small", 333)
    job = form.job(dialog.source.source())
    assert job is not None and job.size == 320 and not job.fit_anchors
    assert not form.anchors.isEnabled() and form.anchors.toolTip()


def test_that_a_refusal_is_told_in_place_and_loses_nothing(dialog: ImportDialog, tmp_path: Path, qtbot: QtBot) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    dialog.source.set_source(str(empty))
    dialog.form.choose_detector("ssdlite_mobilenet_v3_small", 160)
    dialog.make.click()
    assert dialog.busy and not dialog.form.isEnabled()
    qtbot.waitUntil(lambda: not dialog.busy, timeout=SLOW_MS)
    assert dialog.isVisible() and dialog.problem.isVisible()
    assert str(empty) in dialog.problem.text.text()
    assert dialog.source.source() == str(empty) and dialog.form.input_size.size_px() == 160
    assert dialog.mend.isVisible() and dialog.form.isEnabled()


def test_that_turned_pictures_are_asked_about(dialog: ImportDialog, tmp_path: Path, qtbot: QtBot) -> None:
    root = tmp_path / "phone"
    (root / "labels").mkdir(parents=True)
    (root / "images").mkdir()
    for n in range(3):
        (root / "images" / f"{n}.jpg").write_bytes(with_orientation(quartered(160 + 16 * n, 128), 6, "jpg"))
        (root / "labels" / f"{n}.txt").write_text("0 0.3 0.3 0.2 0.2\n", encoding="utf-8")
    (root / "classes.txt").write_text("sign\n", encoding="utf-8")
    form = dialog.form
    dialog.source.set_source(str(root))
    form.choose_detector("ssdlite_mobilenet_v3_small", 160)
    form.folder.setText(str(tmp_path / "made"))
    assert not form.frame.isVisible()
    dialog.make.click()
    qtbot.waitUntil(lambda: not dialog.busy, timeout=SLOW_MS)
    assert form.frame.isVisible() and not dialog.mend.isVisible() and "EXIF" in dialog.problem.text.text()
    form.frame.setCurrentIndex(1)
    job = form.job(dialog.source.source())
    assert job is not None and job.exif == "stored"
    dialog.source.set_source(str(tmp_path))
    assert not form.frame.isVisible()
    job = form.job(dialog.source.source())
    assert job is not None and job.exif == "ask"


def test_that_a_project_is_made_and_opened(
    dialog: ImportDialog, made_project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog.source.set_source(str(made_project.parent / "data"))
    dialog.form.choose_detector("ssdlite_mobilenet_v3_small", 96)
    dialog.form.folder.setText(str(tmp_path / "made"))
    dialog.form.splits.setCurrentIndex(1)
    dialog.form.sliders.set_shares((60, 40, 0))
    with qtbot.waitSignal(dialog.studio.project.opened, timeout=SLOW_MS):
        dialog.make.click()
    qtbot.waitUntil(lambda: not dialog.isVisible())
    index, project = dialog.studio.project.index, dialog.studio.project.project
    assert index is not None and project is not None
    assert index.counts()["val"] == 4 and project.detector.size == 96
