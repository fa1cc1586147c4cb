"""Whether the phone finds what this machine finds: boxes on a few pictures, and the mAP on many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.contract.phones import ParityRow
from engine.contract.run.job import Backend, Precision
from engine.contract.text.messages import Argument, Message
from engine.lite.parity import SCORE_FLOOR, match
from engine.phone.transcript import parse_outputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Detections = NDArray[np.float32]

SURE = 0.3
"""Boxes from this score on must be found by both; where there are none, those above the floor of `lite.parity`."""
SHARE = 0.9
"""So many of them must have a partner on the other side."""
OVERLAP = 0.75
"""How far a box must overlap its partner (IoU)."""
FULL = 100
"""Detections from which on a list may be cut off: the smallest limit of the detectors here."""
TIE = 0.01
"""Scores that lie so near to each other are in a tie."""
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
    """The codes of what can be found on the other side: it agrees, finds nothing, finds others, has a lower mAP."""

    agrees: str
    nothing: str
    differs: str
    worse: str


ON_PHONE = Findings("phone.parity_agrees", "phone.parity_nothing", "phone.parity_differs", "phone.map_differs")


@dataclass(frozen=True)
class Found:
    """Detections of one picture: rows of class, score, x1, y1, x2, y2, on this machine and on the phone."""

    host: Detections
    phone: Detections


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


def judge(model: Converted, found: Sequence[Found], findings: Findings = ON_PHONE) -> ParityRow:
    """How far the phone strays on those pictures; a row that does not agree is to be shown red."""
    parts = [match(one.host, one.phone) for one in found]
    boxes, unmatched = sum(p.boxes for p in parts), sum(p.unmatched for p in parts)
    box_px, score = max(p.box_px for p in parts), max(p.score for p in parts)
    asked, paired = (sum(numbers) for numbers in zip(*(_partners(one) for one in found), strict=True))
    agrees = paired >= SHARE * asked
    args: dict[str, Argument] = {"precision": model.precision, "pictures": len(found)}
    if agrees and asked == 0:
        finding = Message(code=findings.nothing, args=args)
    elif agrees:
        more = {"boxes": boxes, "box_px": round(box_px, 2), "score": round(score, 3)}
        finding = Message(code=findings.agrees, args={**args, **more})
    else:
        finding = Message(code=findings.differs, args={**args, "asked": asked, "missing": asked - paired})
    return ParityRow(
        precision=model.precision,
        backend=model.backend,
        pictures=len(found),
        boxes=boxes,
        unmatched=unmatched,
        box_px=box_px,
        score=score,
        agrees=agrees,
        finding=finding,
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


def _partners(one: Found) -> tuple[int, int]:
    """How many sure boxes both sides have, and how many of those have a partner of their class on the other side."""
    sides = (one.host, one.phone)
    floor = SURE if any((rows[:, 1] >= SURE).any() for rows in sides) else SCORE_FLOOR
    for rows in sides:
        # In a full list it is chance which of the boxes with the lowest score are in it.
        if len(rows) >= FULL:
            floor = max(floor, float(rows[:, 1].min()) + TIE)
    asked = paired = 0
    for mine, others in ((one.host, one.phone), (one.phone, one.host)):
        # A partner may lie a little below the floor: at its edge a rounding decides.
        others = others[others[:, 1] >= 0.5 * floor]
        for row in mine[mine[:, 1] >= floor]:
            same = others[others[:, 0] == row[0]]
            asked += 1
            paired += bool((_overlap(row[2:], same[:, 2:]) >= OVERLAP).any())
    return asked, paired


def _overlap(box: Detections, boxes: Detections) -> Detections:
    """Intersection over union of a box with several."""
    import numpy as np

    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    return np.asarray(shared / np.maximum(areas - shared, 1e-9), np.float32)
