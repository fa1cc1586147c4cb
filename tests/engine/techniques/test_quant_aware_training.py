"""How a quantisation-aware training goes: batch norm at its end, averages, rates, epochs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.techniques.quant_aware import QuantAware
from tests.engine.small_detectors import choice_of, fresh

SMALL = "ssdlite_mobilenet_v3_small"


def test_that_batch_norm_stands_still_in_the_last_third() -> None:
    from paddle import nn

    network, _ = fresh(SMALL)
    norms = [layer for layer in network.sublayers() if isinstance(layer, nn.BatchNorm2D)]
    trained: dict[bool, list[bool]] = {}
    for wished in (True, False):
        for epoch in range(6):
            network.train()
            QuantAware({"freeze_norm": wished}).begin_epoch(network, epoch, 6)
            assert len({norm.training for norm in norms}) == 1 and network.training
            trained.setdefault(wished, []).append(norms[0].training)
    assert trained == {True: [True] * 4 + [False] * 2, False: [True] * 6}


@pytest.mark.parametrize(("ema", "expected"), [(0.0, 0.99), (0.9, 0.9)])
def test_that_its_training_averages_weights_and_is_gentle(ema: float, expected: float) -> None:
    from engine.contract.recipe import Recipe, Step
    from engine.contract.run.settings import TrainSettings
    from engine.recipe.application import Application
    from engine.recipe.plan import plan

    cut = Step(technique="filter_prune", params={"epochs": 5})
    recipe = Recipe(name="r", steps=(cut, Step(technique="quant_aware")))
    choice, settings = choice_of(SMALL), TrainSettings(ema=ema, learning_rate=0.002)
    applied = Application(choice, tuple(plan(recipe, choice)), Path("index"), Path("base"), settings, 0)
    pruned, aware = (applied.training(number, Path("start"), "task").settings for number in (1, 2))
    assert pruned.learning_rate == 0.002
    assert aware.ema == expected and aware.learning_rate == pytest.approx(2e-5)


def test_that_the_trainer_tells_each_epoch_after_it_set_the_mode(tmp_path: Path) -> None:
    import paddle

    from engine.contract.run.settings import TrainSettings
    from engine.detector.train.trainer import Trainer
    from engine.run.context import JobContext

    class Empty:
        def __len__(self) -> int:
            return 1

        def epoch(self, epoch: int, batch: int) -> Any:
            return iter(())

    told: list[tuple[int, bool]] = []
    network = paddle.nn.Linear(2, 2)
    trainer = Trainer(
        network,
        reader=Empty(),  # type: ignore[arg-type]  # nothing is trained here
        settings=TrainSettings(epochs=3, evaluate_every=0),
        rate=lambda step: 0.1,
        evaluate=lambda: None,
        save=lambda *_: network.eval(),
        context=JobContext(tmp_path, lambda event: None),
        begin_epoch=lambda epoch: told.append((epoch, network.training)),
    )
    trainer.position.epoch = 1  # as resumed there
    trainer.run()
    assert told == [(1, True), (2, True)]
