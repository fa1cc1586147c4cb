"""`sync`, `labels` and `show` on a project whose data changed: what they print, and their exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.run.data_seen import SHORT, data_seen, data_today, other_data
from engine.contract.source.changes import SyncCounts, SyncResult
from tests.fakes.datasets import Shot, shots
from tests.fakes.synced import Desk, trained

ONE = (("dog", (4.0, 6.0, 30.0, 40.0)),)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, shots())


def test_that_sync_says_what_was_added_corrected_and_gone(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.source.label(Shot("shot 01", "train", ONE))
    desk.source.write(Shot("new", "val", ONE))
    desk.source.remove("shot 02", "train")
    assert main(["sync", str(desk.folder.root), "--look"]) == 0
    looked = capsys.readouterr().out
    for words in ("1 picture is new", "new.png", "1 car, 1 dog, 1 tree -> 1 dog", "1 picture is gone", "Nothing was"):
        assert words in looked
    assert main(["sync", str(desk.folder.root), "--json"]) == 0
    result = SyncResult.model_validate(json.loads(capsys.readouterr().out))
    assert result.changes == SyncCounts(added=1, relabelled=1, gone=1) and result.written
    assert main(["sync", str(desk.folder.root)]) == 0
    assert "Nothing that the project uses has changed" in capsys.readouterr().out
    assert main(["sync", str(desk.folder.root), "--look"]) == 0
    assert "takes it in" not in capsys.readouterr().out


def test_that_an_error_stops_with_its_sentence_and_a_look_lists_all(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in (1, 2):
        desk.source.put(f"images/train/shot 0{n}.png", "no picture")
    assert main(["sync", str(desk.folder.root)]) == 2
    assert "shot 01.png" in capsys.readouterr().err
    assert main(["sync", str(desk.folder.root), "--look"]) == 1
    assert "--fix would mend 2 findings (left out)" in capsys.readouterr().out
    assert main(["sync", str(desk.folder.root), "--fix"]) == 0
    assert len(desk.pictures()) == 8


def test_that_corrected_labels_are_listed_and_all_are_written(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["labels", str(desk.folder.root)]
    assert main(words) == 0
    assert "No label was corrected" in capsys.readouterr().out
    desk.correct("images/val/shot 06.png", ("tree", (1.0, 2.0, 30.0, 40.0)))
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "images/val/shot 06.png" in told and f"espalier sync {desk.folder.root}" in told
    desk.sync()
    assert main([*words, "--split", "train", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pictures"] == []
    out = desk.folder.root / "out.json"
    assert main([*words, "--split", "val", "--coco", str(out)]) == 0
    document = json.loads(out.read_text())
    assert [image["file_name"] for image in document["images"]] == ["images/val/shot 06.png", "images/val/shot 07.png"]
    assert document["annotations"][0]["bbox"] == [1.0, 2.0, 29.0, 38.0]
    assert document["annotations"][0]["category_id"] == 3 and len(document["annotations"]) == 4


def test_that_show_tells_which_runs_saw_other_data(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    today = data_today(desk.folder)
    assert today is not None
    before, after = trained(desk, today, "before"), trained(desk, "f" * 64, "elsewhere")
    silent = trained(desk, "", "old")
    assert data_seen(before) == today and data_seen(silent) is None
    assert other_data(before, today) is None and other_data(after, today) == "f" * SHORT
    assert main(["show", str(desk.folder.root)]) == 0
    told = capsys.readouterr().out
    assert f"trained on other data: ffffffff (the project's is {today[:SHORT]}): {after.name}" in told
    assert told.count(before.name) == told.count(silent.name) == 1
    desk.source.label(Shot("shot 01", "train", ONE))
    desk.sync()
    assert main(["show", str(desk.folder.root), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(run["data"], run["other_data"]) for run in document["runs"]] == [
        (today, True),
        ("f" * 64, True),
        (None, False),
    ]
    assert main(["show", str(desk.folder.root), "1"]) == 0
    assert f"data: {today[:SHORT]}" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"1234", b"\xff" * 8, b"\x02\0\0\0\0\0\0\0{}", b"\x04\0\0\0\0\0\0\0null"])
def test_that_a_broken_checkpoint_tells_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "best.safetensors").write_bytes(content)
    assert data_seen(tmp_path) is None and data_seen(tmp_path / "nowhere") is None
