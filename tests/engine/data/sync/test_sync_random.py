"""However a source changes, a sync gives the index that an import of it as it is now gives."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from engine.contract.dataset import Index
from engine.data.dataset_import import import_dataset
from tests.fakes.datasets import CLASSES, Shot
from tests.fakes.synced import Desk

_TABLES = ("classes", "pictures", "boxes", "files", "probes")


def rows_of(path: Path) -> dict[str, object]:
    """All of an index but its findings, which tell how it was made."""
    connection = sqlite3.connect(path)
    try:
        held: dict[str, object] = {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in _TABLES
        }
    finally:
        connection.close()
    with Index.open(path) as index:
        return {**held, "hash": index.content_hash(), "statistics": index.statistics()}


def a_shot(dice: random.Random, number: int) -> Shot:
    boxes = tuple(
        (dice.choice(CLASSES), (x, y, x + dice.uniform(2, 30), y + dice.uniform(2, 30)))
        for x, y in [(dice.uniform(-3, 60), dice.uniform(-3, 44)) for _ in range(dice.randrange(4))]
    )
    return Shot(f"shot {number:02}", dice.choice(["train", "train", "val", "test"]), boxes)


def change(desk: Desk, shots: dict[str, Shot], dice: random.Random) -> None:
    name = dice.choice(sorted(shots))
    shot = shots[name]
    match dice.randrange(6):
        case 0:
            shots[name] = Shot(name, shot.part, a_shot(dice, 0).boxes)
            desk.source.label(shots[name])
        case 1:
            added = a_shot(dice, len(shots) + 50)
            shots[added.name] = added
            desk.source.write(added)
        case 2 if sum(each.part == shot.part for each in shots.values()) > 2:
            desk.source.remove(name, shot.part)
            del shots[name]
        case 3:
            desk.source.write(shot, likeness=f"another {dice.random()}")
        case 4:
            odd = (
                "",
                "0 .5 .5 .2 .2 .9\n",
                "0 .1 .1 .2\n1 .5 .5 .2 .2\n",
                "2 .5 .5 1_0e-2 nan\n1 .9 .9 .4 .4\n",
                "x\n",
            )
            desk.source.put(f"labels/{shot.part}/{name}.txt", dice.choice(odd))
        case _:
            desk.source.put(
                f"labels/{shot.part}/{name}.txt", "1 .5 .5 .25 .5\n0 -0.0 .5 .5 .5\n" * dice.randrange(1, 3)
            )


@pytest.mark.parametrize("seed", range(8))
def test_that_a_sync_gives_what_an_import_gives(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    shots = {shot.name: shot for shot in (a_shot(dice, n) for n in range(14))}
    sure = (("car", (4.0, 6.0, 30.0, 40.0)), ("dog", (1.0, 2.0, 9.0, 9.0)), ("tree", (5.0, 6.0, 50.0, 40.0)))
    fixed = [Shot(f"sure {part}", part, sure) for part in ("train", "val", "test")]
    fix = bool(seed % 2)
    desk = Desk(tmp_path, [*fixed, *shots.values()], fix=fix)
    for _ in range(3):
        for _ in range(dice.randrange(1, 5)):
            change(desk, shots, dice)
        desk.sync()
        fresh = tmp_path / "fresh.sqlite"
        import_dataset(desk.source.root, fresh, fix=fix)
        assert rows_of(desk.folder.index) == rows_of(fresh)
