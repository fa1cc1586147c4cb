"""Weights files and checkpoints, broken, through what loads them."""

from __future__ import annotations

import json
import pickle
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.trial.fuzz import projects
from tests.trial.fuzz.mutations import in_bytes, in_head, in_json

if TYPE_CHECKING:
    from tests.trial.fuzz.readers import Reader


def weights_readers() -> list[Reader]:
    """Pickles, safetensors of anybody's, and our own checkpoints."""
    from tests.trial.fuzz.readers import Reader

    return [
        Reader("pdparams", _pickles, lambda folder: list(folder.glob("*.pdparams")), _read),
        Reader("safetensors", _tensors, lambda folder: [], _read_broken),
        Reader("checkpoint", _checkpoint, lambda folder: [], _load_broken),
    ]


def _pickles(folder: Path) -> None:
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    arrays = {f"conv{n}.weight": np.arange(12, dtype=np.float32).reshape(3, 4) + n for n in range(4)}
    for protocol in (2, 4, 5):
        (folder / f"p{protocol}.pdparams").write_bytes(pickle.dumps(arrays, protocol))
    named = {name: (name, value) for name, value in arrays.items()}
    (folder / "named.pdparams").write_bytes(pickle.dumps({**named, "StructuredToParameterName@@": {"a": "b"}}, 2))


def _read(folder: Path, chance: random.Random) -> None:
    from engine.contract.text.messages import UserError
    from engine.weights.arrays import read_weights
    from tests.trial.fuzz.judge import check_sentence

    for path in sorted(folder.iterdir()):
        try:
            read_weights(path)
        except UserError as error:
            check_sentence(error.message)


def _tensors(folder: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    arrays = {f"model.conv{n}.weight": np.arange(12, dtype=np.float32).reshape(3, 4) + n for n in range(4)}
    save_file(arrays, folder / "w.safetensors")


def _read_broken(folder: Path, chance: random.Random) -> None:
    from engine.weights.arrays import read_weights

    path = folder / "w.safetensors"
    path.write_bytes(broken_tensors(path.read_bytes(), chance))
    read_weights(path)


def broken_tensors(data: bytes, chance: random.Random) -> bytes:
    """A safetensors file with its header's length, its header or its bytes changed."""
    way = chance.randrange(5)
    if way == 0:
        return in_bytes(data, chance)
    if way == 1:
        return in_head(data, chance)
    size = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + size]
    if way == 2:
        inner = json.loads(header)
        told = inner.get("__metadata__", {}).get("espalier")
        if told is not None:
            inner["__metadata__"]["espalier"] = in_json(told.encode(), chance).decode("utf-8", "replace")
            header = json.dumps(inner).encode()
        else:
            header = in_json(header, chance)
    else:
        header = in_json(header, chance)
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def _checkpoint(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    found = sorted(projects.PROJECT.glob("runs/*/checkpoints/best.safetensors"))
    shutil.copy(found[0], folder / "best.safetensors")


def _load_broken(folder: Path, chance: random.Random) -> None:
    from engine.model.assembly import load

    path = folder / "best.safetensors"
    path.write_bytes(broken_tensors(path.read_bytes(), chance))
    load(path)
