"""A figure: a number with its unit, its source and the conditions under which it holds (docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from engine.contract.text.messages import Message

PADDLE = "Paddle 2.6.2"
LITE = "Paddle Lite 2.13rc0"
LITE_X86 = f"{LITE} x86"
"""The runtimes that figures name; `packaging/requirements.lock` holds their versions."""
Source = Literal["measured", "computed", "estimated", "published"]
FigureName = Literal[
    "map",
    "map50",
    "map75",
    "map_small",
    "map_medium",
    "map_large",
    "ar1",
    "ar10",
    "ar100",
    "ar_small",
    "ar_medium",
    "ar_large",
    "map_class",
    "macs",
    "conv_macs",
    "params",
    "nb_bytes",
    "host_ms_network",
    "host_ms_total",
    "phone_ms",
    "memory_mb",
    "parity_box_px",
    "parity_score",
]


class Conditions(BaseModel):
    """What a figure depends on; a field that does not matter to it stays None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str | None = None
    runtime: str | None = None
    threads: int | None = None
    precision: str | None = None
    input: str | None = None
    era: str | None = None
    nms: bool | None = None
    rois: int | None = Field(default=None, description="Regions on which a box head's part of the figure is counted")
    split: str | None = None
    simulated: bool | None = Field(default=None, description="True for what a simulated phone told: nothing measured")
    subject: str | None = Field(default=None, description="Class name, target or part that the figure speaks of")
    pictures: int | None = Field(default=None, description="How many pictures a score was measured on")
    picture_set: str | None = Field(default=None, description="Which: a short hash of them, their boxes and classes")
    borrowed: str | None = Field(
        default=None, description="Chip whose published times were scaled, for none was published of the device"
    )


BUSY = 0.15
"""The share of the processors from which on other work disturbs a measured time."""


class Figure(BaseModel):
    """One number: mAP in points (0-100), MACs and parameters as counts, sizes in bytes, times in milliseconds.

    `load` is the share, from 0 to 1, of the machine's processors that other work kept busy while a time was measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FigureName
    value: FiniteFloat
    unit: str
    source: Source
    low: float | None = None
    high: float | None = None
    conditions: Conditions = Conditions()
    load: float | None = None

    @property
    def disturbed(self) -> bool:
        """Whether it is a time that was measured on a busy machine."""
        return self.load is not None and self.load >= BUSY


def pick(figures: Iterable[Figure], name: FigureName, **conditions: object) -> Figure | None:
    """The last figure called `name` whose conditions hold every given one; None if there is none."""
    found = None
    for figure in figures:
        if figure.name == name and all(getattr(figure.conditions, key) == value for key, value in conditions.items()):
            found = figure
    return found


def comparable(before: Figure, after: Figure) -> Message | None:
    """Why two scores are not to be subtracted, for they were measured on other pictures; None where they may be.

    Whatever shows a difference of mAP asks this. What an old figure does not tell is taken to be alike.
    """
    if before.unit != "points" or after.unit != "points":
        return None
    one, other = before.conditions, after.conditions
    if one.split and other.split and one.split != other.split:
        return Message(code="figures.other_split", args={"before": one.split, "after": other.split})
    if one.pictures is not None and other.pictures is not None and one.pictures != other.pictures:
        return Message(code="figures.other_count", args={"before": one.pictures, "after": other.pictures})
    if one.picture_set and other.picture_set and one.picture_set != other.picture_set:
        return Message(code="figures.other_pictures", args={"pictures": other.pictures or 0})
    return None
