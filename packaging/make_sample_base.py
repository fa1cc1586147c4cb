"""Makes `resources/samples/signs_ssdlite_small_160.safetensors`, the base detector of the built-in sample.

    .venv/bin/python packaging/make_sample_base.py WORK_DIR

Takes an hour on 2 cores for the first two trainings and another on one for the last two, which went on from the file
that the first two had made, in halves. First the backbone learns to tell crops of signs apart, which is cheap at 64 px;
then the whole detector is trained by the same job as any other run until val stands still, or what is compared with it
in the demo would gain by being trained on at all. Only the sample's training pictures are seen.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.contract.project import DetectorChoice, ProjectFolder  # noqa: E402
from engine.contract.recipe import Step  # noqa: E402
from engine.contract.run.job import TrainJob  # noqa: E402
from engine.contract.run.settings import TrainSettings  # noqa: E402

KEY, SIZE, SEED = "ssdlite_mobilenet_v3_small", 160, 0
CROP, CROPS, STEPS = 64, 32, 1500
MAPS = 3
"""Feature maps whose channels learn to classify."""
TRAININGS: tuple[dict[str, Any], ...] = (
    {"epochs": 30, "learning_rate": 1.5e-3, "ema": 0.998},
    {"epochs": 6, "learning_rate": 1e-3, "ema": 0.995, "augment": "none"},
    {"epochs": 12, "learning_rate": 4e-3, "ema": 0.995, "augment": "light"},
    {"epochs": 30, "learning_rate": 2e-3, "ema": 0.998, "augment": "light"},
)
"""One after the other, each from the best weights of the one before."""


def main(work: Path) -> None:
    """Sample, backbone, detector, resource."""
    from engine.contract.dataset import Index
    from engine.data.dataset_import import import_dataset
    from engine.data.sample.write import write_sample

    folder = ProjectFolder(work)
    import_dataset(write_sample(folder.root / "pictures"), folder.index)
    with Index.open(folder.index) as index:
        choice = DetectorChoice(key=KEY, size=SIZE, classes=index.classes())
        backbone = folder.root / "backbone.safetensors"
        if not backbone.is_file():
            pretrain(choice, index.pictures("train"), backbone)
    common = {"batch_size": 8, "weight_decay": 5e-5, "threads": 1, "evaluate_every": 2}
    latest = backbone
    for given in TRAININGS:
        latest = train(folder, choice, latest, TrainSettings.model_validate(common | given))
    publish(latest)


def train(folder: ProjectFolder, choice: DetectorChoice, start: Path, settings: TrainSettings) -> Path:
    """A run from `start` on, with cosine after an epoch of warm-up."""
    run = folder.new_run("base")
    schedule = Step(technique="lr_schedule", params={"kind": "cosine", "warmup_epochs": 1.0})
    job = TrainJob(choice=choice, index=str(folder.index), start=str(start), steps=(schedule,), settings=settings)
    (run / "job.json").write_text(job.model_dump_json(indent=1), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "engine", "run", str(run)], cwd=ROOT, check=True)
    return run


def pretrain(choice: DetectorChoice, pictures: list[Any], out: Path) -> None:
    """Train the backbone to classify crops through a linear layer on each of its first maps, and keep it."""
    from engine.detector.base.runtime import set_threads
    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build
    from engine.detector.network.checkpoint import network_arrays
    from engine.detector.network.depthwise import fast_depthwise

    set_threads(1)
    import paddle
    from paddle.nn import functional
    from safetensors.numpy import save_file

    paddle.seed(SEED)
    config = resolve(choice)
    backbone = build(config).backbone
    widths = [shape.channels for shape in backbone.out_shape[:MAPS]]
    readers = [paddle.nn.Linear(width, len(choice.classes) + 1) for width in widths]
    parameters = backbone.parameters() + [p for reader in readers for p in reader.parameters()]
    schedule = paddle.optimizer.lr.CosineAnnealingDecay(2e-3, STEPS)
    optimiser = paddle.optimizer.Adam(schedule, parameters=parameters)
    with fast_depthwise():
        for step, (images, labels) in enumerate(crops(pictures, config, len(choice.classes))):
            maps = backbone({"image": paddle.to_tensor(images)})
            logits = [reader(m.mean([2, 3])) for reader, m in zip(readers, maps, strict=False)]
            target = paddle.to_tensor(labels)
            loss = sum(functional.cross_entropy(one, target) for one in logits)
            loss.backward()
            optimiser.step()
            optimiser.clear_grad()
            schedule.step()
            if step % 50 == 0:
                right = float((logits[1].argmax(1) == target).astype("float32").mean())
                print(f"backbone step {step}/{STEPS}: loss {float(loss):.3f}, right {right:.2f}", flush=True)
    save_file({f"backbone.{name}": value for name, value in network_arrays(backbone).items()}, out)


def crops(
    pictures: list[Any], config: dict[str, Any], background: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Batches of crops around signs, a fifth of them of no sign, with their classes."""
    import cv2

    from engine.detector.predict.pictures import normalise, read_picture

    chance = np.random.default_rng(SEED)
    loaded = [read_picture(picture.path) for picture in pictures]
    for _ in range(STEPS):
        images, labels = [], []
        while len(images) < CROPS:
            number = int(chance.integers(len(pictures)))
            picture, pixels = pictures[number], loaded[number]
            empty = chance.random() < 0.2
            x, y, side, label = (
                _nowhere(picture, background, chance) if empty or not picture.boxes else _around(picture, chance)
            )
            left, top = max(0, round(x - side / 2)), max(0, round(y - side / 2))
            crop = pixels[top : top + max(8, round(side)), left : left + max(8, round(side))]
            if label < 0 or min(crop.shape[:2]) < 8:
                continue
            crop = cv2.resize(crop, (CROP, CROP), interpolation=cv2.INTER_LINEAR)
            images.append(normalise(crop[:, ::-1] if chance.random() < 0.5 else crop, config))
            labels.append(label)
        yield np.stack(images), np.array(labels, np.int64)


def _around(picture: Any, chance: np.random.Generator) -> tuple[float, float, float, int]:
    """A square round one sign, off its centre by up to a fifth and up to twice its size."""
    box = picture.boxes[int(chance.integers(len(picture.boxes)))]
    side = max(box.x2 - box.x1, box.y2 - box.y1)
    dx, dy = chance.uniform(-0.2, 0.2, 2) * side
    return (box.x1 + box.x2) / 2 + dx, (box.y1 + box.y2) / 2 + dy, side * chance.uniform(1.0, 2.0), box.class_id


def _nowhere(picture: Any, background: int, chance: np.random.Generator) -> tuple[float, float, float, int]:
    """A square that touches no sign, or the class -1 when the one drawn does."""
    side = chance.uniform(0.12, 0.5) * picture.height
    x, y = chance.uniform(0, picture.width), chance.uniform(0, picture.height)
    clear = all(
        x + side / 2 < b.x1 or x - side / 2 > b.x2 or y + side / 2 < b.y1 or y - side / 2 > b.y2 for b in picture.boxes
    )
    return x, y, side, background if clear else -1


def publish(run: Path) -> None:
    """Keep the best weights in the repository, as halves to be small."""
    from safetensors.numpy import save_file

    from engine.contract.text.resources import SAMPLES
    from engine.detector.network.checkpoint import read_tensors

    arrays = read_tensors(run / "checkpoints" / "best.safetensors", "model")
    SAMPLES.mkdir(parents=True, exist_ok=True)
    file = SAMPLES / "signs_ssdlite_small_160.safetensors"
    save_file({name: value.astype(np.float16) for name, value in arrays.items()}, file)
    print(f"wrote {file.name}, {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
