"""The end of a log that somebody writes."""

from __future__ import annotations

from pathlib import Path

_BLOCK = 64 * 1024


class LogTail:
    """Hands out whole lines as they come, beginning at most `LINES` lines before the end of what is there."""

    LINES = 2000

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset: int | None = None
        self._rest = b""

    def read(self) -> list[str]:
        """The new lines, at most 256 KB of them at a time; none where there is no log yet."""
        try:
            with self.path.open("rb") as stream:
                size = stream.seek(0, 2)
                if self._offset is None or size < self._offset:
                    self._offset, self._rest = max(0, size - 4 * _BLOCK), b""
                stream.seek(self._offset)
                data = stream.read(4 * _BLOCK)
        except OSError:
            return []
        self._offset += len(data)
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        # A progress bar draws over its line; its last state is what counts.
        return [line.rpartition(b"\r")[2].decode("utf-8", "replace") for line in lines][-self.LINES :]
