"""The phone page: what cannot be exported is off and says why; what was exported is read from its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.refusals import PRECISIONS, TARGETS
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import ExportJob
from studio.presenters.page_state import PageState
from studio.presenters.phone.export_rules import export_reason
from studio.stores.phone.exports import read_exports
from studio.studio import Studio
from studio.views.phone.export_card import card_rows, shown_size
from studio.views.phone.page import EXPORT, PhonePage
from tests.studio.conftest import settle
from tests.studio.stores.told_runs import figure, write_run

PATIENCE_MS = 60_000
CARD = {
    "format": 1,
    "inputs": [{"name": "image", "shape": [1, 3, 96, 96], "meaning": {"en": "the picture", "zh": "图片"}}],
    "preprocessing": {"resize": "stretch", "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
    "classes": ["stop", "give way"],
    "versions": {"paddlelite": "2.13rc0"},
    "figures": [figure("nb_bytes", 2e6, "bytes").model_dump(exclude_none=True)],
}


@pytest.fixture
def page(studio: Studio, qtbot: QtBot) -> Iterator[PhonePage]:
    made = PhonePage(studio)
    made.resize(1300, 760)
    made.show_part(EXPORT)
    made.show()
    made.activated()
    yield made
    studio.close()
    made.close()
    made.deleteLater()
    settle()


def write_export(project: Path, run: Path, out: Path) -> None:
    """An export as the engine leaves it."""
    job = ExportJob(run=str(run), index="-", target="arm", precision="fp16", out=str(out))
    task = RunFolder(ProjectFolder(project).new_task("export"))
    task.job.write_text(job.model_dump_json())
    task.result.write_text("{}")
    out.mkdir(parents=True)
    (out / "model.nb").write_bytes(bytes(200_000))
    (out / "model.json").write_text(json.dumps(CARD))


def show(page: PhonePage, project: Path, qtbot: QtBot) -> None:
    page.studio.project.open(project)
    qtbot.waitUntil(lambda: page.form.run.count() == len(page.studio.runs.runs), timeout=PATIENCE_MS)


def test_that_a_float_model_has_no_int8_and_a_quantised_one_nothing_else() -> None:
    possible = {
        quantised: [(t, p) for t in TARGETS for p in PRECISIONS if export_reason(t, p, quantised) is None]
        for quantised in (False, True)
    }
    floats = [("arm", "fp32"), ("arm", "fp16"), ("opencl", "fp32"), ("opencl", "fp16"), ("x86", "fp32")]
    assert possible[False] == floats
    assert possible[True] == [("arm", "int8"), ("x86", "int8")]


def test_that_int8_is_off_for_a_float_run_and_chosen_for_a_quantised_one(
    page: PhonePage, project: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(page.studio.catalog.changed, timeout=PATIENCE_MS):
        page.studio.catalog.load()
    base = write_run(project)
    write_run(project, "int8", base, steps=(Step(technique="quant_aware"),))
    show(page, project, qtbot)
    page.form.run.setCurrentIndex(page.form.run.findData("0001-train"))
    buttons = page.form.precision.buttons
    assert not buttons["int8"].isEnabled() and "int8" in page.form.precision.reasons.text()
    page.form.run.setCurrentIndex(page.form.run.findData("0002-int8"))
    assert page.form.precision.current() == "int8" and not buttons["fp32"].isEnabled()
    qtbot.mouseClick(page.form.target.buttons["opencl"], Qt.MouseButton.LeftButton)
    assert not page.form.start.isEnabled() and page.form.start.toolTip()


def test_that_an_export_goes_into_a_folder_of_its_own_and_is_followed(
    page: PhonePage, project: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(page.studio.runs, "export", lambda run, *rest: asked.append((run.name, *rest)))
    write_run(project)
    show(page, project, qtbot)
    page.form.out.setText(str(tmp_path / "out"))
    qtbot.mouseClick(page.form.start, Qt.MouseButton.LeftButton)
    assert asked == [("0001-train", "arm", "fp32", tmp_path / "out" / "0001-train-arm-fp32")]


def test_that_an_export_is_shown_with_its_card(page: PhonePage, project: Path, tmp_path: Path, qtbot: QtBot) -> None:
    run = write_run(project)
    write_export(project, run, tmp_path / "phone")
    show(page, project, qtbot)
    qtbot.waitUntil(lambda: page.list.count() == 1, timeout=PATIENCE_MS)
    assert page.state is PageState.DONE and page.card.path.full == str(tmp_path / "phone")
    rows = dict(card_rows(page.exports.exports[0]))
    assert rows["Inputs, in order"] == ["1.  image  [1 × 3 × 96 × 96]  the picture"]
    assert rows["Figures"] == ["Model size  2.00 MB  (measured)"]
    assert [name for name in rows if name not in ("Files", "Picture", "Classes", "Made with")] == [
        "Inputs, in order",
        "Figures",
    ]


def test_that_an_export_whose_folder_went_says_so(project: Path, tmp_path: Path) -> None:
    write_export(project, write_run(project), tmp_path / "phone")
    (tmp_path / "phone").rename(tmp_path / "elsewhere")
    found = read_exports(ProjectFolder(project).cache / "tasks")
    assert [(export.card, export.files) for export in found] == [(None, ())]


def test_that_without_a_run_the_page_says_what_to_do(page: PhonePage, project: Path, qtbot: QtBot) -> None:
    show(page, project, qtbot)
    assert page.state is PageState.EMPTY and not page.form.start.isEnabled() and page.form.start.toolTip()


def test_that_small_files_are_told_in_kilobytes() -> None:
    assert [shown_size(size) for size in (1786, 5_040_000)] == ["1.8 kB", "5.04 MB"]
