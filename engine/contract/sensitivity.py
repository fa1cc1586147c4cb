"""What a run's network can spare, as kept with the run: losses and saliency by channel group, errors of int8."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.system.files import folder_in, write_atomically


def digest_of(checkpoint: Path) -> str:
    """The hash of a checkpoint by which what was measured of it is found again; raises OSError."""
    return hashlib.sha256(checkpoint.read_bytes()).hexdigest()


NOISE = 2.0
"""So many standard deviations a loss must have for it not to be taken for chance: 95 of 100 such are none."""


class GroupLosses(BaseModel):
    """Points of mAP lost by ratio of channels removed, against `base`; measured on `pictures` of `split`.

    `spreads` are the standard deviations of the losses over pictures, by ratio; None where one picture cannot tell, and
    in what was measured before spreads were.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    group: str
    channels: int
    base: float
    split: str
    pictures: int
    losses: dict[float, float]
    spreads: dict[float, float | None] | None = None

    def spread(self, ratio: float) -> float | None:
        """The spread of a measured loss; None where it is not known."""
        return (self.spreads or {}).get(ratio)

    def within_noise(self, ratio: float) -> bool:
        """Whether a measured loss, or gain, may be chance; False where that is not known."""
        loss, spread = self.losses.get(ratio), self.spread(ratio)
        return loss is not None and spread is not None and abs(loss) <= NOISE * spread


class LayerError(BaseModel):
    """How far the head's outputs move, relative to what they are, when this convolution alone is int8."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layer: str
    shape: tuple[int, ...]
    groups: int
    error: float


class LayerErrors(BaseModel):
    """All convolutions of a run's network, the worst first; measured on so many `pictures` of train."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    pictures: int
    layers: tuple[LayerError, ...]

    @classmethod
    def file(cls, run: Path, pictures: int, checkpoint: str) -> Path:
        """Where they are kept; `checkpoint` is the hash of the file measured.

        What was measured before ranges were those of calibration lies under another name, and is not comparable.
        """
        return run / "sensitivity" / f"int8-ranged-{pictures}-{checkpoint[:12]}.json"

    def above(self, limit: float) -> list[str]:
        """The convolutions that int8 hurts more than that, the worst first."""
        return [layer.layer for layer in self.layers if layer.error > limit]


class SensitivityFolder:
    """The files of one measurement; `of` names it by criterion, split, number of pictures and checkpoint measured."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def of(cls, run: Path, criterion: str, split: str, pictures: int, checkpoint: str) -> SensitivityFolder:
        """The folder beside a run; `checkpoint` is the hash of the file measured."""
        return cls(run / "sensitivity" / f"{criterion}-{split}-{pictures}-{checkpoint[:12]}")

    @classmethod
    def counts(cls, run: Path, criterion: str, split: str, checkpoint: str) -> list[int]:
        """On how many pictures this was measured before, the latest measurement first."""
        found = list((run / "sensitivity").glob(f"{criterion}-{split}-*-{checkpoint[:12]}"))
        found.sort(key=lambda folder: -folder.stat().st_mtime)
        return [int(folder.name.split("-")[2]) for folder in found if folder.name.split("-")[2].isdigit()]

    def read(self) -> dict[str, GroupLosses]:
        """All that was measured, by group; what cannot be read is measured again."""
        found = {}
        for file in sorted(self.root.glob("*.json")):
            try:
                losses = GroupLosses.model_validate_json(file.read_bytes())
            except (ValidationError, OSError):
                continue
            found[losses.group] = losses
        return found

    def missing(self, group: str, ratios: Sequence[float]) -> list[float]:
        """Which of the ratios are still to be measured for a group, be it for their spread alone."""
        known = self.read().get(group)
        return [ratio for ratio in ratios if known is None or ratio not in (known.spreads or {})]

    def write(self, losses: GroupLosses) -> None:
        """Keep a group's losses, with those of other ratios that are there. Raises OSError if the disk refuses them."""
        known = self.read().get(losses.group)
        if known is not None:
            spreads = {**(known.spreads or {}), **(losses.spreads or {})}
            both = {"losses": {**known.losses, **losses.losses}, "spreads": spreads or None}
            losses = losses.model_copy(update=both)
        folder_in(self.root.parent.parent, self.root.parent.name, self.root.name)
        write_atomically(self.root / f"{losses.group}.json", losses.model_dump_json(indent=1))


class ChannelSaliency(BaseModel):
    """How much the loss would rise without each channel, by group; the mean over so many `pictures` of train."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    pictures: int
    groups: dict[str, tuple[float, ...]]

    @classmethod
    def file(cls, run: Path, pictures: int, checkpoint: str) -> Path:
        """Where it is kept; `checkpoint` is the hash of the file it is of."""
        return run / "sensitivity" / f"saliency-{pictures}-{checkpoint[:12]}.json"

    @classmethod
    def counts(cls, run: Path, checkpoint: str) -> list[int]:
        """On how many pictures it was found before, the latest first."""
        found = list((run / "sensitivity").glob(f"saliency-*-{checkpoint[:12]}.json"))
        found.sort(key=lambda file: -file.stat().st_mtime)
        return [int(file.name.split("-")[1]) for file in found if file.name.split("-")[1].isdigit()]

    @classmethod
    def read(cls, file: Path) -> ChannelSaliency | None:
        """What is kept; None where nothing is that can be read."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            return None

    @property
    def total(self) -> float:
        """Of all channels of all groups."""
        return sum(map(sum, self.groups.values()))

    def share(self, group: str, ratio: float = 1.0) -> float:
        """The share of the total that goes with a ratio of a group's channels, the least salient first."""
        channels = sorted(self.groups[group])
        gone = channels[: round(ratio * len(channels))]
        return sum(gone) / (self.total or 1.0)

    def share_without(self, kept: Mapping[str, int]) -> float:
        """The share of the total that goes where so many channels stay of groups, the most salient."""
        gone = (sum(sorted(self.groups[name])[: len(self.groups[name]) - count]) for name, count in kept.items())
        return sum(gone) / (self.total or 1.0)
