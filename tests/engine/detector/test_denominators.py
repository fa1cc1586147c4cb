"""A loss whose denominator is shared among ranks outlives a program that is saved in the middle of a training."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.dataset import Index
from engine.contract.project import DetectorChoice, ProjectFolder
from engine.detector.network.program import save_program
from engine.detector.train.denominators import share_denominators
from engine.detector.train.reader import TrainingReader
from engine.model.assembly import assemble


@pytest.mark.parametrize(("key", "size"), [("ssdlite_mobilenet_v3_small", 96), ("faster_rcnn_mobilenet_v3_fpn", 128)])
def test_that_a_program_saved_between_two_steps_changes_no_loss(
    key: str, size: int, project: ProjectFolder, tmp_path: Path
) -> None:
    """Paddle makes every layer's forward a static one as it saves; a function in place of a method broke it."""
    import paddle

    with Index.open(project.index) as index:
        choice = DetectorChoice(key=key, size=size, classes=index.classes())
        model, pictures = assemble(choice), index.pictures("train")
    reader = TrainingReader(pictures, model.config, batch_size=2, seed=1, augment="light")
    batch = {name: paddle.to_tensor(value) for name, value in next(iter(reader.epoch(0))).items()}
    asked: list[float] = []

    def alone(counted: float) -> float:
        asked.append(counted)
        return counted

    share_denominators(model.network, alone, 1)
    model.network.train()
    losses = []
    for _ in range(2):
        paddle.seed(3)
        losses.append(float(model.network(batch)["loss"]))
        save_program(model.network, model.config, tmp_path / "program")
    assert losses[0] == losses[1] and len(asked) == 2 and asked[0] == asked[1]
