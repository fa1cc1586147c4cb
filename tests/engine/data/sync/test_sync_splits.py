"""Splits outlive a sync: those that were drawn or asked stay, those that the source declares are followed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from engine.contract.source.changes import SyncCounts
from tests.fakes.datasets import Shot, shots
from tests.fakes.synced import ONE, Desk, codes


def drawn(count: int = 20) -> list[Shot]:
    return [Shot(f"p{n:02}", "none") for n in range(count)]


def test_that_a_renamed_picture_keeps_its_split(tmp_path: Path) -> None:
    desk = Desk(tmp_path, drawn())
    before = desk.parts()
    name = next(name for name, part in before.items() if part == "val")
    desk.source.move(name, "none", "called otherwise", "none")
    result = desk.sync()
    assert result.changes == SyncCounts(renamed=1)
    (example,) = result.examples
    assert (example.path, example.before) == ("images/called otherwise.png", f"images/{name}.png")
    assert desk.parts() == {n: p for n, p in before.items() if n != name} | {"called otherwise": "val"}


def test_that_files_that_are_numbered_anew_keep_their_splits(tmp_path: Path) -> None:
    desk = Desk(tmp_path, drawn())
    before = desk.parts()
    desk.source.remove("p00", "none")
    for n in range(1, 20):
        desk.source.move(f"p{n:02}", "none", f"p{n - 1:02}", "none")
    assert desk.sync().changes == SyncCounts(renamed=19, gone=1)
    assert desk.parts() == {f"p{n - 1:02}": before[f"p{n:02}"] for n in range(1, 20)}


def test_that_a_replaced_picture_keeps_its_split_and_is_looked_at_anew(tmp_path: Path) -> None:
    desk = Desk(tmp_path, drawn())
    name = next(name for name, part in desk.parts().items() if part == "test")
    desk.source.write(Shot(name, "none", ONE, width=80, height=60), likeness="something else")
    assert desk.sync().changes == SyncCounts(replaced=1)
    picture = desk.pictures()[f"images/{name}.png"]
    assert (picture.split, picture.width, picture.height) == ("test", 80, 60)


def test_that_a_drawn_split_is_never_redrawn_and_new_pictures_fill_it_up(tmp_path: Path) -> None:
    desk = Desk(tmp_path, drawn(), seed=3)
    before = desk.parts()
    for n in range(20, 40):
        desk.source.write(Shot(f"p{n:02}", "none"))
    result = desk.sync()
    assert result.changes == SyncCounts(added=20) and "split_drawn" in codes(result)
    after = desk.parts()
    assert {name: after[name] for name in before} == before
    assert Counter(after.values()) == {"train": 32, "val": 4, "test": 4}
    desk.source.write(Shot("one more", "none"))
    desk.sync()
    assert {name: part for name, part in desk.parts().items() if name in after} == after


def test_that_an_asked_split_is_kept_whatever_the_folders_say(tmp_path: Path) -> None:
    desk = Desk(tmp_path, shots(10, 0, 0), split=(0.5, 0.5, 0.0))
    before = desk.parts()
    desk.source.move("shot 00", "train", "shot 00", "val")
    for n in range(4):
        desk.source.write(Shot(f"new {n}", "test", ONE))
    desk.sync()
    after = desk.parts()
    assert {name: after[name] for name in before} == before
    assert Counter(after[f"new {n}"] for n in range(4)) == {"train": 2, "val": 2}


def test_that_val_taken_from_train_stays_what_it_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path, shots(20, 0, 2))
    before = desk.parts()
    assert Counter(before.values()) == {"train": 18, "val": 2, "test": 2}
    for n in range(10):
        desk.source.write(Shot(f"new {n}", "train", ONE))
    desk.source.write(Shot("held", "test", ONE))
    for _ in range(2):
        assert "split_val_taken" in codes(desk.sync())
    after = desk.parts()
    assert {name: after[name] for name in before} == before
    assert Counter(after.values()) == {"train": 27, "val": 3, "test": 3}


def test_that_a_picture_whose_declared_split_moved_follows_it_and_is_told(desk: Desk) -> None:
    desk.source.move("shot 00", "train", "shot 00", "test")
    result = desk.sync()
    assert result.changes == SyncCounts(moved=1, renamed=1) and "split_moved_seen" in codes(result)
    assert desk.parts()["shot 00"] == "test"
    assert "split_moved_seen" not in codes(desk.sync())


def test_that_a_copy_of_a_known_picture_makes_no_leak(tmp_path: Path) -> None:
    desk = Desk(tmp_path, drawn())
    for name in ("p00", "p05", "p11"):
        desk.source.write(Shot(f"copy of {name}", "none"), likeness=name)
    desk.sync()
    parts = desk.parts()
    assert all(parts[f"copy of {name}"] == parts[name] for name in ("p00", "p05", "p11"))
