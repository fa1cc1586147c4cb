"""Pictures from the disk: decoded at the wanted size in the thread pool, the latest kept in memory."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, QRunnable, QSize, QSizeF, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage

from studio.views.pictures.decoding import decode, whole_size

_AT_ONCE = 2
_MOST_WANTED = 240


class _Mailbox(QObject):
    """Outlives its loader as long as a decoder runs, so that a late answer finds no dangling object."""

    arrived = Signal(str, QImage, QSize)


class _Decoding(QRunnable):
    def __init__(self, mailbox: _Mailbox, path: str, bound: QSize) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._path = path
        self._bound = bound

    def run(self) -> None:
        """In a thread of the pool."""
        self._mailbox.arrived.emit(self._path, decode(self._path, self._bound), whole_size(self._path))


class PictureLoader(QObject):
    """Pictures no larger than `bound`; the latest asked for comes first, `budget` bytes of them are kept."""

    loaded = Signal(str)

    def __init__(self, bound: QSize, budget: int = 24 << 20, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bound = bound
        self._budget = budget
        self._held = 0
        self._kept: OrderedDict[str, QImage] = OrderedDict()
        self._sizes: dict[str, QSize] = {}
        self._wanted: OrderedDict[str, None] = OrderedDict()
        self._running: set[str] = set()
        self._mailbox = _Mailbox()
        self._mailbox.arrived.connect(self._take)

    def picture(self, path: str) -> QImage | None:
        """The picture; None while it is on its way, then `loaded` tells; a null image when it cannot be read."""
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        if path not in self._running:
            self._wanted[path] = None
            self._wanted.move_to_end(path)
            # What was scrolled past long ago is not decoded any more.
            while len(self._wanted) > _MOST_WANTED:
                self._wanted.popitem(last=False)
            self._start()
        return None

    def size(self, path: str) -> QSizeF:
        """The size of a picture that is there, in pixels of its file: the picture may have been decoded smaller."""
        return QSizeF(self._sizes.get(path, QSize()))

    def forget(self) -> None:
        """Drop what is kept and what is still wanted."""
        self._kept.clear()
        self._sizes.clear()
        self._wanted.clear()
        self._held = 0

    def idle(self) -> bool:
        """Whether nothing is being decoded."""
        return not self._running and not self._wanted

    def _start(self) -> None:
        while self._wanted and len(self._running) < _AT_ONCE:
            path, _ = self._wanted.popitem()
            self._running.add(path)
            QThreadPool.globalInstance().start(_Decoding(self._mailbox, path, self._bound))

    @Slot(str, QImage, QSize)
    def _take(self, path: str, image: QImage, size: QSize) -> None:
        self._running.discard(path)
        self._kept[path] = image
        self._sizes[path] = size
        self._held += max(1, image.sizeInBytes())
        while self._held > self._budget and len(self._kept) > 1:
            gone, old = self._kept.popitem(last=False)
            self._sizes.pop(gone, None)
            self._held -= max(1, old.sizeInBytes())
        self._start()
        self.loaded.emit(path)
