"""The model card that lies beside an exported model: as JSON for programs, as Markdown for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.contract.device.wheel import package_versions
from engine.contract.figures import Figure
from engine.contract.system.files import write_atomically
from engine.contract.text.messages import Message
from engine.detector.base.spec import program_inputs
from engine.lite.packing import FloatWeight

_HALF = (
    "An fp16 file is as large as an fp32 one: weights are halved when the phone loads it.",
    "",
    "Boxes are computed in half precision, which has 11 bits: on pictures of more than 1,024 pixels a coordinate is"
    " rounded to whole pixels, on more than 2,048 to every second one. Where that matters, feed 1, 1 as scale_factor,"
    " which gives boxes in pixels of the input, and scale them yourself.",
)
PACKAGES = ("paddlepaddle", "paddledet", "paddleslim", "paddlelite")


def write_card(
    out: Path,
    *,
    config: Mapping[str, Any],
    classes: Sequence[str],
    target: str,
    precision: str,
    kernels: Mapping[str, int],
    packing: Sequence[FloatWeight],
    steps: Sequence[Mapping[str, Any]],
    figures: Sequence[Figure],
) -> Path:
    """Write `model.json` and `README.md` into `out`; returns the first."""
    size = config["size"]
    card = {
        "format": 1,
        "model": "model.nb",
        "target": target,
        "precision": precision,
        "inputs": [_input(name, size) for name in program_inputs(config)],
        "preprocessing": {
            "orientation": Message(code="card.orientation").texts(),
            "resize": Message(code="card.resize", args={"size": size}).texts(),
            "colour": "RGB",
            "scale": Message(code="card.divide").texts(),
            "mean": list(config["mean"]),
            "std": list(config["std"]),
        },
        "outputs": [Message(code="card.rows").texts(), Message(code="card.count").texts()],
        "classes": list(classes),
        "convolutions": dict(kernels),
        "float_weights": [asdict(one) for one in packing],
        "steps": list(steps),
        "versions": package_versions(PACKAGES),
        "figures": [figure.model_dump(exclude_none=True) for figure in figures],
    }
    write_atomically(out / "README.md", _markdown(card))
    write_atomically(out / "model.json", json.dumps(card, ensure_ascii=False, indent=1))
    return out / "model.json"


def _input(name: str, size: int) -> dict[str, Any]:
    """An input of the program: its name, shape and meaning."""
    shape, meaning = {
        "im_shape": ([1, 2], Message(code="card.size", args={"size": size})),
        "image": ([1, 3, size, size], Message(code="card.image")),
        "scale_factor": ([1, 2], Message(code="card.scale", args={"size": size})),
    }[name]
    return {"name": name, "shape": shape, "meaning": meaning.texts()}


def _packed(weights: Sequence[Mapping[str, Any]]) -> str:
    """What became of the weights that int8 kernels do not take."""
    packed, kept = ([one for one in weights if one["packed"] is yes] for yes in (True, False))
    names = ", ".join(f"{one['weight']} ({one['error']:.2%}, {one['saved'] / 1000:.1f} kB)" for one in kept)
    text = (
        f"Of {len(weights)} convolutions that compute in float, the weights of {len(packed)} are stored in 8 bits,"
        f" which saves {sum(one['saved'] for one in packed) / 1000:.1f} kB"
    )
    more = "; in float remain, as they would move the head's outputs by so much for so many bytes: "
    return text + (more + names if kept else "") + "."


def _markdown(card: Mapping[str, Any]) -> str:
    pre, versions = card["preprocessing"], card["versions"]
    lines = [
        f"# {card['model']}: {card['target']}, {card['precision']}",
        "",
        "| input, in this order | shape | what it is |",
        "|---|---|---|",
        *(f"| {i['name']} | {i['shape']} | {i['meaning']['en']} |" for i in card["inputs"]),
        "",
        f"Picture: {pre['orientation']['en']}; {pre['colour']}, {pre['resize']['en']}; {pre['scale']['en']}, "
        f"subtract {pre['mean']}, divide by {pre['std']}.",
        "",
        f"Outputs: {'; '.join(text['en'] for text in card['outputs'])}. "
        "A first row of class -1 means that nothing was found.",
        "",
        "Classes: " + ", ".join(f"{number} {name}" for number, name in enumerate(card["classes"])),
        "",
        "Convolutions by precision (calib: conversions between precisions): "
        + ", ".join(f"{count} {kind}" for kind, count in card["convolutions"].items()),
        "",
        "| figure | value | unit | source | conditions |",
        "|---|---|---|---|---|",
        *(
            f"| {f['name']} | {f['value']:.6g} | {f['unit']} | {f['source']} | {f['conditions']} |"
            for f in card["figures"]
        ),
        "",
        f"Run it with the Paddle Lite library of the very version that made it: {versions['paddlelite']}"
        f" (release tag v2.13-rc). Another one warns in its log, and may have no kernel for an operation, or another."
        f" Made with {versions}.",
    ]
    if card["float_weights"]:
        lines += ["", _packed(card["float_weights"])]
    if card["precision"] == "fp16":
        lines += ["", *_HALF]
    return "\n".join(lines) + "\n"
