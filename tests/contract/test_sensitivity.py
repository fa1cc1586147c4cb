"""What is kept of a measurement: losses with their spreads, those of before there were any, and what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.sensitivity import ChannelSaliency, GroupLosses, SensitivityFolder

BEFORE = (
    '{"format": 1, "group": "conv1", "channels": 16, "base": 50.0, "split": "val", "pictures": 40, '
    '"losses": {"0.25": 0.4, "0.5": 3.0}}'
)
"""A file as it was written before there were spreads."""


def losses(losses: dict[float, float], spreads: dict[float, float | None]) -> GroupLosses:
    return GroupLosses(group="conv1", channels=16, base=50.0, split="val", pictures=40, losses=losses, spreads=spreads)


def test_that_what_lies_within_two_deviations_may_be_chance() -> None:
    found = losses(
        losses={0.25: 0.9, 0.5: -0.9, 0.75: 3.0, 0.875: 3.0}, spreads={0.25: 0.5, 0.5: 0.5, 0.75: 0.5, 0.875: None}
    )
    assert [found.within_noise(ratio) for ratio in (0.25, 0.5, 0.75, 0.875, 0.1)] == [True, True, False, False, False]


def test_that_old_files_open_and_are_measured_again_for_their_spreads(tmp_path: Path) -> None:
    folder = SensitivityFolder(tmp_path)
    (tmp_path / "conv1.json").write_text(BEFORE)
    old = folder.read()["conv1"]
    assert old.losses == {0.25: 0.4, 0.5: 3.0} and old.spreads is None and not old.within_noise(0.25)
    assert folder.missing("conv1", [0.25, 0.5, 0.75]) == [0.25, 0.5, 0.75]
    folder.write(losses(losses={0.25: 0.5}, spreads={0.25: 0.3}))
    assert folder.missing("conv1", [0.25, 0.5]) == [0.5]
    now = folder.read()["conv1"]
    assert now.losses == {0.25: 0.5, 0.5: 3.0} and now.spreads == {0.25: 0.3} and now.within_noise(0.25)


def test_that_one_picture_that_tells_no_spread_is_not_measured_for_ever(tmp_path: Path) -> None:
    folder = SensitivityFolder(tmp_path)
    folder.write(losses(losses={0.25: 0.5}, spreads={0.25: None}))
    assert folder.missing("conv1", [0.25]) == [] and folder.read()["conv1"].spreads == {0.25: None}


def test_that_shares_of_saliency_are_of_the_least_salient_channels(tmp_path: Path) -> None:
    found = ChannelSaliency(pictures=3, groups={"a": (4.0, 0.0, 1.0, 2.0), "b": (3.0,)})
    assert found.total == 10 and [found.share("a", ratio) for ratio in (0.25, 0.5, 1.0)] == [0.0, 0.1, 0.7]
    assert found.share_without({"a": 1, "b": 1}) == pytest.approx(0.3)
    file = ChannelSaliency.file(tmp_path, 3, "0123456789abcdef")
    assert ChannelSaliency.read(file) is None and ChannelSaliency.counts(tmp_path, "0123456789abcdef") == []
    file.parent.mkdir()
    file.write_text(found.model_dump_json())
    assert ChannelSaliency.read(file) == found and ChannelSaliency.counts(tmp_path, "0123456789abcdef") == [3]
    assert ChannelSaliency.counts(tmp_path, "another checkpoint") == []
