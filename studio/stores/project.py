"""The open project: its folder, its detector, its data, and where its runs start from."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.contract.dataset import Index
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.text.messages import Message, UserError
from studio.i18n import tr
from studio.stores.presence import Place, Presence
from studio.stores.settings import SettingsStore
from studio.workers.background import system_message
from studio.workers.writing import write_whole


class Choices(BaseModel):
    """What was chosen in this project, kept in its `studio.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_point: str | None = None
    base_run: str | None = None
    teacher_run: str | None = None
    watched: tuple[str, ...] = ()
    """Digests of the val pictures that trainings watch; none for a few that the engine takes."""
    targets: dict[str, float] | None = None
    """The most that figures may be; None in a project that has none of its own. `stores/targets.py` reads them."""
    compare_truth: bool = False
    """Whether what is really there is drawn beside the boxes of two runs."""
    compare_alone: bool = False
    """Whether one run is set against what is really there."""
    samples_augment: Literal["none", "light", "full"] | None = None
    """How strongly training pictures are changed where one looks at that; None as the training form says."""
    samples_recipe: bool = False
    """Whether the recipe's steps change them too."""
    old_counts: bool = False
    """Whether counts of an earlier Espalier are to stay as they are."""
    phone_run: str | None = None
    """The run that is measured on a phone, once a person chose one."""
    fit: str | None = None
    """The fit whose front is looked at, once a person chose one: the name of its folder."""
    target_ms: float | None = None
    """The phone's latency alone, as projects kept it before; it is read, and written no more."""


class ProjectStore(QObject):
    """One project at a time. `failed` tells a Message; what was open before then stays open.

    While its folder is not there (`here` is False, `place_changed` tells) nothing is started, and nothing written: all
    that is known of it stays, and it goes on when the folder is back.

    `index_changed` tells that the data is another than before: its index was replaced while the project was open.
    `undo` holds what was changed in it, be it the detector or, by RecipeStore, the recipe: one thing after the other.
    """

    opened = Signal()
    closed = Signal()
    changed = Signal()
    index_changed = Signal()
    failed = Signal(object)
    place_changed = Signal()

    def __init__(self, settings: SettingsStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.undo = QUndoStack(self)
        self.presence = Presence(self)
        self.presence.changed.connect(self._place_changed)
        self.moving = False
        """Whether it is being closed in one place to go on in another: what was changed in it is then kept."""
        self.folder: ProjectFolder | None = None
        self.project: Project | None = None
        self.index: Index | None = None
        self._index_stamp: tuple[int, int] | None = None
        self.choices = Choices()

    @property
    def start_point(self) -> str | None:
        """What training starts from: None for scratch, a run's name, or the path of a weights file."""
        return self.choices.start_point

    @property
    def here(self) -> bool:
        """Whether a project is open, and its folder was there when last looked at."""
        return self.folder is not None and self.presence.place is Place.HERE

    def is_there(self) -> bool:
        """The same, looked at now: to be asked before anything is written or started."""
        return self.folder is not None and self.presence.look()

    @property
    def gone(self) -> Message:
        """What to say of a project whose folder is not there."""
        return self.gone_from(self.folder.root if self.folder else Path("-"))

    def gone_from(self, root: Path) -> Message:
        """The same of a project that is being closed."""
        other = self.presence.place is Place.OTHER
        return Message(code="studio.core.place_other" if other else "project.gone", args={"path": str(root)})

    def is_project(self, path: str | Path) -> bool:
        """Whether a folder holds a project."""
        return (Path(path) / "project.json").is_file()

    def open(self, path: str | Path) -> bool:
        """Open a project instead of the one that is open; False, after `failed`, where that cannot be done."""
        folder = ProjectFolder(Path(path))
        try:
            project = folder.load()
            index = Index.open(folder.index)
        except UserError as error:
            self.failed.emit(error.message)
            return False
        except OSError as error:
            self.failed.emit(system_message(error))
            return False
        self.close()
        self.folder, self.project, self.index = folder, project, index
        self._index_stamp = _stamp(folder)
        self.choices = _read_choices(folder)
        self._settings.remember(folder.root)
        self.presence.hold(folder)
        self.opened.emit()
        return True

    def move(self, path: str | Path) -> bool:
        """Go on with the open project in the folder where it is now; False, after `failed`, where that is another."""
        earlier, found = self.folder, ProjectFolder(Path(path))
        if earlier is None or not self.presence.is_same(found):
            self.failed.emit(Message(code="studio.core.place_wrong", args={"path": str(found.root)}))
            return False
        self.moving = True
        try:
            moved = self.open(found.root)
        finally:
            self.moving = False
        if moved and earlier.root != found.root:
            self._settings.forget(str(earlier.root))
        return moved

    def close(self) -> None:
        """Close the project; its runs go on."""
        if self.folder is None:
            return
        index = self.index
        self.folder = self.project = self.index = None
        self.choices = Choices()
        self.closed.emit()
        self.presence.let_go()
        # After the signal: who still reads pictures lets go of them first.
        if index is not None:
            index.close()

    def reopen_index(self) -> bool:
        """Read the index that was put in place of the one that is open; False, after `failed`, if it cannot be read."""
        if self.folder is None:
            return False
        try:
            index = Index.open(self.folder.index)
        except UserError as error:
            self.failed.emit(error.message)
            return False
        before, self.index = self.index, index
        self._index_stamp = _stamp(self.folder)
        self.index_changed.emit()
        # After the signal, as in `close`.
        if before is not None:
            before.close()
        return True

    def catch_up(self) -> None:
        """Read the index if somebody else put another in its place: a second studio, or a command line."""
        if self.here and self.folder is not None and _stamp(self.folder) not in (None, self._index_stamp):
            self.reopen_index()

    def set_detector(self, choice: DetectorChoice) -> None:
        """Choose another base detector, size or anchors for what is trained from now on; one step of undo."""
        if self.project is not None and choice != self.project.detector:
            self.undo.push(_DetectorChange(self, self.project.detector, choice))

    def put_detector(self, choice: DetectorChoice) -> bool:
        """Make it the detector, outside of undo; for undo's own commands. False where it cannot be written."""
        assert self.folder is not None and self.project is not None
        project = self.project.model_copy(update={"detector": choice})
        written = self._write(self.folder.file, project)
        if written:
            self.project = project
            self.changed.emit()
        return written

    def set_start_point(self, start: str | None) -> None:
        """Choose what training starts from: None for scratch, a run's name, or the path of a weights file."""
        self.choose(start_point=start)

    def choose(self, **fields: str | float | bool | tuple[str, ...] | dict[str, float] | None) -> None:
        """Remember fields of `Choices` in the project."""
        choices = self.choices.model_copy(update=fields)
        if self.folder is None or choices == self.choices:
            return
        if self._write(self.folder.root / "studio.json", choices):
            self.choices = choices
            self.changed.emit()

    def _place_changed(self) -> None:
        if self.here and self.presence.restored and self.folder is not None:
            if not self.move(self.folder.root):
                self.presence.place = Place.GONE  # a copy that is not whole yet: looked at again
            return
        self.place_changed.emit()

    def _write(self, path: Path, content: BaseModel) -> bool:
        if not self.is_there():
            return False
        try:
            write_whole(path, content.model_dump_json(indent=2))
        except OSError as error:
            self.failed.emit(Message(code="studio.core.write", args=system_message(error).args))
            return False
        return True


class _DetectorChange(QUndoCommand):
    """From one detector, size and anchors to others; gone from undo where the disk refuses it."""

    def __init__(self, store: ProjectStore, before: DetectorChoice, after: DetectorChoice) -> None:
        sized = (before.key, before.classes) == (after.key, after.classes)
        super().__init__(tr("studio.core.undo_size") if sized else tr("studio.core.undo_detector"))
        self._store, self._before, self._after = store, before, after

    def redo(self) -> None:
        self.setObsolete(not self._store.put_detector(self._after))

    def undo(self) -> None:
        self.setObsolete(not self._store.put_detector(self._before))


def _stamp(folder: ProjectFolder) -> tuple[int, int] | None:
    """Which file the index is: another takes its place when it is made anew."""
    try:
        status = folder.index.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _read_choices(folder: ProjectFolder) -> Choices:
    try:
        return Choices.model_validate_json((folder.root / "studio.json").read_bytes())
    except (OSError, ValidationError):
        return Choices()
