"""Texts follow the language, and go with what showed them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from studio.bound_texts import bind, on_language, translator, unbind
from studio.i18n import tr


@pytest.fixture
def label(qapp: QApplication) -> Iterator[QLabel]:
    made = QLabel()
    yield made
    made.deleteLater()


def test_that_a_bound_text_changes(label: QLabel) -> None:
    bind(label.setText, "studio.core.restore", run="0001-base")
    assert label.text() == "Restore 0001-base"
    translator.set_language("zh")
    assert label.text() == "恢复 0001-base"


def test_that_the_last_binding_holds(label: QLabel) -> None:
    bind(label.setText, "studio.core.undo")
    bind(label.setText, "studio.core.redo")
    translator.set_language("zh")
    assert label.text() == "重做"
    unbind(label.setText)
    translator.set_language("en")
    assert label.text() == "重做"


def test_that_a_function_is_bound_to_what_it_refers_to(label: QLabel) -> None:
    button = QPushButton(label)
    bind(lambda text: button.setText(f"* {text}"), "studio.core.undo")
    on_language(lambda: button.setToolTip(tr("studio.core.redo")))
    translator.set_language("zh")
    assert (button.text(), button.toolTip()) == ("* 撤销", "重做")


def test_that_deleted_widgets_are_forgotten(qapp: QApplication) -> None:
    before = len(translator._owners)
    labels = [QLabel() for _ in range(5)]
    for label in labels:
        bind(label.setText, "studio.core.undo")
        bind(partial(QLabel.setToolTip, label), "studio.core.undo")
    labels[0].deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    translator.set_language("zh")
    translator.set_language("en")
    del label
    labels.clear()
    gc.collect()
    assert len(translator._owners) <= before + 1
