"""A menu that writes what the curves show into a file: its numbers, a picture, or a drawing in vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from engine.contract.text.messages import Message
from studio.bound_texts import bind
from studio.i18n import tr
from studio.presenters.train.curve_table import curve_table
from studio.stores.remembered import Remembered
from studio.views.train.curve_drawing import Names, save_png, save_svg
from studio.views.train.curves import Curves
from studio.widgets.buttons import IconButton
from studio.workers.background import system_message

KINDS = ("csv", "png", "svg")


class CurveExport(IconButton):
    """`written` tells the path of a file, `failed` a Message."""

    written = Signal(str)
    failed = Signal(object)

    def __init__(self, curves: Curves, memory: Remembered, names: Callable[[], Names], parent: QWidget) -> None:
        super().__init__("export", "studio.train.export_tip")
        self._curves, self._memory, self._names = curves, memory, names
        self._parent = parent
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.entries = {kind: menu.addAction("") for kind in KINDS}
        bind(self.entries["csv"].setText, "studio.train.export_csv")
        bind(self.entries["png"].setText, "studio.train.export_png")
        bind(self.entries["svg"].setText, "studio.train.export_svg")
        for kind, entry in self.entries.items():
            entry.triggered.connect(lambda _=False, kind=kind: self.ask(kind))
        self.setMenu(menu)

    def ask(self, kind: str) -> None:
        """Ask for a file, in the folder where the last one went, and write it."""
        folder = Path(self._memory.get("folder", "") or Path.home())
        folder = folder if folder.is_dir() else Path.home()
        name = "-".join(run.run[:4] for run in self._curves.shown()) or "curves"
        dialog = QFileDialog(self._parent, tr("studio.train.export_title"), str(folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{kind.upper()} (*.{kind})")
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(f"{name}-{tr('studio.train.export_name')}.{kind}")
        dialog.fileSelected.connect(lambda path: self.write(Path(path), kind))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def write(self, path: Path, kind: str) -> None:
        """Write a file of one of KINDS."""
        try:
            self._write(path, kind)
        except OSError as error:
            self.failed.emit(Message(code="studio.core.write", args=system_message(error).args))
            return
        self._memory.keep(folder=str(path.parent))
        self.written.emit(str(path))

    def _write(self, path: Path, kind: str) -> None:
        if kind == "csv":
            path.write_text(curve_table(self._curves.shown()), encoding="utf-8")
            return
        # Qt's writers only say that they failed: what keeps them from it is found out first.
        path.open("wb").close()
        panels = [panel for panel in self._curves.panels if panel.lines]
        save = save_png if kind == "png" else save_svg
        if not save(path, panels, self._names()):
            raise OSError(5, tr("studio.train.export_failed"), str(path))
