"""The menu of the data page: what is done seldom."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from studio.bound_texts import bind
from studio.i18n import tr
from studio.stores.remembered import Remembered
from studio.studio import Studio
from studio.widgets.buttons import IconButton

_MEMORY = "data_export"


class DataMenu(IconButton):
    """Writes the labels into a file; a dialog asks for it, in the folder where the last one went."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__("more", "studio.labels.more")
        self._studio, self._parent = studio, parent
        self._memory = Remembered(studio.settings, _MEMORY)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self.coco = menu.addAction("")
        self.coco.triggered.connect(lambda: self.ask())
        bind(self.coco.setText, "studio.labels.export")
        bind(self.coco.setToolTip, "studio.labels.export_tip")
        menu.aboutToShow.connect(lambda: self.coco.setEnabled(not studio.label_export.busy))
        self.setMenu(menu)

    def ask(self) -> None:
        """Ask for a file and have it written."""
        project = self._studio.project.project
        if project is None:
            return
        folder = Path(self._memory.get("folder", "") or Path.home())
        folder = folder if folder.is_dir() else Path.home()
        dialog = QFileDialog(self._parent, tr("studio.labels.export_title"), str(folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("COCO JSON (*.json)")
        dialog.setDefaultSuffix("json")
        dialog.selectFile(f"{project.name}-labels.json")
        dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def write(self, path: Path) -> None:
        """Have the labels written, and remember where."""
        self._memory.keep(folder=str(path.parent))
        self._studio.label_export.write(path)
