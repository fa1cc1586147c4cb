"""Gradients of 2 ranks with 4 pictures each against those of one process with all 8, batch norm frozen.

It is frozen at the statistics of those pictures: at the fresh ones (mean 0, variance 1) maps vanish layer by layer, and
the same 8 pictures in another order change gradients of one process by more than 1e-6 already.
What a box head draws at random depends on the pictures that were looked at before, and so on how many a rank has: here
the first candidates are drawn in all cases.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from engine.contract.project import DetectorChoice
from engine.contract.system.environment import engine_environment
from engine.run.ranks.store import Store

DETECTORS = {
    "ssdlite_mobilenet_v3_small": 96,
    "yolov3_mobilenet_v3_large": 96,
    "picodet_xs": 96,
    "faster_rcnn_mobilenet_v3_fpn": 128,
}
BATCH, RANKS = 8, 2


def compare(index: Path, folder: Path, detectors: dict[str, int], limit_s: float = 600) -> dict[str, float]:
    """How far the gradients of all parameters together are apart, as a share of their length, by detector."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store("127.0.0.1")
    told = json.dumps({"index": str(index), "folder": str(folder), "port": store.port, "detectors": detectors})
    command = [sys.executable, "-m", "tests.ranks.gradients", told]
    children = [
        subprocess.Popen([*command, str(rank)], env=engine_environment(OMP_NUM_THREADS="1"), stdout=subprocess.PIPE)
        for rank in range(RANKS)
    ]
    try:
        said = [child.communicate(timeout=limit_s)[0] for child in children]
    finally:
        for child in children:
            child.kill()
    assert all(child.returncode == 0 for child in children), [child.returncode for child in children]
    found: dict[str, float] = json.loads(said[0].splitlines()[-1])
    return found


def child(told: dict[str, Any], rank: int) -> None:
    """One rank: first all alone, then together with the other."""
    from engine.detector.base.runtime import set_threads

    set_threads(1)
    import paddle

    from engine.detector.train.connection import connect
    from engine.detector.train.team import Ranks
    from engine.run.ranks.meeting import Meeting

    paddle.randperm = lambda count, dtype="int64", name=None: paddle.arange(count, dtype=dtype)
    networks = {key: _network(key, size, Path(told["index"])) for key, size in told["detectors"].items()}
    wanted = {key: _gradients(network, *_batch(reader, 0, 1)) for key, (network, reader) in networks.items()}
    meeting = Meeting(Path(told["folder"]), rank, RANKS, lambda: None)
    meeting.exchange()
    connect(rank, RANKS, ("127.0.0.1", told["port"]), "127.0.0.1", "cpu")
    found = {}
    for key, (network, reader) in networks.items():
        team = Ranks(meeting, network)
        _gradients(network, *_batch(reader, rank, RANKS))
        weights = [weight for weight in network.parameters() if not weight.stop_gradient]
        team.share(weights, [])
        ours = {weight.name: weight.grad.numpy() for weight in weights if weight.grad is not None}
        assert ours.keys() == wanted[key].keys()
        apart = sum(float(np.square(ours[name] - value, dtype="f8").sum()) for name, value in wanted[key].items())
        length = sum(float(np.square(value, dtype="f8").sum()) for value in wanted[key].values())
        found[key] = (apart / length) ** 0.5
    print(json.dumps(found), flush=True)
    meeting.exchange()


def _network(key: str, size: int, index_path: Path) -> tuple[Any, Any]:
    import paddle

    from engine.contract.dataset import Index
    from engine.detector.train.reader import TrainingReader
    from engine.model.assembly import assemble

    with Index.open(index_path) as index:
        choice, pictures = DetectorChoice(key=key, size=size, classes=index.classes()), index.pictures("train")
    paddle.seed(3)
    model = assemble(choice)
    model.network.train()
    reader = TrainingReader(pictures, model.config, batch_size=BATCH, seed=1, augment="light")
    norms = [layer for layer in model.network.sublayers() if "BatchNorm" in type(layer).__name__]
    for layer in norms:
        layer._momentum = 0.0
    with paddle.no_grad():
        model.network({name: paddle.to_tensor(value) for name, value in _batch(reader, 0, 1)[0].items()})
    for layer in norms:
        layer.eval()
    return model.network, reader


def _batch(reader: Any, part: int, parts: int) -> tuple[Any]:
    reader.part, reader.parts = part, parts
    return (next(iter(reader.epoch(0))),)


def _gradients(network: Any, batch: Any) -> dict[str, Any]:
    import paddle

    from engine.detector.network.activations import fast_activations
    from engine.detector.network.depthwise import fast_depthwise

    network.clear_gradients()
    with fast_depthwise(), fast_activations():
        network({name: paddle.to_tensor(value) for name, value in batch.items()})["loss"].sum().backward()
    return {p.name: p.grad.numpy().copy() for p in network.parameters() if p.grad is not None}


if __name__ == "__main__":
    child(json.loads(sys.argv[1]), int(sys.argv[2]))
