"""The widget that shows a picture with boxes: wheel, drag, double click, keys; and how kinds of boxes differ."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.presenters.finds import Find
from studio.views.pictures.finds import BoxLegend, Kind
from studio.views.pictures.picture_view import PictureView
from studio.views.pictures.viewport import Viewport

BOX = Find(0, "stop", 0.9, 40, 40, 120, 120)


def grey(width: int = 200, height: int = 200) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("#808080"))
    return image


def turn_wheel(widget: QWidget, place: QPoint, notches: int = 1) -> bool:
    """Turn the wheel over a place; whether the widget took it."""
    spot, none = QPointF(place), Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        spot, widget.mapToGlobal(spot), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, none,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


@pytest.fixture
def view(qtbot: QtBot) -> PictureView:
    made = PictureView()
    qtbot.addWidget(made)
    made.resize(200, 200)
    made.set_picture(grey())
    made.show()
    return made


def test_that_wheel_drag_and_double_click_zoom_move_and_fit(view: PictureView, qtbot: QtBot) -> None:
    assert turn_wheel(view, QPoint(50, 50), 4)
    zoomed = view.area()
    assert zoomed.width() == pytest.approx(200 * 1.25**4) and zoomed.left() < 0
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(view, QPoint(90, 105))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(90, 105))
    assert (view.area().topLeft() - zoomed.topLeft()) == QPointF(-10, 5)
    qtbot.mouseMove(view, QPoint(20, 20))
    assert (view.area().topLeft() - zoomed.topLeft()) == QPointF(-10, 5)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert view.seen.whole


def test_that_keys_zoom_fit_and_turn(view: PictureView, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.seen.zoom == pytest.approx(1.25)
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.seen.whole
    with qtbot.waitSignal(view.turned) as told:
        qtbot.keyClick(view, Qt.Key.Key_A)
    assert told.args == [-1]


def test_that_without_a_picture_the_wheel_is_the_pages(view: PictureView) -> None:
    view.set_picture(QImage())
    assert not turn_wheel(view, QPoint(50, 50)) and view.seen.whole


def test_that_views_of_one_viewport_show_the_same_part(view: PictureView, qtbot: QtBot) -> None:
    shared = Viewport()
    views = [PictureView(viewport=shared) for _ in range(2)]
    for one in views:
        qtbot.addWidget(one)
        one.resize(100, 100)
        one.set_picture(grey())
    views[0].zoom_by(2)
    assert views[1].area() == views[0].area() and views[1].area().width() == 200


def drawn(view: PictureView, kind: Kind) -> QImage:
    view.set_boxes({kind: [BOX]})
    return view.grab().toImage()


def test_that_boxes_are_in_pixels_of_the_file_even_if_it_was_decoded_smaller(view: PictureView) -> None:
    view.set_labels(False)
    whole = drawn(view, "found")
    view.set_picture(grey(50, 50), QSizeF(200, 200))
    assert drawn(view, "found") == whole


def test_that_kinds_of_boxes_are_told_apart(view: PictureView) -> None:
    view.set_labels(False)
    kinds: tuple[Kind, ...] = ("found", "new", "lost", "truth")
    pictures = [drawn(view, kind) for kind in kinds]
    assert all(one != other for place, one in enumerate(pictures) for other in pictures[place + 1 :])
    along = {drawn(view, "truth").pixelColor(x, 40).name() for x in range(45, 115)}
    assert "#ffffff" in along and len(along) > 1  # dashed


def test_that_a_legend_names_its_kinds(qtbot: QtBot) -> None:
    legend = BoxLegend()
    qtbot.addWidget(legend)
    legend.show_kinds(["truth", "lost"], {"lost": "Missed by A"})
    assert legend.texts() == ["Ground truth", "Missed by A"] and "Ground truth" in legend.accessibleName()
