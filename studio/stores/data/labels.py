"""Labels that are corrected in the picture: what was corrected, kept in the project, and whether the index has it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from engine.contract.dataset import Picture
from engine.contract.labels import Correction, Corrections
from engine.contract.text.messages import Message, UserError
from studio.i18n import tr
from studio.stores.data.label_file import Changes, LabelFile
from studio.stores.data.overlay import Boxes, boxes_of, is_applied, laid_over, unshown
from studio.stores.project import ProjectStore
from studio.workers.background import Background

_AT_ONCE = 500


class LabelsStore(QObject):
    """`changed` when a picture has other labels, or they are written, refused or applied.

    `problem` is why they cannot be written. They are kept, and written with the next change or by `save`, also when
    the project is opened again before the studio ends.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, project: ProjectStore, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._background = project, background
        self.problem: Message | None = None
        self.revision = 0
        """Counts what was corrected, undone and taken back."""
        self._file: LabelFile | None = None
        self._held: dict[str, Correction] = {}
        self._source: dict[str, Boxes] = {}  # of pictures that were corrected since the project was opened
        self._taken_in: set[str] = set()  # the pictures that the index has corrected labels of
        self._waiting: set[str] = set()
        self._seen: dict[str, list[Picture]] = {}  # corrected pictures as the index has them: to find one takes a while
        self._left: list[tuple[Path, bytes, Changes]] = []  # what could not be written of projects that were closed
        project.opened.connect(self._opened)
        project.closed.connect(self._closed)
        project.place_changed.connect(self._place_changed)
        project.index_changed.connect(self._index_changed)

    @property
    def waiting(self) -> int:
        """How many pictures have other labels than the index."""
        return len(self._waiting)

    @property
    def saved(self) -> bool:
        """Whether the project's file has all that was corrected."""
        return self._file is None or not self._file.behind

    def digests(self) -> tuple[str, ...]:
        """The pictures that are corrected."""
        return tuple(self._held)

    def is_corrected(self, picture: Picture) -> bool:
        """Whether the labels of the project hold for it, not those of the source."""
        return picture.digest in self._held

    def is_waiting(self, picture: Picture) -> bool:
        """Whether the index has other labels for it."""
        return picture.digest in self._waiting

    def shown(self, picture: Picture) -> Picture:
        """A picture of the index with the labels that hold, applied or not."""
        wanted = self._wanted(picture.digest)
        index = self._project.index
        return picture if wanted is None or index is None else laid_over(picture, wanted, index.classes())

    def correct(self, picture: Picture, boxes: Boxes, text: str, merge: str = "") -> None:
        """Let a picture that is shown have these boxes; one step of undo, which `text` names.

        Steps that follow each other with the same `merge` become one.
        """
        index = self._project.index
        if index is None:
            return
        digest, classes = picture.digest, index.classes()
        before = self._held.get(digest)
        if before is None and digest not in self._source and digest not in self._taken_in:
            found = self._of_index([digest])
            self._source[digest] = boxes_of(found[0], classes) if found else ()
        # What it has of classes that the data does not know is not shown, and not lost.
        boxes += unshown(before.boxes, classes) if before is not None else ()
        # Once the index was made of a correction, nobody here knows what its source says by now.
        as_source = boxes == self._source.get(digest) and digest not in self._taken_in
        after = None if as_source else Correction(path=picture.path, boxes=boxes)
        if after != before:
            self._project.undo.push(_Change(self, digest, (before, after), text, merge))

    def take_back(self, picture: Picture) -> None:
        """Let the labels of the source hold again for a picture; one step of undo."""
        before = self._held.get(picture.digest)
        if before is not None:
            text = tr("studio.labels.undo_take_back", name=Path(picture.path).name)
            self._project.undo.push(_Change(self, picture.digest, (before, None), text))

    def put(self, digest: str, correction: Correction | None) -> None:
        """Make it what the project says of a picture, outside of undo; for undo's own commands."""
        if self._file is None:
            return
        self.revision += 1
        if correction is None:
            self._held.pop(digest, None)
        else:
            self._held[digest] = correction
        self._file.put({digest: correction})
        self._compare([digest])
        self.changed.emit()

    def save(self) -> None:
        """Try to write again what could not be written."""
        self.problem = None
        if self._file is not None:
            self._file.write()
        self.changed.emit()

    def _wanted(self, digest: str) -> Boxes | None:
        held = self._held.get(digest)
        if held is not None:
            return held.boxes
        return self._source.get(digest) if digest in self._taken_in else None

    def _compare(self, digests: Iterable[str]) -> None:
        """Find out which of these pictures the index has other labels for."""
        index, all_ = self._project.index, set(digests)
        self._waiting.difference_update(all_)
        self._waiting.update((all_ & self._taken_in).difference(self._held))
        asked = sorted(all_.intersection(self._held))
        if index is None:
            return
        classes = index.classes()
        for picture in self._of_index(asked):
            if not is_applied(picture, self._held[picture.digest].boxes, classes):
                self._waiting.add(picture.digest)

    def _of_index(self, digests: list[str]) -> list[Picture]:
        """The pictures with these digests as the index has them; one that lies in two places is two."""
        index, missing = self._project.index, [digest for digest in digests if digest not in self._seen]
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            try:
                found = index.of_digests(part) if index is not None else []
            except UserError:  # the index is broken, which the page says
                return []
            self._seen.update({digest: [] for digest in part})
            for picture in found:
                self._seen[picture.digest].append(picture)
        return [picture for digest in digests for picture in self._seen[digest]]

    def _index_changed(self) -> None:
        """It was made anew of the source and of what was corrected."""
        self._seen.clear()
        self._taken_in = self._told_by_index()
        known = self._taken_in.union(self._held)
        self._source = {digest: boxes for digest, boxes in self._source.items() if digest in known}
        self._waiting.clear()
        self._compare(known)
        if self._file is not None and not known <= self._held.keys():
            self._file.read()  # what the index has of another studio's corrections was not taken back here
        self.changed.emit()

    def _told_by_index(self) -> set[str]:
        try:
            return set(self._project.index.corrections()) if self._project.index is not None else set()
        except UserError:  # the index is broken, which the page says
            return set()

    def _opened(self) -> None:
        folder = self._project.folder
        assert folder is not None
        file = self._file = LabelFile(folder.labels, self._background, lambda: self._missing(folder.root), self)
        self._taken_in = self._told_by_index()
        file.told.connect(lambda held: self._take(file, held))
        file.refused.connect(lambda message: self._refused(file, message))
        left, presence = self._left, self._project.presence
        self._left = [each for each in left if not presence.is_meant(each[0], each[1])]
        for root, mark, changes in left:
            for digest, correction in changes.items() if presence.is_meant(root, mark) else ():
                self.put(digest, correction)
        file.read()

    def _missing(self, root: Path) -> Message | None:
        """Why nothing is to be written: the project is not where it was. That is known while it is being closed too."""
        return None if self._project.presence.look() else self._project.gone_from(root)

    def _place_changed(self) -> None:
        if self._project.here and not self.saved:
            self.save()

    def _take(self, file: LabelFile, held: Corrections) -> None:
        if file is not self._file:
            return
        before = self._held
        told = {**held.pictures, **file.behind}
        self._held = {digest: correction for digest, correction in told.items() if correction is not None}
        self.problem = None
        changed = {digest for digest in {**before, **self._held} if before.get(digest) != self._held.get(digest)}
        self._compare(changed | self._taken_in.difference(self._held))
        self.changed.emit()

    def _refused(self, file: LabelFile, message: Message) -> None:
        if file is self._file:
            self.problem = message
            self.changed.emit()

    def _closed(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            problem = file.finish()
            if problem is not None:
                self._left.append((file.path.parent.parent, self._project.presence.mark, file.unwritten))
                if not self._project.moving:
                    self.failed.emit(Message(code="studio.labels.not_written", args={"reason": problem}))
            file.deleteLater()
        self.problem = None
        for kept in (self._held, self._source, self._seen):
            kept.clear()
        for marks in (self._taken_in, self._waiting):
            marks.clear()
        self.changed.emit()


class _Change(QUndoCommand):
    """From one correction of a picture to another, or to none."""

    def __init__(
        self, store: LabelsStore, digest: str, ways: tuple[Correction | None, Correction | None], text: str,
        merge: str = "",
    ) -> None:  # fmt: skip
        super().__init__(text)
        self._store, self._digest, self._merge = store, digest, merge
        self._before, self._after = ways

    def redo(self) -> None:
        self._store.put(self._digest, self._after)

    def undo(self) -> None:
        self._store.put(self._digest, self._before)

    def id(self) -> int:
        return hash((self._digest, self._merge)) % 0x7FFFFFFF if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        if not isinstance(other, _Change) or (other._digest, other._merge) != (self._digest, self._merge):
            return False
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True
