"""A detector under techniques: what a run was made by, or what a recipe would make of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from engine.contract.figures import Figure
from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.contract.run.folder import checkpoint_of
from engine.detector.base.header import read_info
from engine.graph.graph import Graph
from engine.recipe.preview import graph_figures, traced_graph
from engine.recipe.registry import make
from engine.technique.base import Base, Phase, Record, Technique


@dataclass(frozen=True)
class Stack(Base):
    """Techniques in the order in which they act on a detector; its graph is made when it is first asked for.

    `before` is the stack that this one was put upon, of whose graph it makes use.
    """

    before: Stack | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of_steps(
        cls, choice: DetectorChoice, steps: Sequence[Step], records: Sequence[Record | None] | None = None
    ) -> Stack:
        """The detector under the steps' techniques, each with its record if they acted.

        Raises UserError for one that there is not, or its parameters.
        """
        # Of a step that acted and recorded nothing nothing is left to be found out.
        known = [None] * len(steps) if records is None else [record or {} for record in records]
        return cls(choice, tuple(make(step, record) for step, record in zip(steps, known, strict=True)))

    def under(self, *techniques: Technique) -> Stack:
        """The stack with some techniques more."""
        return Stack(self.choice, (*self.techniques, *techniques), self)

    @cached_property
    def built(self) -> Graph:
        """The graph as the techniques configure it, before they change any channel.

        Raises UserError where one cannot act on the detector, JobFailed where what they configure cannot be built.
        """
        return _traced(json.dumps(self.config(), sort_keys=True))

    @cached_property
    def graph(self) -> Graph:
        """The graph, channel changes and all; raises as `built` does, and UserError where one names what there is not.

        What was changed after the build need not be changed again while the build is the same.
        """
        graph, new = self.built, self.techniques
        if self.before is not None and self.before.built is graph:
            graph, new = self.before.graph, new[len(self.before.techniques) :]
        for technique in new:
            graph = technique.estimate(graph)
        return graph

    @property
    def quantising(self) -> Technique | None:
        """The technique that makes the network int8, the last if there are several."""
        return next((made for made in reversed(self.techniques) if made.phase is Phase.QUANTISE), None)

    @property
    def quantised(self) -> bool:
        """Whether the network is int8."""
        return self.quantising is not None

    @property
    def acts_on_program(self) -> bool:
        """Whether a technique acts on the saved program alone, so that the network in memory is not the model."""
        return any(made.phase is Phase.QUANTISE and not made.trains for made in self.techniques)

    def int8_layers(self) -> set[str]:
        """Names of the convolutions that the export holds in int8; raises as `graph` does."""
        return self.quantising.int8_layers(self.graph) if self.quantising is not None else set()

    def figures(self) -> list[Figure]:
        """What the graph tells: exact counts, and the estimated size of the file; raises as `graph` does."""
        if self.quantising is None:
            return graph_figures(self.graph)
        return graph_figures(self.graph, self.int8_layers(), self.quantising.spare_bytes(self.graph))


def stack_of(checkpoint: Path) -> Stack:
    """What a checkpoint was made by, kept in memory while the file is the same.

    Raises UserError for a file that is no checkpoint, OSError for one that is not there.
    """
    return _stack_of(checkpoint, checkpoint.stat().st_mtime_ns)


def stack_of_run(run: Path) -> Stack:
    """What a run was made by; raises UserError for a run without weights."""
    return stack_of(checkpoint_of(run))


@lru_cache(maxsize=32)
def _stack_of(checkpoint: Path, _changed: int) -> Stack:
    info = read_info(checkpoint)
    return Stack.of_steps(info.choice, info.steps, info.records)


@lru_cache(maxsize=32)
def _traced(config: str) -> Graph:
    return traced_graph(json.loads(config))
