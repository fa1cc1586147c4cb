"""The detector page: sizes that a detector takes, anchors that follow, what a choice means, and the real figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.catalog import DetectorCard
from engine.contract.figures import Figure
from engine.contract.latency import PhoneChoice
from engine.contract.project import DetectorChoice
from engine.contract.published import PublishedFigure
from studio.bound_texts import translator
from studio.presenters.detector_choice import AnchorMemory, choice_of, conditions_of, nearest_size, published_of, scaled
from studio.presenters.page_state import PageState
from studio.studio import Studio
from studio.views.detector.page import DetectorPage
from studio.views.shared.detector_size import SizeControl

SIZES = {"default": 320, "min": 96, "max": 640, "multiple": 32}
SLOW_MS = 500_000


def card(family: str = "yolov3") -> DetectorCard:
    row = PublishedFigure(name="phone_ms", value=40.0, unit="ms", input="320", device="SD855", threads=1, source="zoo")
    score = PublishedFigure(name="map", value=27.1, unit="points", input="320", source="zoo")
    return DetectorCard(
        key=family, title=family, summary={"en": "e", "zh": "z"}, family=family, sizes=SIZES,
        published=(
            score, score.model_copy(update={"value": 29.3, "input": "608"}),
            row, row.model_copy(update={"threads": 4, "value": 12.0}),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("wanted", "size"), [(0, 96), (333, 320), (340, 352), (9999, 640)])
def test_that_a_size_becomes_the_nearest_valid_one(wanted: int, size: int) -> None:
    assert nearest_size(SIZES, wanted) == size


def test_that_a_typed_size_is_put_right_and_settles_once(qtbot: QtBot) -> None:
    control = SizeControl()
    qtbot.addWidget(control)
    control.offer(SIZES, 320)
    settled: list[int] = []
    control.settled.connect(settled.append)
    control.number.setValue(333)
    control.slider.setValue(7)
    control.slider.setValue(8)
    assert control.size_px() == 256 and control.number.value() == 256
    qtbot.waitUntil(lambda: settled == [256])


def test_that_a_dragged_slider_settles_when_it_is_let_go(qtbot: QtBot) -> None:
    control = SizeControl()
    qtbot.addWidget(control)
    control.offer(SIZES, 320)
    settled: list[int] = []
    control.settled.connect(settled.append)
    control.slider.setSliderDown(True)
    for step in (11, 12, 13):
        control.slider.setSliderPosition(step)
    qtbot.wait(500)
    assert settled == [] and control.number.value() == 416
    control.slider.setSliderDown(False)
    assert settled == [416]
    control.slider.setSliderDown(True)
    control.slider.setSliderPosition(9)
    control.slider.setSliderPosition(13)
    control.slider.setSliderDown(False)
    qtbot.wait(500)
    assert settled == [416]
    control.slider.setValue(12)  # as a key does, and then the handle is taken at once
    control.slider.setSliderDown(True)
    assert settled == [416, 384]
    control.slider.setSliderDown(False)


def test_that_fitted_anchors_follow_the_size_and_survive_a_detour() -> None:
    fitted = DetectorChoice(key="yolov3", size=320, classes=("a",), anchors=((10, 20), (30, 41)))
    memory = AnchorMemory()
    memory.see(fitted)
    assert scaled(fitted.anchors or (), 320, 160) == ((5, 10), (15, 20))
    assert choice_of(card("ssd"), 320, ("a",), memory).anchors is None
    memory.see(choice_of(card("ssd"), 320, ("a",), memory))
    assert choice_of(card(), 640, ("a",), memory).anchors == ((20, 40), (60, 82))
    memory.see(None)
    assert choice_of(card(), 640, ("a",), memory).anchors is None


def test_that_what_was_published_at_the_size_comes_first() -> None:
    at_608, at_96 = (published_of(card(), "map", size) for size in (608, 96))
    assert at_608 is not None and at_608.value == 29.3
    assert at_96 is not None and at_96.value == 27.1
    phone = published_of(card(), "phone_ms", 320)
    assert phone is not None and phone.threads == 4
    assert conditions_of(phone) == "SD855, 4 threads, 320 px"
    assert published_of(card(), "nb_bytes", 320) is None


@pytest.fixture
def page(studio: Studio, project: Path, qtbot: QtBot) -> Iterator[DetectorPage]:
    made = DetectorPage(studio)
    qtbot.addWidget(made)
    made.resize(1000, 800)
    made.show()
    studio.project.open(project)
    made.activated()
    qtbot.waitUntil(lambda: bool(made.buttons), timeout=SLOW_MS)
    yield made
    studio.previews.close()


def test_that_without_a_project_there_is_a_way_on(studio: Studio, qtbot: QtBot) -> None:
    page = DetectorPage(studio)
    qtbot.addWidget(page)
    page.show()
    assert page.state is PageState.EMPTY and page.empty.isVisible()


def test_that_choosing_a_card_or_a_size_changes_the_project(page: DetectorPage, project: Path, qtbot: QtBot) -> None:
    store = page.studio.project
    assert page.buttons["ssdlite_mobilenet_v3_small"].isChecked()
    assert page.size_control.size_px() == 96
    page.buttons["yolov3_mobilenet_v1"].click()
    assert store.project is not None and store.project.detector.key == "yolov3_mobilenet_v1"
    page.size_control.number.setValue(160)
    qtbot.waitUntil(lambda: page.choice() is not None and page.choice().size == 160)  # type: ignore[union-attr]
    assert '"size": 160' in (project / "project.json").read_text(encoding="utf-8")
    translator.set_language("zh")
    assert "类别" in page.about.text()


def test_that_a_size_and_a_detector_are_undone_and_done_again(page: DetectorPage, project: Path, qtbot: QtBot) -> None:
    studio = page.studio
    before = page.choice()
    slider = page.size_control.slider
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    qtbot.waitUntil(lambda: page.choice() != before)
    assert studio.recipe.undo.count() == 1 and studio.recipe.undo.undoText() == "Change input size"
    sized = page.choice()
    page.buttons["picodet_s"].click()
    assert studio.recipe.undo.count() == 2 and page.choice() != sized
    studio.recipe.undo.undo()
    assert page.choice() == sized and page.buttons["ssdlite_mobilenet_v3_small"].isChecked()
    studio.recipe.undo.undo()
    assert page.choice() == before and page.size_control.size_px() == 96
    assert '"size": 96' in (project / "project.json").read_text(encoding="utf-8")
    studio.recipe.undo.redo()
    assert page.choice() == sized


def test_that_the_start_point_is_kept_and_a_file_needs_no_run(page: DetectorPage) -> None:
    assert page.start.scratch.isChecked()
    assert not page.start.run.isEnabled() and page.start.run.toolTip()
    page.start._take_file("/somewhere/backbone.pdparams")
    assert page.studio.project.start_point == "/somewhere/backbone.pdparams"
    assert page.start.file.isChecked()
    page.start.scratch.click()
    assert page.studio.project.start_point is None


def write(page: DetectorPage, text: str, qtbot: QtBot) -> None:
    """As a person writes into the line and presses Enter."""
    page.start.path.clear()
    qtbot.keyClicks(page.start.path, text)
    qtbot.keyClick(page.start.path, Qt.Key.Key_Return)


def test_that_an_address_is_taken_as_it_is_written(page: DetectorPage, tmp_path: Path, qtbot: QtBot) -> None:
    store = page.studio.project
    address = f"https://weights.example.com/yolo/w.pdparams#sha256={'0' * 64}"
    write(page, address, qtbot)
    assert store.start_point == address and page.start.file.isChecked() and not page.start.problem.isVisible()
    for wrong, words in (
        ("ftp://example.com/w.pdparams", "https://"),
        ("https://example.com/w.zip", ".safetensors"),
        ("https://example.com/w.pdparams#sha256=12", "SHA-256"),
        (str(tmp_path / "nowhere.pdparams"), "nowhere.pdparams"),
    ):
        write(page, wrong, qtbot)
        assert store.start_point == address
        assert page.start.problem.isVisible() and words in page.start.problem.text.text()
    file = tmp_path / "here.safetensors"
    file.touch()
    write(page, str(file), qtbot)
    assert store.start_point == str(file) and not page.start.problem.isVisible()


def test_that_figures_are_counted_for_the_size_and_classes(page: DetectorPage, qtbot: QtBot) -> None:
    button = page.buttons["ssdlite_mobilenet_v3_small"]
    qtbot.waitUntil(lambda: button.cells["macs"].number.text().startswith("○"), timeout=SLOW_MS)
    before = button.cells["macs"].number.text()
    assert before.endswith(" M")
    assert button.cells["phone_ms"].number.text().startswith("≈")
    assert button.cells["phone_ms"].label.text() == "SD855, 4 threads, fp32"
    page.size_control.set_size(128)
    page._show_figures()
    assert button.cells["macs"].number.text() == "…"
    page.size_control.set_size(96)
    page._show_figures()
    assert button.cells["macs"].number.text() == before


def test_that_cards_are_told_for_one_phone_at_one_size_and_how_far_the_counting_is(
    page: DetectorPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = page.studio
    asked: list[Any] = []
    monkeypatch.setattr(studio.previews, "figures_of", lambda choice, receive, phone: asked.append((phone, receive)))
    studio.previews.close()
    studio.detector_figures._asked = None
    studio.chosen_phone.choose(PhoneChoice(soc="SD865", threads=1))
    page.phone.take(studio.chosen_phone.choice)
    assert not page.bar.isHidden() and page.bar.maximum() == len(page.buttons) and "of 13" in page.counting.text()
    size = {button._size for button in page.buttons.values()}
    labels = {button.cells["phone_ms"].label.text() for button in page.buttons.values()}
    assert size == {96} and labels == {"SD865, 1 thread, fp32"} and asked[0][0].soc == "SD865"
    asked[0][1](
        (
            Figure(name="macs", value=3e7, unit="MACs", source="computed"),
            Figure(name="phone_ms", value=2.0, unit="ms", source="estimated", low=1.5, high=2.5),
        )
    )
    first = page.buttons["ssdlite_mobilenet_v3_small"]
    assert first.cells["phone_ms"].number.text() == "≈2.00 ms" and "1.50" in first.cells["phone_ms"].toolTip()
    assert page.bar.value() == 1
    studio.chosen_phone.choose(None)
    assert all(button.cells["phone_ms"].isHidden() for button in page.buttons.values())
    studio.detector_figures.want([])
