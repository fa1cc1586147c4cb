"""What a project holds, and recipes, broken, through the verbs that read them."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.text.resources import RECIPES
from tests.trial.ground import KEY, SIZE

if TYPE_CHECKING:
    from tests.trial.fuzz.readers import Reader

PROJECT = Path("project")
"""Where the child has laid a project with a run, an evaluation and a broken-off recipe."""


def project_readers() -> list[Reader]:
    """Files of a project one kind at a time, recipes, and the index by its rows."""
    from tests.trial.fuzz.readers import Reader

    named = {
        "project.json": "project.json",
        "events": "runs/*/events.jsonl",
        "job.json": "runs/*/job.json",
        "result.json": "runs/*/result.json",
        "kept with a run": "runs/*/*/*.json",
        "lock": "runs/*/lock",
        "tasks": ".cache/tasks/*/*.json*",
    }
    found = [Reader(name, _prepare, _under(pattern), _show) for name, pattern in named.items()]
    found.append(Reader("recipe", _recipes, lambda folder: list(folder.glob("*.json")), _preview))
    found.append(Reader("index", _prepare, lambda folder: [folder / "data" / "index.sqlite"], _index))
    found.append(Reader("index rows", _prepare, lambda folder: [], _index_rows))
    found.append(Reader("labels.json", _labels, lambda folder: [folder / "labels.json"], _read_labels))
    return found


def _under(pattern: str) -> Callable[[Path], list[Path]]:
    return lambda folder: [path for path in folder.glob(pattern) if path.is_file()]


def _prepare(folder: Path) -> None:
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)


def _show(folder: Path, chance: random.Random) -> None:
    from tests.trial.fuzz.judge import verb

    verb("show", str(folder))
    verb("show", str(folder), "1")


def _recipes(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(RECIPES.glob("*.json")):
        shutil.copy(path, folder)


def _preview(folder: Path, chance: random.Random) -> None:
    from tests.trial.fuzz.judge import verb

    changed = [
        path for path in sorted(folder.glob("*.json")) if path.read_bytes() != (RECIPES / path.name).read_bytes()
    ]
    for path in changed:
        verb("preview", str(path), "--detector", KEY, "--size", str(SIZE))


def _index(folder: Path, chance: random.Random) -> None:
    """All that the studio and a training ask of an index."""
    from engine.contract.dataset import Index

    with Index.open(folder / "data" / "index.sqlite") as index:
        index.content_hash()
        index.classes()
        index.counts()
        index.statistics()
        found = index.pictures("train")
        index.pictures(limit=2, offset=1)
        index.picture_at(found[0].path if found else "x")
        index.of_digests([picture.digest for picture in found][:3])
        for finding in index.findings():
            finding.line("zh")
        index.finding_count("error")


def _index_rows(folder: Path, chance: random.Random) -> None:
    """Break one value of one row, then ask."""
    values = (
        None,
        "",
        "x",
        b"\xff",
        -1,
        0,
        1e308,
        2**62,
        "\ud800".encode("utf-8", "surrogatepass"),
        "[]",
        "{}",
        "nan",
        "9" * 5000,
    )
    connection = sqlite3.connect(folder / "data" / "index.sqlite")
    try:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        table = chance.choice(("meta", "classes", "pictures", "boxes", "findings"))
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        column = chance.choice(columns)
        where = f"rowid IN (SELECT rowid FROM {table} ORDER BY random() LIMIT {chance.choice((1, 1, 100))})"
        if chance.random() < 0.2:
            connection.execute(f"DELETE FROM {table} WHERE {where}")
        else:
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (chance.choice(values),))
        connection.commit()
    except sqlite3.Error:
        pass  # the file itself refuses it: nothing is broken
    finally:
        connection.close()
    _index(folder, chance)


def _labels(folder: Path) -> None:
    from engine.contract.labels import Correction, Corrections, LabelBox

    box = LabelBox(name="car", box=(1.0, 2.0, 30.0, 20.5))
    held = {f"{n:064x}": Correction(path=f"a/{n}.png", boxes=(box, box)) for n in range(3)}
    folder.mkdir(parents=True, exist_ok=True)
    Corrections(pictures=held).write(folder / "labels.json")


def _read_labels(folder: Path, chance: random.Random) -> None:
    from engine.contract.labels import Corrections

    json.dumps(Corrections.read(folder / "labels.json").model_dump())
