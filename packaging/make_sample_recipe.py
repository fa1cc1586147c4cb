"""Makes `resources/samples/signs-phone.json`, the recipe that the demonstration applies to its base detector.

    .venv/bin/python packaging/make_sample_recipe.py WORK_DIR

Takes a quarter of an hour. Each channel group alone is cut by several ratios, and it is measured how far the outputs
of the detector move on training pictures. Then ratios are chosen group by group, always where a cut moves the outputs
least for the multiply-accumulates that it saves, until TARGET of those are left.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.assembly import Model, assemble  # noqa: E402
from engine.contract.project import DetectorChoice, ProjectFolder  # noqa: E402
from engine.contract.resources import SAMPLES  # noqa: E402
from engine.graph.change import keep  # noqa: E402
from engine.graph.count import conv_macs  # noqa: E402
from engine.graph.graph import Graph  # noqa: E402
from engine.graph.groups import ChannelGroup, channel_groups  # noqa: E402
from engine.techniques.filter_prune import FilterPrune  # noqa: E402

KEY, SIZE, TARGET = "ssdlite_mobilenet_v3_small", 160, 0.397
RATIOS = (0.25, 0.5, 0.75, 0.9)
WORTH = 0.004
"""Groups that save a smaller share of the multiply-accumulates when they are halved are left alone."""
LOOKED_AT, PROBED = 96, 64
PARTS = 24
"""A step of the search takes one of so many parts of a group."""
STEPS: tuple[dict[str, Any], ...] = (
    {"technique": "lr_schedule", "params": {"kind": "cosine", "warmup_epochs": 0.5}},
    {"technique": "filter_prune", "params": {"criterion": "obs", "ratio": 0, "epochs": 6}},
    {"technique": "distill", "params": {"epochs": 6}},
    {"technique": "quant_aware", "params": {"epochs": 1, "rate_factor": 0.1}},
)


def main(work: Path) -> None:
    """Sample, losses by group and ratio, ratios, recipe."""
    from engine.contract.dataset import Index
    from engine.data.importing import import_dataset
    from engine.data.sample.write import write_sample
    from engine.detector.runtime import set_threads
    from engine.preview import graph_of

    set_threads(1)
    folder = ProjectFolder(work)
    import_dataset(write_sample(folder.root / "pictures"), folder.index)
    with Index.open(folder.index) as index:
        choice = DetectorChoice(key=KEY, size=SIZE, classes=index.classes())
        paths = [picture.path for picture in index.pictures("train", limit=LOOKED_AT + PROBED)]
    graph = graph_of(choice)
    groups = {name: group for name, group in channel_groups(graph).groups.items() if group.prunable}
    halved = {name: conv_macs(keep(graph, {name: group.channels // 2})) for name, group in groups.items()}
    groups = {name: group for name, group in groups.items() if halved[name] < (1 - WORTH) * conv_macs(graph)}
    kept = work / "losses.json"
    if not kept.is_file():
        kept.write_text(json.dumps(losses(choice, paths, list(groups))), encoding="utf-8")
    chosen = choose(graph, groups, json.loads(kept.read_text(encoding="utf-8")))
    write(chosen)


def losses(choice: DetectorChoice, paths: list[str], names: list[str]) -> dict[str, list[float]]:
    """For each group, how far the outputs move at each of RATIOS."""
    from engine.detector.pictures import network_inputs
    from engine.detector.surgery import renew_statistics
    from engine.technique import Calibration, Context

    base = based(choice)
    inputs = list(network_inputs(paths, base.config))
    context = Context(base.config, choice, Calibration(lambda: iter(inputs[:LOOKED_AT]), LOOKED_AT))
    # Compared with the base under the same new statistics, which alone move the outputs more than a mild cut does.
    renew_statistics(base.network, lambda: (one["image"] for one in inputs[:LOOKED_AT]))
    wanted = outputs(base, inputs[LOOKED_AT:])
    found: dict[str, list[float]] = {}
    for name in names:
        found[name] = []
        for ratio in RATIOS:
            model = based(choice)
            FilterPrune({"criterion": "obs", "ratio": 0, "ratios": {name: ratio}}).transform(model.network, context)
            found[name].append(distance(wanted, outputs(model, inputs[LOOKED_AT:])))
        print(name, [round(loss, 3) for loss in found[name]], flush=True)
    return found


def based(choice: DetectorChoice) -> Model:
    """The sample's base detector."""
    from engine.detector.checkpoint import fit_weights
    from engine.detector.weights import read_weights

    model = assemble(choice)
    file = SAMPLES / "signs_ssdlite_small_160.safetensors"
    fit_weights(model.network, read_weights(file), str(file))
    return model


def outputs(model: Model, inputs: list[Any]) -> list[NDArray[np.float32]]:
    """Logarithms of the class probabilities of every prior of every picture."""
    import paddle

    from engine.detector.depthwise import fast_depthwise
    from engine.detector.raw import run_to_head
    from engine.detector.trace import evaluating

    rows = []
    with evaluating(model.network), paddle.no_grad(), fast_depthwise():
        for one in inputs:
            (_, scores), _ = run_to_head(model.network, paddle.to_tensor(one["image"]))
            joined = paddle.concat([score.reshape([-1, len(model.choice.classes) + 1]) for score in scores])
            rows.append(paddle.nn.functional.log_softmax(joined).numpy())
    return rows


def distance(wanted: list[NDArray[np.float32]], given: list[NDArray[np.float32]]) -> float:
    """Kullback-Leibler divergence summed over the priors of a picture, mean over pictures."""
    return float(np.mean([(np.exp(w) * (w - g)).sum() for w, g in zip(wanted, given, strict=True)]))


def choose(graph: Graph, groups: dict[str, ChannelGroup], found: dict[str, list[float]]) -> dict[str, float]:
    """Ratios that leave TARGET of the multiply-accumulates, greedily by loss per multiply-accumulate saved."""
    points = [0.0, *RATIOS]

    def loss(name: str, removed: int) -> float:
        return float(np.interp(removed / groups[name].channels, points, [0.0, *found[name]]))

    removed = dict.fromkeys(found, 0)
    total = macs = conv_macs(graph)
    while macs > TARGET * total:
        steps = []
        for name, count in removed.items():
            channels = groups[name].channels
            more = count + max(1, channels // PARTS)
            left = conv_macs(_cut(graph, groups, removed | {name: more})) if more <= RATIOS[-1] * channels else macs
            if left < macs:
                steps.append(((loss(name, more) - loss(name, count) + 1e-4) / (macs - left), name, more, left))
        _, name, removed[name], macs = min(steps)
    return {name: round(count / groups[name].channels, 4) for name, count in removed.items() if count}


def _cut(graph: Graph, groups: dict[str, ChannelGroup], removed: dict[str, int]) -> Graph:
    return keep(graph, {name: groups[name].channels - count for name, count in removed.items() if count})


def write(ratios: dict[str, float]) -> None:
    """The recipe with those ratios."""
    steps = json.loads(json.dumps(STEPS))
    steps[1]["params"]["ratios"] = ratios
    recipe = {
        "format": 1,
        "name": "signs-phone",
        "summary": "For the built-in sample: pruned where it hurts least, recovered under a teacher, then int8",
        "summary_zh": "用于内置示例：在损失最小处剪裁，在教师指导下恢复，再量化为 int8",
        "detectors": [KEY],
        "steps": steps,
    }
    file = SAMPLES / "signs-phone.json"
    file.write_text(json.dumps(recipe, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {file.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
