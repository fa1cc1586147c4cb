"""The dialog that asks for a folder."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.i18n import tr


def ask_folder(parent: QWidget, title: str, taken: Callable[[str], object]) -> None:
    """Ask, without waiting; `title` is a code, `taken` is called with the folder that was chosen, if one was."""
    dialog = QFileDialog(parent, tr(title))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(taken)
    dialog.open()
