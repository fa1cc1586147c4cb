"""PaddleSlim's `sensitive` with ppdet's reader and COCO metric: the yardstick for `espalier sensitivity`.

    python -m tests.benchmarks.slim_sensitivity RUN GROUPS PICTURES RATIO ...

prints seconds and losses as JSON in its last line; a process of its own, for MKL and Paddle read their settings once.
"""

from __future__ import annotations

import json
import logging
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.contract.dataset import Index, Picture
from engine.detector.predict.evaluation import coco_truth
from engine.model.assembly import load
from engine.techniques.filter_prune import YOLO_HEAD
from tests.engine.techniques.paddleslim_side import NeckAndHead

ALL_RATIOS = tuple(round(0.1 * step, 2) for step in range(1, 10))
"""What PaddleSlim measures; it has no argument for others."""


def slim_losses(
    run: Path, pictures: Sequence[Picture], groups: Sequence[str], ratios: Sequence[float]
) -> tuple[float, dict[str, dict[float, float]]]:
    """Seconds, and points of mAP lost by group and ratio, by PaddleSlim's L1 pruner on neck and head of a YOLOv3.

    Making the pruner (it traces the network) is left out of the seconds.
    """
    import paddle
    from paddleslim.dygraph.prune.filter_pruner import Status
    from paddleslim.dygraph.prune.l1norm_pruner import L1NormFilterPruner

    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("paddleslim", "ppdet")):
            logging.getLogger(name).setLevel(logging.ERROR)
    model, _ = load(run)
    model.network.eval()
    size = model.config["size"]
    maps = model.network.backbone({"image": paddle.zeros([1, 3, size, size])})
    pruner = L1NormFilterPruner(NeckAndHead(model.network), [paddle.zeros(one.shape) for one in maps])
    labels = {name: parameter.name for name, parameter in model.network.named_parameters()}
    names = {group: labels[f"{group}.weight"] for group in groups}
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        evaluate = ppdet_map(model.network, model.config, pictures, model.choice.classes, Path(scratch))
        before = time.perf_counter()
        base = evaluate()
        known = Status()
        # Ratios that are not asked for are "measured before": the way PaddleSlim resumes.
        left_out = {ratio: 0.0 for ratio in ALL_RATIOS if ratio not in ratios}
        known.sensitivies = {label: dict(left_out) for label in names.values()}
        file = Path(scratch) / "sensitivities"
        file.write_bytes(pickle.dumps(known))
        found: Mapping[str, Mapping[float, float]] = pruner.sensitive(evaluate, str(file), list(names.values()), [])
        seconds = time.perf_counter() - before
    # PaddleSlim gives losses as shares of the base.
    return seconds, {
        group: {ratio: 100 * found[label][ratio] * (base + 1e-3) for ratio in ratios} for group, label in names.items()
    }


def ppdet_map(
    network: Any, config: Mapping[str, Any], pictures: Sequence[Picture], classes: Sequence[str], scratch: Path
) -> Callable[[], float]:
    """What ppdet's trainer does to evaluate: its reader, the network, its COCO metric; mAP from 0 to 1."""
    import paddle
    from ppdet.data.reader import EvalReader
    from ppdet.data.source.coco import COCODataSet
    from ppdet.metrics import COCOMetric

    annotations = scratch / "truth.json"
    annotations.write_text(json.dumps(coco_truth(pictures, classes)), encoding="utf-8")
    size = config["size"]
    transforms = [
        {"Decode": {}},
        {"Resize": {"target_size": [size, size], "keep_ratio": False, "interp": 1}},
        {"NormalizeImage": {"mean": config["mean"], "std": config["std"], "is_scale": True}},
        {"Permute": {}},
    ]
    dataset = COCODataSet(
        dataset_dir=str(scratch),
        image_dir=".",
        anno_path=annotations.name,
        data_fields=["image"],
        allow_empty=True,
    )
    reader = EvalReader(sample_transforms=transforms, batch_size=8, num_classes=config["num_classes"])
    loader = reader(dataset, 0)
    metric = COCOMetric(str(annotations), output_eval=str(scratch))

    def evaluate() -> float:
        metric.reset()
        with paddle.no_grad():
            for data in loader:
                metric.update(data, network(data))
        metric.accumulate()
        results = metric.get_results()
        return float(results["bbox"][0]) if len(results.get("bbox", ())) else 0.0

    return evaluate


def main(words: Sequence[str]) -> None:
    """Measure the first `GROUPS` head convolutions of a run on the first `PICTURES` of its project's val."""
    trained = Path(words[0])
    with Index.open(trained.parents[1] / "data" / "index.sqlite") as index:
        pictures = index.pictures("val")[: int(words[2])]
    seconds, losses = slim_losses(trained, pictures, YOLO_HEAD[: int(words[1])], [float(word) for word in words[3:]])
    print("\n" + json.dumps({"seconds": seconds, "losses": losses}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
