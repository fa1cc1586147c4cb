"""The files of a simulated phone: /data/local/tmp and /sdcard in a temporary folder, all else made up."""

from __future__ import annotations

import errno
import fnmatch
import posixpath
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

TMP, SDCARD = "/data/local/tmp", "/sdcard"
_MOUNTS = {TMP: "tmp", SDCARD: "sdcard"}
Told = Callable[[], str]


class Storage:
    """Paths of the phone and what they stand for on this machine; nothing outside the folder is ever reached.

    `told` are files that only can be read, each with what it says now. `refuse` may raise OSError before a change, and
    is told whether that takes room.
    """

    def __init__(self, told: Mapping[str, Told], refuse: Callable[[bool], None]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="espalier-phone-")
        self._root = Path(self._folder.name).resolve()
        self.told, self.refuse = dict(told), refuse
        for name in _MOUNTS.values():
            (self._root / name).mkdir()

    def close(self) -> None:
        """Remove all files."""
        self._folder.cleanup()

    def local(self, path: str) -> Path | None:
        """Where an absolute path of the phone lies here, None if it is not one of a real file.

        Raises PermissionError for a path that a symbolic link leads out of the folder.
        """
        path = normal(path)
        for mount, name in _MOUNTS.items():
            if path == mount or path.startswith(mount + "/"):
                found = self._root / name / path[len(mount) :].lstrip("/")
                if not found.resolve().is_relative_to(self._root / name):
                    raise PermissionError(errno.EACCES, "Permission denied")
                return found
        return None

    def writable(self, path: str, *, grows: bool = True) -> Path:
        """The same for a path that is to be written, or removed; raises OSError where nothing can be."""
        found = self.local(path)
        if found is None:
            missing = posixpath.dirname(normal(path)) not in self.folders()
            raise FileNotFoundError(errno.ENOENT, "No such file or directory") if missing else _read_only()
        self.refuse(grows)
        return found

    def read(self, path: str) -> bytes:
        """The content of a file; raises OSError."""
        if (told := self.told.get(normal(path))) is not None:
            return told().encode()
        found = self.local(path)
        if found is None:
            is_folder = normal(path) in self.folders()
            raise IsADirectoryError(errno.EISDIR, "Is a directory") if is_folder else _absent()
        return found.read_bytes()

    def folders(self) -> set[str]:
        """Every folder that is made up: those above the real and the readable files."""
        paths = {"/"}
        for path in (*_MOUNTS, *self.told):
            while (path := posixpath.dirname(path)) not in paths:
                paths.add(path)
        return paths

    def is_folder(self, path: str) -> bool:
        """Whether it is a folder."""
        found = self.local(path)
        return found.is_dir() if found is not None else normal(path) in self.folders()

    def exists(self, path: str) -> bool:
        """Whether anything is there."""
        found = self.local(path)
        return found.exists() if found is not None else normal(path) in self.told or self.is_folder(path)

    def names(self, path: str) -> list[str]:
        """What a folder holds, sorted; raises OSError."""
        found = self.local(path)
        if found is not None:
            return sorted(entry.name for entry in found.iterdir())
        path = normal(path)
        if path not in self.folders():
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory") if path in self.told else _absent()
        under = "" if path == "/" else path
        inside = (p[len(under) + 1 :] for p in (*self.told, *_MOUNTS, *self.folders()) if p.startswith(under + "/"))
        return sorted({rest.split("/")[0] for rest in inside if rest})

    def glob(self, pattern: str) -> list[str]:
        """Paths that match an absolute pattern, sorted; hidden names only where the pattern says so."""
        found = [""]
        for part in pattern.split("/")[1:]:
            found = [f"{folder}/{name}" for folder in found for name in self._matching(folder or "/", part)]
        return sorted(found)

    def _matching(self, folder: str, part: str) -> list[str]:
        if not self.is_folder(folder):
            return []
        hidden = part.startswith(".")
        return [n for n in self.names(folder) if fnmatch.fnmatchcase(n, part) and (hidden or not n.startswith("."))]

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all in it; raises OSError."""
        found = self.writable(path, grows=False)
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found)
        else:
            found.unlink()


def normal(path: str) -> str:
    """An absolute path without `.`, `..` and doubled slashes; above the root there is only the root."""
    return posixpath.normpath("/" + path.lstrip("/"))


def _absent() -> OSError:
    return FileNotFoundError(errno.ENOENT, "No such file or directory")


def _read_only() -> OSError:
    return OSError(errno.EROFS, "Read-only file system")
