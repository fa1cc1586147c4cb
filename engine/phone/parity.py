"""Whether the phone finds what this machine finds: boxes on a few pictures, and the mAP on many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.contract.phones import ParityRow
from engine.contract.run.job import Backend, Precision
from engine.contract.text.messages import Argument, Message
from engine.lite.agreement import compare_boxes, in_words
from engine.phone.transcript import parse_outputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Detections = NDArray[np.float32]

MAP_LOSS = {"fp32": 0.5, "fp16": 1.0, "int8": 2.0}
"""Points of mAP that the phone may lie below this machine."""


class Converted(Protocol):
    """A model for a phone."""

    @property
    def precision(self) -> Precision: ...  # noqa: D102
    @property
    def backend(self) -> Backend: ...  # noqa: D102


@dataclass(frozen=True)
class Findings:
    """The codes of what can be found on the other side.

    It agrees, agrees but for some boxes, finds nothing, finds others, has a lower mAP.
    """

    agrees: str
    nearly: str
    nothing: str
    differs: str
    worse: str


ON_PHONE = Findings(
    "phone.parity_agrees", "phone.parity_nearly", "phone.parity_nothing", "phone.parity_differs", "phone.map_differs"
)


@dataclass(frozen=True)
class Found:
    """Detections of one picture: rows of class, score, x1, y1, x2, y2, on this machine and on the phone."""

    host: Detections
    phone: Detections
    picture: str = ""


def detections_of(text: str) -> Detections:
    """Detections in what the tool printed; raises PhoneFault `phone.no_outputs` where they are not there.

    The first output of a detector has the rows; without any detection that is one row of class -1.
    """
    import numpy as np

    from engine.phone.faults import PhoneFault, shorten

    first = parse_outputs(text)[0]
    if first.size % 6 or not np.isfinite(first).all():
        raise PhoneFault("phone.no_outputs", words=shorten(text[-2000:]))
    rows = first.reshape(-1, 6)
    return rows[rows[:, 0] >= 0]


def judge(
    model: Converted, found: Sequence[Found], size: int, classes: Sequence[str] = (), findings: Findings = ON_PHONE
) -> ParityRow:
    """How far the phone strays on those pictures, by the rule of `lite.agreement`, at an input of `size` pixels.

    A row that does not agree is to be shown red.
    """
    told = compare_boxes([(one.host, one.phone) for one in found], size)
    strays, worst = len(told.strays), told.worst
    finding = {"agrees": findings.agrees, "nearly": findings.nearly, "nothing": findings.nothing}
    missing = told.asked - len(told.alike)
    args: dict[str, Argument] = {
        "precision": model.precision,
        "pictures": len(found),
        "boxes": told.asked,
        "box_px": round(told.box_px, 2),
        "median_px": round(told.median_px, 2),
        "score": round(told.score, 3),
        "strays": strays,
        "asked": told.asked,
        "missing": missing,
    }
    return ParityRow(
        precision=model.precision,
        backend=model.backend,
        pictures=len(found),
        boxes=told.asked,
        unmatched=missing,
        box_px=told.box_px,
        score=told.score,
        median_px=told.median_px,
        strays=strays,
        worst=in_words(worst, size, classes, [one.picture for one in found]) if worst is not None else None,
        agrees=told.verdict != "differs",
        finding=Message(code=finding.get(told.verdict, findings.differs), args=args),
    )


def broken(model: Converted, pictures: int, why: Message) -> ParityRow:
    """The row of a model whose outputs could not be had."""
    return ParityRow(precision=model.precision, backend=model.backend, pictures=pictures, agrees=False, finding=why)


def with_map(row: ParityRow, pictures: int, phone: float, host: float, findings: Findings = ON_PHONE) -> ParityRow:
    """The row with the mAP of both sides; one that lost more than its precision explains does not agree."""
    update: dict[str, object] = {"map_pictures": pictures, "map_phone": phone, "map_host": host}
    if phone < host - MAP_LOSS[row.precision]:
        args: dict[str, Argument] = {
            "precision": row.precision,
            "pictures": pictures,
            "phone": round(phone, 1),
            "host": round(host, 1),
        }
        update |= {"agrees": False, "finding": Message(code=findings.worse, args=args)}
    return row.model_copy(update=update)
