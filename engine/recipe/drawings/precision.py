"""Which convolutions a step makes int8, which stay float and why, and what int8 was measured to do to each."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from engine.contract.previews.clips import LayerClip, LayerClips
from engine.contract.previews.drawings import FloatReason, KeptWorst, LayerPrecision, Measured, PrecisionAnswer
from engine.contract.sensitivity import LayerErrors
from engine.graph.count import op_macs
from engine.graph.graph import Graph
from engine.graph.roles import (
    convolutions,
    depthwise_convolutions,
    first_convolution,
    output_convolutions,
    squeeze_convolutions,
)
from engine.recipe.drawings.subject import Subject
from engine.recipe.foresight import checkpoint_digest


def draw(subject: Subject) -> PrecisionAnswer:
    """The convolutions of what the step acts on; raises UserError for one to keep in float that there is not."""
    graph = subject.technique.estimate(subject.below.graph)
    int8 = subject.knowing.int8_layers(graph)
    amounts: dict[str, int] = {}
    for op in convolutions(graph):
        amounts[op.layer] = amounts.get(op.layer, 0) + op_macs(graph, op)
    errors, measured = _errors(subject)
    clips, clipped = _clips(subject)
    chosen = set(getattr(subject.technique.params, "keep_float", ()))
    found_worst = subject.technique.int8_layers(graph) - int8
    reasons = _reasons(graph, set(amounts) - int8, chosen) | dict.fromkeys(found_worst, "worst")
    found = []
    for name, macs in amounts.items():
        clip = clips.get(name) if name in int8 else None
        layer = LayerPrecision(
            layer=name,
            macs=macs,
            kept_float=reasons.get(name),
            error=errors.get(name),
            clip=clip.share if clip is not None else None,
            largest=clip.largest if clip is not None else None,
        )
        found.append(layer)
    return PrecisionAnswer(
        layers=tuple(found),
        measurable=subject.checkpoint is not None and not subject.begun.quantised,
        errors=measured,
        clips=clipped,
        worst=_worst(subject, graph),
    )


def _worst(subject: Subject, graph: Graph) -> KeptWorst | None:
    """What is found and kept by itself: what it costs where that is known, else at most."""
    limit = getattr(subject.technique.params, "keep_worst", 0.0)
    if not limit:
        return None
    known = subject.knowing
    kept = sum(each["bytes"] for each in known.record["worst"]) if known.record else known.spare_bytes(graph)
    return KeptWorst(limit=limit, bytes=kept, known=known.record is not None)


def _reasons(graph: Graph, kept: set[str], chosen: set[str]) -> dict[str, FloatReason]:
    roles: tuple[tuple[FloatReason, set[str]], ...] = (
        ("chosen", chosen),
        ("first", {first_convolution(graph)}),
        ("output", output_convolutions(graph)),
        ("squeeze", squeeze_convolutions(graph)),
        ("depthwise", depthwise_convolutions(graph)),
    )
    return {name: next((reason for reason, names in roles if name in names), "chosen") for name in kept}


def _errors(subject: Subject) -> tuple[dict[str, float], Measured | None]:
    """The latest measurement of the weights that the recipe starts from, by layer."""
    run, digest = _measured_run(subject)
    if run is None:
        return {}, None
    try:
        files = LayerErrors.file(run, 0, digest).parent.glob(f"int8-ranged-*-{digest[:12]}.json")
        latest = max(files, key=lambda file: file.stat().st_mtime, default=None)
        if latest is None:
            return {}, None
        found = LayerErrors.model_validate_json(latest.read_bytes())
        measured = Measured(pictures=found.pictures, at=latest.stat().st_mtime)
    except (OSError, ValidationError):  # it is measured again
        return {}, None
    return {each.layer: each.error for each in found.layers}, measured


def _clips(subject: Subject) -> tuple[dict[str, LayerClip], Measured | None]:
    """What the step, with its parameters as they are, clips of those weights, by layer."""
    run, digest = _measured_run(subject)
    if run is None:
        return {}, None
    file = LayerClips.file(run, subject.step, digest)
    found = LayerClips.read(file)
    if found is None:
        return {}, None
    measured = Measured(pictures=found.pictures, at=file.stat().st_mtime)
    return {each.layer: each for each in found.layers}, measured


def _measured_run(subject: Subject) -> tuple[Path | None, str]:
    """The run that the recipe starts from, and the hash of its weights; None where there are none."""
    if subject.run is None or subject.checkpoint is None:
        return None, ""
    try:
        return subject.run, checkpoint_digest(subject.checkpoint)
    except OSError:
        return None, ""
