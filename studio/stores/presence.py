"""Whether the folder of the open project is where it was: it may be deleted, moved, unmounted, or another by now."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.project import ProjectFolder
from engine.contract.system.files import identity_of
from engine.contract.system.places import Anchor

LOOK_MS = 1000


class Place(Enum):
    """The folder is where it was; is not; or another project is there."""

    HERE = "here"
    GONE = "gone"
    OTHER = "other"


class Presence(QObject):
    """Looks once a second, and whenever it is asked; `changed` after `place` became another.

    The same project is the same folder, or one with the same `project.json`: a copy that was put back.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.place = Place.HERE
        self._folder: ProjectFolder | None = None
        self._anchor: Anchor | None = None
        self._root: tuple[int, int] | None = None
        self._index: tuple[int, int] | None = None
        self._content = b""
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def now_at(self) -> Path | None:
        """Where the folder is now, if it was moved and that can be told."""
        found = self._anchor.place() if self._anchor is not None and self.place is not Place.HERE else None
        return found if found is not None and self.is_same(ProjectFolder(found)) else None

    @property
    def mark(self) -> bytes:
        """What tells the project from others, to be kept where something waits for it to be opened again."""
        return self._content

    def is_meant(self, root: Path, mark: bytes) -> bool:
        """Whether the project is the one that was at `root` with this mark: no copy of it, if that is still there."""
        here = self._folder.root if self._folder is not None else None
        return bool(mark) and mark == self._content and (root == here or _content(ProjectFolder(root)) != mark)

    @property
    def restored(self) -> bool:
        """Whether a copy stands in its place: what was read of the old one is to be read again."""
        return self._folder is not None and identity_of(self._folder.index) != self._index

    def hold(self, folder: ProjectFolder) -> None:
        """Watch over another project."""
        self.let_go()
        self._folder, self._anchor = folder, Anchor(folder.root)
        self._root, self._index = identity_of(folder.root), identity_of(folder.index)
        self._content = _content(folder) or b""
        self._timer.start()

    def let_go(self) -> None:
        """Watch over none."""
        self._timer.stop()
        if self._anchor is not None:
            self._anchor.close()
        self._folder = self._anchor = None
        self.place = Place.HERE

    def look(self) -> bool:
        """Look now; whether the project is where it was."""
        if self._folder is not None:
            place = self._place(self._folder)
            if place is not self.place:
                self.place = place
                self.changed.emit()
        return self.place is Place.HERE

    def is_same(self, folder: ProjectFolder) -> bool:
        """Whether a folder holds this very project, or a copy of it."""
        return bool(self._content) and _content(folder) == self._content

    def _place(self, folder: ProjectFolder) -> Place:
        content = _content(folder)
        if content is None or not folder.index.is_file():
            return Place.GONE
        if identity_of(folder.root) == self._root:
            self._content = content  # the detector may be another: chosen here, or by somebody else
            return Place.HERE
        return Place.HERE if content == self._content else Place.OTHER


def _content(folder: ProjectFolder) -> bytes | None:
    try:
        return folder.file.read_bytes()
    except OSError:
        return None
