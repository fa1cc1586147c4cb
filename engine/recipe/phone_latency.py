"""Phone latency of a detector under techniques, from its graph alone; a few milliseconds, without Paddle."""

from __future__ import annotations

from engine.contract.figures import LITE, Conditions, Figure
from engine.contract.latency import PhoneChoice, PhoneEstimate, Share
from engine.contract.socs import find_soc
from engine.contract.text.messages import Message, UserError
from engine.graph.count import roi_count
from engine.graph.graph import Graph
from engine.latency.borrowing import Loan, loan
from engine.latency.coefficients import coefficients
from engine.latency.effects import ERAS
from engine.latency.estimate import Estimate, admitted, estimate
from engine.recipe.stack import Stack

# Written out, so that each sentence can be found by its code.
_ADVICE = {
    "backbone": "latency.next_backbone",
    "neck": "latency.next_neck",
    "rpn": "latency.next_rpn",
    "roi": "latency.next_roi",
    "head": "latency.next_head",
    "post": "latency.next_post",
}


def phone_estimate(stack: Stack, phone: PhoneChoice, *, era: str = ERAS[-1], nms: bool = True) -> PhoneEstimate:
    """The latency of a detector under techniques; raises UserError for what cannot be told, and as its graph does.

    `era` is of which versions of Paddle Lite; without `nms`, for a model that ends with the raw outputs of its head.
    """
    if phone.precision == "int8" and not stack.quantised:
        raise UserError("latency.not_int8")
    graph, int8 = stack.graph, stack.int8_layers() if phone.precision == "int8" else set[str]()
    told = estimate(graph, phone.soc, phone.threads, phone.precision, int8=int8, tail=nms, era=era)
    shares = tuple(Share(part=part, ms=ms, share=ms / told.ms) for part, ms in told.parts.items() if ms > 0)
    largest = max(shares, key=lambda share: share.ms)
    advice = Message(code=_ADVICE[largest.part], args={"share": round(100 * largest.share)})
    figure, notes = _figure(graph, phone, told, era, nms), tuple(_notes(stack, phone, told))
    return PhoneEstimate(figure=figure, shares=shares, advice=advice, notes=notes)


def loan_of(phone: PhoneChoice) -> Loan | None:
    """What another chip lends to this one; None where times were published of it."""
    return loan(admitted(phone.soc, phone.threads, phone.precision), coefficients())


def borrowed_notes(lent: Loan, phone: PhoneChoice) -> list[Message]:
    """That nothing was published of a chip and how its time was found, and how many threads it really runs."""
    lender, name = (find_soc(key).name for key in (lent.lender, phone.soc))
    told = Message(code="latency.borrowed", args={"soc": name, "lender": lender, "within": f"{lent.within:g}"})
    if lent.setting.threads == phone.threads:
        return [told]
    return [told, Message(code="latency.few_fast", args={"soc": name, "fast": lent.setting.threads})]


def reachable(phone: PhoneChoice, stack: Stack) -> PhoneChoice:
    """The choice; in fp32 where int8 is asked and nothing is quantised yet, as a recipe's base is compared."""
    if phone.precision == "int8" and not stack.quantised:
        return phone.model_copy(update={"precision": "fp32"})
    return phone


def _figure(graph: Graph, phone: PhoneChoice, told: Estimate, era: str, nms: bool) -> Figure:
    height, width = graph.size
    conditions = Conditions(
        device=admitted(phone.soc, phone.threads, phone.precision).soc,
        runtime=LITE if era == ERAS[-1] else f"Paddle Lite {era}",
        threads=phone.threads,
        precision=phone.precision,
        input=f"{height}x{width}",
        era=era,
        nms=nms,
        rois=roi_count(graph),
        borrowed=told.borrowed.lender if told.borrowed else None,
    )
    bounds = {"low": told.low, "high": told.high}
    return Figure(name="phone_ms", value=told.ms, unit="ms", source="estimated", conditions=conditions, **bounds)


def _notes(stack: Stack, phone: PhoneChoice, told: Estimate) -> list[Message]:
    found = []
    args: dict[str, str | int | float] = {"soc": phone.soc, "threads": phone.threads, "precision": phone.precision}
    if told.borrowed is not None:
        found += borrowed_notes(told.borrowed, phone)
    elif not told.seen:
        found.append(Message(code="latency.unseen", args=args))
    if phone.precision == "int8" and stack.quantising is not None and stack.quantising.spare_bytes(stack.graph):
        found.append(Message(code="latency.worst_unknown"))
    if roi_count(stack.graph) is not None:
        found.append(Message(code="latency.two_stage"))
    return found
