"""The parts of a network, as names of layers tell them."""

from __future__ import annotations

from studio.i18n import tr

_CODES = {
    "backbone": "studio.bench.part_backbone",
    "neck": "studio.bench.part_neck",
    "rpn": "studio.bench.part_rpn",
    "head": "studio.bench.part_head",
}


def part_of(layer: str) -> str:
    """The part that a layer lies in, as where a phone's time goes is told: `yolo_block` of the neck is the head's."""
    first = layer.split(".", 1)[0]
    if first == "rpn_head":
        return "rpn"
    if first.endswith("head") or layer.startswith("neck.yolo_block"):
        return "head"
    return first


def part_names() -> dict[str, str]:
    """What the known parts are called."""
    return {part: tr(code) for part, code in _CODES.items()}
