"""A project with a source of its own, which a test may change."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any


def own_project(made: Path, folder: Path) -> tuple[Path, Path]:
    """Copies of the small project and of its source; the project and the source."""
    source, project = folder / "own data", folder / "own"
    before = made.parent / "data"
    shutil.copytree(before, source)
    shutil.copytree(made, project)
    with sqlite3.connect(project / "data" / "index.sqlite") as connection:
        for column, table in (("value", "meta"), ("path", "pictures")):
            connection.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (str(before), str(source)))
    connection.close()
    return project, source


def edit_json(source: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change an annotation file."""
    path = next(source.rglob(name))
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
