"""Puts a detector together: build, configure by the steps, replay the records, load strictly (docs/architecture.md)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.contract.run.folder import checkpoint_of
from engine.contract.text.messages import JobFailed, UserError
from engine.recipe.registry import make
from engine.recipe.stack import Stack
from engine.technique.base import Context, Record

if TYPE_CHECKING:
    from paddle import nn

    from engine.detector.base.header import CheckpointInfo
    from engine.detector.base.spec import Config
    from engine.detector.network.checkpoint import Matching


@dataclass
class Model:
    """A detector in memory with all that tells how it came to be; `records[i]` belongs to `steps[i]`."""

    network: nn.Layer
    config: Config
    choice: DetectorChoice
    steps: tuple[Step, ...] = ()
    records: tuple[Record | None, ...] = ()

    @property
    def stack(self) -> Stack:
        """The detector under the techniques of the steps, which know their records; raises UserError for one that
        there is no more.
        """
        return Stack.of_steps(self.choice, self.steps, self.records)


def assemble(choice: DetectorChoice, steps: Sequence[Step] = (), records: Sequence[Record | None] = ()) -> Model:
    """Build `choice` and give it the structure of `records`; weights are as initialised.

    Raises UserError for a step that cannot act on the detector, JobFailed for a record that does not fit it.
    """
    from engine.detector.families.build import build

    stack = Stack.of_steps(choice, steps)
    config = stack.config()
    network = build(config)
    for technique, record in zip(stack.techniques, records, strict=True):
        if record is not None:
            technique.replay(network, record)
    return Model(network, config, choice, tuple(steps), tuple(records))


def extend(
    model: Model,
    steps: Sequence[Step],
    context: Context | None = None,
    rebuilt: Callable[[Matching], None] | None = None,
) -> Model:
    """Apply new steps to a model with weights; returns it with the steps and their records added.

    The network is changed in place, unless a step changes the configuration: then it is built again, weights that
    still fit by name and shape are taken over, the rest is as initialised, and `rebuilt` is told what fitted.
    Raises UserError for a step that cannot act on the model, or that does not go with what made it.
    """
    from engine.detector.network.checkpoint import network_arrays, take_over

    context = context or Context(config=model.config, choice=model.choice)
    made = [make(step) for step in steps]
    config = copy.deepcopy(model.config)
    for technique in made:
        technique.configure(config)
    network = model.network
    if config != model.config:
        network = _built_again(model, config, [technique.key for technique in made])
        matching = take_over(network, network_arrays(model.network))
        if rebuilt is not None:
            rebuilt(matching)
        context = replace(context, config=config)
    records = [technique.transform(network, context) for technique in made]
    return Model(network, config, model.choice, model.steps + tuple(steps), model.records + tuple(records))


def _built_again(model: Model, config: Config, keys: Sequence[str]) -> nn.Layer:
    from engine.detector.families.build import build

    network = build(config)
    for technique, record in zip(model.stack.techniques, model.records, strict=True):
        try:
            if record is not None:
                technique.replay(network, record)
        except (UserError, JobFailed) as error:
            raise UserError("technique.late", techniques=", ".join(keys), earlier=technique.key) from error
    return network


def load(path: Path) -> tuple[Model, CheckpointInfo]:
    """The detector of a run folder (its best checkpoint) or of a checkpoint file, weights and all.

    Raises UserError when there is none, or when any key or shape does not fit.
    """
    from engine.detector.base.header import read_info
    from engine.detector.network.checkpoint import load_weights

    file = checkpoint_of(path)
    info = read_info(file)
    model = assemble(info.choice, info.steps, info.records)
    load_weights(model.network, file)
    return model, info
