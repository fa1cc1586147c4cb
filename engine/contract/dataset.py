"""What a project's data is, and the reader of its index: pictures, boxes, findings, statistics."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.pictures.broken import told_as_broken
from engine.contract.pictures.filters import Filters, gaps, parts
from engine.contract.text.messages import Language, Message, UserError

INDEX_SCHEMA = 1
Part = Literal["train", "val", "test", "none"]
"""The split of a picture; "none" is in no use."""
PARTS: tuple[Part, ...] = ("train", "val", "test", "none")
Severity = Literal["error", "warning", "info"]
Action = Literal["kept", "clipped", "dropped", "scaled", "turned", "left_out", "moved", "stopped"]


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


Drawn = tuple[float, ...]
"""The class of a box, its edges, whether it is difficult, whether it is a crowd."""


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


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(_Frozen):
    """One thing that a person should know about a dataset.

    `file` is relative to the source folder, `place` a spot in it (`object 3`, `line 12`, `annotations[17]`).
    `action` is what was done; `mend` what `--fix` would do instead, None when there is nothing left to mend.
    An error is what stops an import.
    """

    severity: Severity
    message: Message
    file: str = ""
    place: str = ""
    action: Action
    mend: Action | None = None

    def mended(self) -> Finding:
        """The finding after `--fix`: what could be mended was, so it no longer stops anything."""
        if self.mend is None:
            return self
        severity: Severity = "warning" if self.severity == "error" else self.severity
        return self.model_copy(update={"severity": severity, "action": self.mend, "mend": None})

    def line(self, language: Language = "en") -> str:
        """The finding as one line for a person."""
        parts = [Message(code=f"data.severity.{self.severity}").text(language), self.message.text(language)]
        parts.append(f"[{Message(code=f'data.action.{self.action}').text(language)}]")
        if self.mend is not None:
            what = Message(code=f"data.action.{self.mend}").text(language)
            parts.append(Message(code="data.mend", args={"what": what}).text(language))
        return " ".join(parts)


class SplitStatistics(_Frozen):
    """What one split holds.

    `boxes`, `per_class` and the sizes count what is to be found. `difficult` boxes are learnt from and counted
    neither as found nor as missed; a `crowd`, or what is to be ignored, is not learnt from either. `aside` counts
    both by class.
    `small`, `medium`, `large` count boxes by COCO's areas (below 32^2, below 96^2, above, in pixels).
    `relative` counts boxes by sqrt(box area / picture area), in the bins of `Statistics.relative_edges`.
    """

    pictures: int
    pictures_without_boxes: int
    boxes: int
    per_class: dict[str, int]
    small: int
    medium: int
    large: int
    relative: tuple[int, ...]
    difficult: int = 0
    crowd: int = 0
    aside: dict[str, int] = {}


class Statistics(_Frozen):
    """Classes and box sizes per split; bin i of `relative` runs from edge i to edge i + 1."""

    relative_edges: tuple[float, ...] = ()
    splits: dict[str, SplitStatistics] = {}


class Index:
    """An index that is being read; close it, or use it as a context manager.

    Whatever asks it raises UserError when the file turns out to be broken.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._filters = Filters(self._rows)

    @classmethod
    def open(cls, path: Path) -> Index:
        """Open an index; raises UserError when it is missing, broken, or of another schema."""
        if not path.is_file():
            raise UserError("data.index_missing", path=str(path))
        # Without a check of threads: it is read-only, and data loaders hand it on.
        uri = f"{path.resolve().as_uri()}?mode=ro"
        index = cls(path, sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None))
        try:
            schema = index.meta("schema")
        except UserError:
            index.close()
            raise
        if schema != str(INDEX_SCHEMA):
            index.close()
            raise UserError("data.index_schema", path=str(path), found=schema, known=INDEX_SCHEMA)
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
        """One of `schema`, `source`, `format`, `options`, `hash`, `statistics`; raises UserError if it is not there."""
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

    def source(self) -> Path:
        """The folder that the data was imported from. Raises UserError as `meta` does."""
        return Path(self.meta("source"))

    def picture_count(self, split: Part | None = None, class_id: int | None = None) -> int:
        """How many pictures there are of a split and with a box of a class, or in all."""
        return int(self._rows(*self._filters.count(split, class_id))[0][0])

    def pictures(
        self, split: Part | None = None, class_id: int | None = None, *, limit: int = -1, offset: int = 0
    ) -> list[Picture]:
        """The pictures of a split and with a box of a class, or all, by their ids; a page of them with `limit`.

        A picture has all its boxes, those of other classes too.
        """
        return self._pictures([key for (key,) in self._rows(*self._filters.page(split, class_id, limit, offset))])

    def of_digests(self, digests: Sequence[str], split: Part | None = None) -> list[Picture]:
        """The pictures with these digests, of a split or of all, by their ids; those that are not there lack."""
        found: list[int] = []
        for part in parts(list(dict.fromkeys(digests))):
            chosen = f"SELECT id FROM pictures WHERE digest IN ({gaps(part)})"
            args = (*part, split) if split is not None else tuple(part)
            found += [key for (key,) in self._rows(chosen + (" AND split = ?" if split is not None else ""), args)]
        return self._pictures(sorted(found))

    def picture_at(self, path: str) -> Picture | None:
        """The picture of that path, with its boxes; None where there is none."""
        rows = self._rows("SELECT id FROM pictures WHERE path = ? ORDER BY id LIMIT 1", (path,))
        return next(iter(self._pictures([key for (key,) in rows])), None)

    def _pictures(self, ids: Sequence[int]) -> list[Picture]:
        """The pictures of ids that go up."""
        found: list[Picture] = []
        for some in parts(ids):
            boxes: dict[int, list[Box]] = defaultdict(list)
            columns = "picture_id, class_id, x1, y1, x2, y2, difficult, crowd, file, place"
            query = f"SELECT {columns} FROM boxes WHERE picture_id IN ({gaps(some)}) ORDER BY id"
            for key, kind, x1, y1, x2, y2, difficult, crowd, file, place in self._rows(query, tuple(some)):
                boxes[key].append(Box(kind, x1, y1, x2, y2, bool(difficult), bool(crowd), file, place))
            columns = "id, path, width, height, split, digest"
            rows = self._rows(f"SELECT {columns} FROM pictures WHERE id IN ({gaps(some)}) ORDER BY id", tuple(some))
            found += [
                Picture(key, path, width, height, part, digest, tuple(boxes[key]))
                for key, path, width, height, part, digest in rows
            ]
        return found

    def drawn(self) -> dict[str, tuple[Picture, list[Drawn]]]:
        """All pictures by their paths, without boxes, each with its boxes as bare rows: far quicker than `pictures`."""
        rows: dict[int, list[Drawn]] = defaultdict(list)
        columns = "picture_id, class_id, x1, y1, x2, y2, difficult, crowd"
        for row in self._rows(f"SELECT {columns} FROM boxes ORDER BY id"):
            rows[row[0]].append(row[1:])
        columns = "id, path, width, height, split, digest"
        held = (Picture(*row) for row in self._rows(f"SELECT {columns} FROM pictures ORDER BY id"))
        return {picture.path: (picture, rows[picture.id]) for picture in held}

    def findings(
        self, *, severity: Severity | None = None, code: str | None = None, limit: int = -1, offset: int = 0
    ) -> list[Finding]:
        """A page of the import's findings, in the order they were made: of a severity, of one code, or all."""
        query = (
            "SELECT severity, code, args, file, place, action, mend FROM findings WHERE (?1 IS NULL OR severity = ?1) "
            "AND (?2 IS NULL OR code = ?2) ORDER BY id LIMIT ?3 OFFSET ?4"
        )
        with told_as_broken(self.path):
            return [
                Finding(
                    severity=kind,
                    message=Message(code=code, args=json.loads(args)),
                    file=file,
                    place=place,
                    action=action,
                    mend=mend,
                )
                for kind, code, args, file, place, action, mend in self._rows(query, (severity, code, limit, offset))
            ]

    def finding_count(self, severity: Severity | None = None, *, mendable: bool = False) -> int:
        """How many findings there are, of one severity or in all; only those that `--fix` mends if `mendable`."""
        query = "SELECT count(*) FROM findings WHERE (?1 IS NULL OR severity = ?1) AND (NOT ?2 OR mend IS NOT NULL)"
        return int(self._rows(query, (severity, int(mendable)))[0][0])

    def finding_codes(self) -> set[str]:
        """What kinds of findings there are."""
        return {code for (code,) in self._rows("SELECT DISTINCT code FROM findings")}

    def statistics(self) -> Statistics:
        """Class and box-size statistics per split, kept from the import. Raises UserError as `meta` does."""
        with told_as_broken(self.path):
            return Statistics.model_validate_json(self.meta("statistics"))

    def content_hash(self) -> str:
        """The hash of what can be learnt from: the same data elsewhere on the disk has the same.

        Raises UserError as `meta` does.
        """
        return self.meta("hash")

    def files(self) -> dict[str, tuple[int, int]]:
        """Size and time (ns) of the source's files at the import, by relative path; empty in an older index."""
        return {path: (size, time) for path, size, time in self._kept("files", "path, size, mtime_ns")}

    def probes(self) -> list[tuple[Any, ...]]:
        """What was seen of each picture, for `engine.data.kept` to read; empty in an older index."""
        return self._kept("probes", "path, declared, dealt, shape, seen, thumb")

    def corrections(self) -> dict[str, str]:
        """A stamp of each picture's corrected labels that were taken in, by digest."""
        rows = self._rows("SELECT value FROM meta WHERE key = 'corrections'")
        return dict(json.loads(rows[0][0])) if rows else {}

    def paths(self, split: Part | None = None, limit: int = -1) -> list[str]:
        """The paths alone of what `pictures` gives."""
        ids, args = self._filters.page(split, None, limit, 0)
        return [path for (path,) in self._rows(f"SELECT path FROM pictures WHERE id IN ({ids}) ORDER BY id", args)]

    def _kept(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        there = self._rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
        return self._rows(f"SELECT {columns} FROM {table}") if there else []

    def _rows(self, query: str, args: tuple[str | int | None, ...] = ()) -> list[tuple[Any, ...]]:
        with told_as_broken(self.path):
            return self._connection.execute(query, args).fetchall()
