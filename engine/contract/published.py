"""What others published: figures of detectors, effects of techniques; never measured here."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from engine.contract.figures import FigureName
from engine.contract.text.messages import Argument, Message


class _Published(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FigureName
    unit: str
    input: str | None = None
    threads: int | None = None
    source: str


class PublishedFigure(_Published):
    """A figure of a detector at an `input` in pixels, of a time with the phone that it was measured on."""

    value: float
    device: str | None = None
    precision: str | None = None
    runtime: str | None = None

    @model_serializer(mode="wrap")
    def _told(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in whole(self).items() if value is not None}


class PublishedEffect(_Published):
    """What a technique does to a figure of the detectors of a `family`, under what its `note` says in each language.

    `effect` is a change in `unit`; in words where the source has no single number for it, or one that is no change.
    """

    effect: int | float | str
    family: str
    note: dict[str, str]


def changed(
    name: FigureName,
    before: float,
    after: float,
    note: str = "published.change",
    *,
    family: str,
    source: str,
    input: str | None = None,
    threads: int | None = None,
    **args: Argument,
) -> PublishedEffect:
    """The effect by the figure before and after it: in points of mAP, of any other figure in percent.

    `note` is the code of a sentence that names `before` and `after`, and what else `args` has.
    """
    points = name in ("map", "map50")
    return PublishedEffect(
        name=name,
        effect=round(after - before, 1) if points else round(100 * (after / before - 1), 1),
        unit="points" if points else "%",
        family=family,
        input=input,
        threads=threads,
        source=source,
        note=Message(code=note, args={"before": before, "after": after, **args}).texts(),
    )
