"""Where pictures and files stand in an index: the place of a picture in a list, and the picture that a finding is of.

A part of the reader in `engine/contract/dataset.py`, which would be too long with it, and so asks as that does.
"""

from __future__ import annotations

import re
from pathlib import Path

from engine.contract.dataset import Index, Part, Picture


def place_of(index: Index, path: str, split: Part | None = None, class_id: int | None = None) -> int:
    """How many pictures `Index.pictures` tells before the one of that path; -1 if it does not tell that one."""
    held: dict[str, str | int | None] = {
        "split = ?": split,
        "id IN (SELECT picture_id FROM boxes WHERE class_id = ?)": class_id,
    }
    wanted = {condition: value for condition, value in held.items() if value is not None}
    there = " AND ".join(["path = ?", *wanted])
    found = index._rows(f"SELECT id FROM pictures WHERE {there}", (path, *wanted.values()))
    if not found:
        return -1
    before = " AND ".join(["id < ?", *wanted])
    return int(index._rows(f"SELECT count(*) FROM pictures WHERE {before}", (found[0][0], *wanted.values()))[0][0])


def annotated_in(index: Index, file: str, place: str = "") -> tuple[Picture, int | None] | None:
    """The picture that a file of the source is or annotates, and the number of its box at `place` in that file.

    None where there is none, or where the file is of several pictures and the place tells no box of them.
    """
    if not file:
        return None
    boxes = index._rows("SELECT picture_id, place FROM boxes WHERE file = ? ORDER BY id", (file,))
    there = {key for key, spot in boxes if place and spot == place} or {key for key, _ in boxes}
    if len(there) == 1:
        path = index._rows("SELECT path FROM pictures WHERE id = ?", (there.pop(),))[0][0]
        picture = index.picture_at(path)
        spots = [(box.file, box.place) for box in picture.boxes] if picture is not None else []
        number = spots.index((file, place)) if (file, place) in spots else None
        return (picture, number) if picture is not None else None
    picture = index.picture_at(str(index.source() / file))
    if picture is None and not boxes:
        picture = _of_the_same_name(index, file)
    return (picture, None) if picture is not None else None


def _of_the_same_name(index: Index, file: str) -> Picture | None:
    """The picture that is called as a file is whose boxes were all dropped, if there is one alone."""
    stem = re.sub(r"([%_\\])", r"\\\1", Path(file).stem)
    query = "SELECT path FROM pictures WHERE path LIKE ? ESCAPE '\\' LIMIT 2"
    named = index._rows(query, (f"%/{stem}.%",))
    return index.picture_at(named[0][0]) if len(named) == 1 else None
