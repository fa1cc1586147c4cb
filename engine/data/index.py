"""Writes the picture index of a project: one sqlite file with classes, pictures, boxes and findings.

It has one writer, which makes it whole under a temporary name and renames it; `contract.dataset.Index` reads it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.contract.dataset import INDEX_SCHEMA, Finding, Picture, Statistics
from engine.contract.text.messages import JobFailed
from engine.data.kept import Kept, to_rows

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
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE probes (path TEXT PRIMARY KEY, declared TEXT NOT NULL, dealt TEXT NOT NULL,
    shape TEXT NOT NULL, seen TEXT NOT NULL, thumb BLOB NOT NULL);
"""
_INDEXES = """
CREATE INDEX boxes_picture ON boxes (picture_id);
CREATE INDEX boxes_class ON boxes (class_id, picture_id);
CREATE INDEX pictures_split ON pictures (split);
CREATE INDEX pictures_path ON pictures (path);
CREATE INDEX pictures_digest ON pictures (digest);
"""
_AT_ONCE = 1 << 10


@dataclass(frozen=True)
class Contents:
    """All that an index is written from; `options` and what is `kept` are for the next look at the source."""

    source: Path
    format: str
    options: str
    classes: tuple[str, ...]
    pictures: Sequence[Picture]
    findings: Sequence[Finding]
    statistics: Statistics
    kept: Kept = Kept()

    def hash(self) -> str:
        """A SHA-256 over classes, pictures (their bytes, wherever they lie), splits and boxes."""
        return self._hash

    @cached_property
    def _hash(self) -> str:
        digest = hashlib.sha256(json.dumps([INDEX_SCHEMA, self.classes]).encode())
        rows = map(_hashed, self.pictures)
        while some := list(itertools.islice(rows, _AT_ONCE)):
            # As if each row were written by itself, which takes far longer: a row alone ends in two brackets.
            digest.update(json.dumps(some)[1:-1].replace("]], [", "]][").encode())
        return digest.hexdigest()


def _hashed(picture: Picture) -> list[object]:
    boxes = [(b.class_id, b.x1, b.y1, b.x2, b.y2, b.difficult, b.crowd) for b in picture.boxes]
    return [picture.id, picture.digest, picture.width, picture.height, picture.split, boxes]


def write_index(path: Path, contents: Contents, *, new: bool = True) -> None:
    """Write the index, whole or not at all, over an older one; raises JobFailed if the disk refuses it.

    Only for a `new` project its folder is made: one that is gone by now must not come back as half a one.
    """
    temporary = None
    try:
        if new:
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
        # Large pages take a tenth less to write.
        connection.executescript(
            "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES
        )
        for table, rows in _rows_of(contents):
            rows = iter(rows)
            first = next(rows, None)
            if first is not None:
                insert = f"INSERT INTO {table} VALUES ({','.join('?' * len(first))})"
                connection.executemany(insert, itertools.chain([first], rows))
        # After the rows: to keep them in order while they come takes far longer.
        connection.executescript(_INDEXES)
        connection.commit()
    finally:
        connection.close()


def _rows_of(contents: Contents) -> Iterator[tuple[str, Iterable[tuple[Any, ...]]]]:
    meta = {
        "schema": str(INDEX_SCHEMA),
        "source": str(contents.source),
        "format": contents.format,
        "options": contents.options,
        "hash": contents.hash(),
        "statistics": contents.statistics.model_dump_json(),
        "corrections": json.dumps(dict(contents.kept.corrections)),
        "numbers": json.dumps(dict(contents.kept.numbers)),
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
    yield "files", ((path, *stamp) for path, stamp in contents.kept.files.items())
    yield "probes", to_rows(contents.kept.pictures)
