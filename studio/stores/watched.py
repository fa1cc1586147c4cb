"""The pictures that trainings watch: which are wanted from now on, and what each look of a run has found."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.contract.dataset import Picture
from engine.contract.run.findings.watched import Watched, read_watched
from engine.contract.text.messages import UserError
from studio.stores.project import ProjectStore

MOST = 12
"""As many pictures may be watched; each costs a moment after every evaluation."""
_KEPT = 64


class WatchedStore(QObject):
    """`chosen` are digests of val pictures, none for a few that the engine takes; `changed` after a choice."""

    changed = Signal()

    def __init__(self, project: ProjectStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._read: OrderedDict[tuple[str, int], Watched | None] = OrderedDict()
        self._known: dict[str, Picture] = {}
        project.opened.connect(self._restart)
        project.closed.connect(self._restart)
        project.index_changed.connect(self._restart)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Digests of the pictures that the next training is to watch."""
        return self._project.choices.watched

    def choose(self, digests: Sequence[str]) -> None:
        """Have these pictures watched from the next training on; remembered with the project."""
        self._project.choose(watched=tuple(digests)[:MOST])
        self.changed.emit()

    def look(self, file: Path, told: int) -> Watched | None:
        """What a look found; None where its file is gone. `told` is another when it was written again."""
        key = (str(file), told)
        if key not in self._read:
            self._read[key] = read_watched(file)
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        self._read.move_to_end(key)
        return self._read[key]

    def pictures(self, digests: Sequence[str]) -> list[Picture]:
        """The pictures of the data with these digests, with what is annotated on them; those that are gone lack."""
        missing = [digest for digest in digests if digest not in self._known]
        index = self._project.index
        if missing and index is not None:
            try:
                self._known.update({picture.digest: picture for picture in index.of_digests(missing, "val")})
            except UserError:  # the index is broken, which the data page says; boxes found can be shown all the same
                return []
        return [self._known[digest] for digest in digests if digest in self._known]

    def classes(self) -> tuple[str, ...]:
        """The names of the classes of the project's data."""
        project = self._project.project
        return project.detector.classes if project is not None else ()

    def _restart(self) -> None:
        self._read.clear()
        self._known.clear()
        self.changed.emit()
