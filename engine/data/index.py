"""The picture index of a project: one sqlite file with classes, pictures, boxes and findings.

It has one writer, which makes it whole under a temporary name and renames it; readers open it read-only.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.messages import JobFailed, Message, UserError
from engine.data.files import PARTS, Part
from engine.data.report import Finding, Severity, Statistics

SCHEMA = 1
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE classes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE pictures (id INTEGER PRIMARY KEY, path TEXT NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL,
    split TEXT NOT NULL CHECK (split IN ('train', 'val', 'test', 'none')), digest TEXT NOT NULL);
CREATE TABLE boxes (id INTEGER PRIMARY KEY, picture_id INTEGER NOT NULL REFERENCES pictures,
    class_id INTEGER NOT NULL REFERENCES classes,
    x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
    difficult INTEGER NOT NULL, crowd INTEGER NOT NULL, file TEXT NOT NULL, place TEXT NOT NULL,
    CHECK (x1 >= 0 AND y1 >= 0 AND x1 < x2 AND y1 < y2));
CREATE TABLE findings (id INTEGER PRIMARY KEY, severity TEXT NOT NULL, code TEXT NOT NULL, args TEXT NOT NULL,
    file TEXT NOT NULL, place TEXT NOT NULL, action TEXT NOT NULL, mend TEXT);
CREATE INDEX boxes_picture ON boxes (picture_id);
CREATE INDEX pictures_split ON pictures (split);
"""


@dataclass(frozen=True)
class Box:
    """A box in pixels of its picture, edges left, top, right, bottom; always inside it and with an area.

    `class_id` counts from 0 in the index's classes; `file` (relative to the source) and `place` tell where it
    was annotated. `difficult` boxes and `crowd` regions are not to be counted as missed.
    """

    class_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    difficult: bool = False
    crowd: bool = False
    file: str = ""
    place: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture: its absolute path, its size in pixels, its split and the SHA-256 of its bytes."""

    id: int
    path: str
    width: int
    height: int
    split: Part
    digest: str
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Contents:
    """All that an index is written from; `options` are the import's own, as JSON, to do it again."""

    source: Path
    format: str
    options: str
    classes: tuple[str, ...]
    pictures: Sequence[Picture]
    findings: Sequence[Finding]
    statistics: Statistics

    def hash(self) -> str:
        """A SHA-256 over classes, pictures (their bytes, wherever they lie), splits and boxes."""
        digest = hashlib.sha256(json.dumps([SCHEMA, self.classes]).encode())
        for picture in self.pictures:
            boxes = [(b.class_id, b.x1, b.y1, b.x2, b.y2, b.difficult, b.crowd) for b in picture.boxes]
            row = [picture.id, picture.digest, picture.width, picture.height, picture.split, boxes]
            digest.update(json.dumps(row).encode())
        return digest.hexdigest()


class Index:
    """An index that is being read; close it, or use it as a context manager."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Index:
        """Open an index; raises UserError when it is missing, broken, or of another schema."""
        if not path.is_file():
            raise UserError("data.index_missing", path=str(path))
        # Without a check of threads: it is read-only, and data loaders hand it on.
        uri = f"{path.resolve().as_uri()}?mode=ro"
        index = cls(path, sqlite3.connect(uri, uri=True, check_same_thread=False))
        try:
            schema = index.meta("schema")
        except UserError:
            index.close()
            raise
        if schema != str(SCHEMA):
            index.close()
            raise UserError("data.index_schema", path=str(path), found=schema, known=SCHEMA)
        return index

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Index:
        """Itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()

    def meta(self, key: str) -> str:
        """One of `schema`, `source`, `format`, `options`, `hash`, `statistics`."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        if not rows:
            raise UserError("data.index_broken", path=str(self.path), reason=f"no {key}")
        return str(rows[0][0])

    def classes(self) -> tuple[str, ...]:
        """The class names; a box's `class_id` is a place in them."""
        return tuple(name for (name,) in self._rows("SELECT name FROM classes ORDER BY id"))

    def counts(self) -> dict[Part, int]:
        """How many pictures each split holds; "none" are those that no split uses."""
        held = dict(self._rows("SELECT split, count(*) FROM pictures GROUP BY split"))
        return {part: held.get(part, 0) for part in PARTS}

    def pictures(self, split: Part | None = None, *, limit: int = -1, offset: int = 0) -> list[Picture]:
        """The pictures of a split, or of all, in the order of their ids; a page of them with `limit`."""
        chosen = "FROM pictures WHERE ?1 IS NULL OR split = ?1 ORDER BY id LIMIT ?2 OFFSET ?3"
        page = (split, limit, offset)
        boxes: dict[int, list[Box]] = defaultdict(list)
        columns = "picture_id, class_id, x1, y1, x2, y2, difficult, crowd, file, place"
        query = f"SELECT {columns} FROM boxes WHERE picture_id IN (SELECT id {chosen}) ORDER BY id"
        for key, class_id, x1, y1, x2, y2, difficult, crowd, file, place in self._rows(query, page):
            boxes[key].append(Box(class_id, x1, y1, x2, y2, bool(difficult), bool(crowd), file, place))
        rows = self._rows(f"SELECT id, path, width, height, split, digest {chosen}", page)
        return [
            Picture(key, path, width, height, part, digest, tuple(boxes[key]))
            for key, path, width, height, part, digest in rows
        ]

    def findings(
        self, *, severity: Severity | None = None, limit: int = -1, offset: int = 0
    ) -> list[Finding]:
        """A page of the import's findings, in the order they were made."""
        query = (
            "SELECT severity, code, args, file, place, action, mend FROM findings "
            "WHERE ?1 IS NULL OR severity = ?1 ORDER BY id LIMIT ?2 OFFSET ?3"
        )
        return [
            Finding(
                severity=kind,
                message=Message(code=code, args=json.loads(args)),
                file=file,
                place=place,
                action=action,
                mend=mend,
            )
            for kind, code, args, file, place, action, mend in self._rows(query, (severity, limit, offset))
        ]

    def finding_count(self, severity: Severity | None = None) -> int:
        """How many findings there are, of one severity or in all."""
        query = "SELECT count(*) FROM findings WHERE ?1 IS NULL OR severity = ?1"
        return int(self._rows(query, (severity,))[0][0])

    def statistics(self) -> Statistics:
        """Class and box-size statistics per split, counted when the index was written."""
        return Statistics.model_validate_json(self.meta("statistics"))

    def content_hash(self) -> str:
        """The hash of what can be learnt from: the same data elsewhere on the disk has the same."""
        return self.meta("hash")

    def _rows(self, query: str, args: tuple[str | int | None, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, args).fetchall()
        except sqlite3.DatabaseError as broken:
            raise UserError("data.index_broken", path=str(self.path), reason=str(broken)) from broken


def write_index(path: Path, contents: Contents) -> None:
    """Write the index, whole or not at all, over an older one; raises JobFailed if the disk refuses it."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        _fill(temporary, contents)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except (OSError, sqlite3.OperationalError) as refused:
        raise JobFailed("data.index_unwritable", path=str(path), reason=str(refused)) from refused
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _fill(path: Path, contents: Contents) -> None:
    connection = sqlite3.connect(path)
    try:
        # The file has no name yet that anybody reads: it needs no journal to come back from.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        for table, rows in _rows_of(contents):
            for row in rows:
                connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
        connection.commit()
    finally:
        connection.close()


def _rows_of(contents: Contents) -> Iterator[tuple[str, Iterable[tuple[Any, ...]]]]:
    meta = {
        "schema": str(SCHEMA),
        "source": str(contents.source),
        "format": contents.format,
        "options": contents.options,
        "hash": contents.hash(),
        "statistics": contents.statistics.model_dump_json(),
    }
    yield "meta", meta.items()
    yield "classes", enumerate(contents.classes)
    yield "pictures", ((p.id, p.path, p.width, p.height, p.split, p.digest) for p in contents.pictures)
    yield (
        "boxes",
        (
            (None, p.id, b.class_id, b.x1, b.y1, b.x2, b.y2, b.difficult, b.crowd, b.file, b.place)
            for p in contents.pictures
            for b in p.boxes
        ),
    )
    yield (
        "findings",
        (
            (None, f.severity, f.message.code, json.dumps(f.message.args), f.file, f.place, f.action, f.mend)
            for f in contents.findings
        ),
    )
