"""Pictures as the tool takes them: text floats, one file for each input in the order of the model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.phone.words import RemotePath
from engine.phone.workspace import INPUTS, Cargo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def card_config(card: Mapping[str, Any]) -> dict[str, Any]:
    """What `detector.pictures.to_inputs` needs of a detector, as its model card tells it: size, mean, std."""
    shape = next(entry["shape"] for entry in card["inputs"] if entry["name"] == "image")
    pre = card["preprocessing"]
    return {"size": shape[-1], "mean": pre["mean"], "std": pre["std"]}


def shapes_of(card: Mapping[str, Any]) -> str:
    """The inputs' shapes as `--input_shape` takes them: `1,2:1,3,320,320:1,2`."""
    return ":".join(",".join(str(number) for number in entry["shape"]) for entry in card["inputs"])


def write_inputs(inputs: Mapping[str, NDArray[np.float32]], names: Sequence[str], folder: Path) -> list[Cargo]:
    """Write one picture's inputs as text into `folder`; named by their content, so that they are sent only once."""
    cargo = []
    for name in names:
        text = "\n".join(f"{value:.9g}" for value in inputs[name].ravel().tolist()) + "\n"
        file = f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.txt"
        (folder / file).write_text(text, encoding="ascii")
        cargo.append(Cargo(folder / file, INPUTS / file))
    return cargo


def remote_paths(cargo: Sequence[Cargo]) -> tuple[RemotePath, ...]:
    """Where they lie on the phone."""
    return tuple(item.remote for item in cargo)
