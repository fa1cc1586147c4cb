"""Channel groups: which channels of which parameters must go together when a filter is removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from engine.graph.graph import Graph, Op

Layout = tuple[int, ...]
"""The channel spaces that lie one after another along a tensor's channel axis."""


@dataclass(frozen=True)
class Member:
    """Where a group lies in a parameter: its channel 0 is at `start` of that axis, `block` places long.

    A block is longer than one behind a depthwise convolution that makes several channels of each.
    """

    parameter: str
    axis: int
    start: int
    block: int = 1


@dataclass(frozen=True)
class ChannelGroup:
    """Channels that can only be removed together, one index for all members.

    `id` is the layer name of the master, the first dense convolution that makes them. `locked` is the code of
    the reason why they cannot be removed, empty if they can.
    """

    id: str
    channels: int
    members: tuple[Member, ...]
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    locked: str

    @property
    def prunable(self) -> bool:
        """Whether channels can be removed."""
        return not self.locked

    @property
    def master(self) -> str:
        """Structured name of the weight whose filters are ranked, shape (channels, in, kernel, kernel)."""
        return f"{self.id}.weight"


@dataclass(frozen=True)
class ChannelGroups:
    """All groups by id in order of execution, and which groups make up the channels of each tensor.

    `parameters` tells it per (parameter, axis). Channels of no group (the picture's) are an empty id there; an id
    stands as often as each of its channels has places there.
    """

    groups: Mapping[str, ChannelGroup]
    tensors: Mapping[str, tuple[str, ...]]
    parameters: Mapping[tuple[str, int], tuple[str, ...]]


@dataclass
class _Space:
    channels: int
    parent: int
    locked: str = ""
    source: int | None = None
    """The space that this one follows, `times` channels for each of its."""
    times: int = 1


@lru_cache(maxsize=16)
def channel_groups(graph: Graph) -> ChannelGroups:
    """The channel groups of a graph."""
    analysis = _Analysis(graph)
    for op in graph.ops:
        analysis.visit(op)
    for name in graph.outputs:
        analysis.lock(analysis.tensors.get(name, ()), "graph.output")
    return analysis.result()


@dataclass
class _Analysis:
    """Union-find over channel spaces while the operations are visited in order."""

    graph: Graph
    spaces: list[_Space] = field(default_factory=list)
    tensors: dict[str, Layout] = field(default_factory=dict)
    parameters: dict[tuple[str, int], Layout] = field(default_factory=dict)
    producers: dict[int, list[str]] = field(default_factory=dict)
    consumers: list[tuple[str, Layout]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in self.graph.inputs:
            self.tensors[name] = self._new(self.graph.tensors[name][1], "graph.input")

    def visit(self, op: Op) -> None:
        """Carry the layouts of an operation's inputs to its outputs."""
        inputs = [self.tensors.get(name, ()) for name in op.inputs]
        if op.kind in ("conv2d", "depthwise_conv2d"):
            output = self._convolve(op, inputs[0])
        elif op.kind == "batch_norm":
            output = self._per_channel(op, inputs[0])
        elif op.kind in ("activation", "pool", "interpolate") and self._keeps_channels(op):
            output = inputs[0]
        elif op.kind in ("add", "mul") and len(inputs) == 2:
            output = self._combine(inputs)
        elif op.kind == "concat" and op.attributes["axis"] == 1:
            output = tuple(space for layout in inputs for space in layout)
        else:
            return self._stop(op, inputs)
        for name in op.outputs:
            self.tensors[name] = output
        return None

    def lock(self, layout: Iterable[int], reason: str) -> None:
        """Forbid removing channels of these spaces; the first reason stays."""
        for space in layout:
            owner = self.spaces[self._owner(space)[0]]
            owner.locked = owner.locked or reason

    def result(self) -> ChannelGroups:
        """The roots that a dense convolution makes, with everything that belongs to them."""
        names: dict[int, str] = {}
        for space, layers in self.producers.items():
            names.setdefault(self._root(space), layers[0])
        return ChannelGroups(
            groups={name: self._group(name, root) for root, name in names.items()},
            tensors={key: self._ids(layout, names) for key, layout in self.tensors.items()},
            parameters={key: self._ids(layout, names) for key, layout in self.parameters.items()},
        )

    def _convolve(self, op: Op, source: Layout) -> Layout:
        weight = op.parameters["weight"]
        filters, per_group = self.graph.parameters[weight][:2]
        if op.kind == "depthwise_conv2d" and per_group == 1 and self._length(source) == filters:
            return self._per_channel(op, source)
        if per_group == 1 and len(source) == 1 and self._length(source) == op.attributes["groups"] > 1:
            return self._per_channel(op, self._follow(source[0], filters))
        locked = "graph.grouped" if op.kind == "depthwise_conv2d" or op.attributes["groups"] > 1 else ""
        if locked:
            self.lock(source, locked)
        else:
            self._bind(weight, 1, source)
        self.consumers.append((op.layer, source))
        made = self.parameters.get((weight, 0)) or self._new(filters, locked)
        self.producers.setdefault(made[0], []).append(op.layer)
        return self._per_channel(op, made)

    def _follow(self, source: int, channels: int) -> Layout:
        """A space whose channels go with those of `source`, several for each."""
        made = self._new(channels)
        self.spaces[made[0]].source, self.spaces[made[0]].times = source, channels // self.spaces[source].channels
        return made

    def _per_channel(self, op: Op, layout: Layout) -> Layout:
        for name in op.parameters.values():
            self._bind(name, 0, layout)
        return layout

    def _combine(self, inputs: list[Layout]) -> Layout:
        narrow, wide = sorted(inputs, key=self._length)
        if self._length(narrow) == 1 < self._length(wide):
            self.lock(narrow, "graph.broadcast")
        else:
            self._join(wide, narrow)
        return wide

    def _stop(self, op: Op, inputs: list[Layout]) -> None:
        reason = f"graph.{op.kind}" if op.kind in ("reshape", "transpose", "split", "linear") else "graph.other"
        for layout in inputs:
            self.lock(layout, reason)
        for name in op.outputs:
            shape = self.graph.tensors[name]
            if op.kind == "split" and len(shape) == 4:
                self.tensors[name] = self._new(shape[1], reason)

    def _keeps_channels(self, op: Op) -> bool:
        source, target = (self.graph.tensors[name] for name in (op.inputs[0], op.outputs[0]))
        return len(source) == len(target) and source[1] == target[1]

    def _bind(self, parameter: str, axis: int, layout: Layout) -> None:
        # A weight used twice (one head on several maps) ties the channels of both uses together.
        known = self.parameters.setdefault((parameter, axis), layout)
        if known != layout:
            self._join(known, layout)

    def _join(self, left: Layout, right: Layout) -> None:
        sizes = [[self.spaces[space].channels for space in layout] for layout in (left, right)]
        if sizes[0] != sizes[1]:
            self.lock((*left, *right), "graph.misaligned")
            return
        for one, other in zip(left, right, strict=True):
            a, b = self._root(one), self._root(other)
            if a != b and any(self.spaces[root].source is not None for root in (a, b)):
                self.lock((a, b), "graph.grouped")
            elif a != b:
                self.spaces[b].parent = a
                self.lock((a,), self.spaces[b].locked)

    def _new(self, channels: int, locked: str = "") -> Layout:
        self.spaces.append(_Space(channels, len(self.spaces), locked))
        return (len(self.spaces) - 1,)

    def _root(self, space: int) -> int:
        while self.spaces[space].parent != space:
            space = self.spaces[space].parent
        return space

    def _owner(self, space: int) -> tuple[int, int]:
        """The root that a space's channels go with, and how many of them go with each of its."""
        root = self._root(space)
        source = self.spaces[root].source
        if source is None:
            return root, 1
        owner, times = self._owner(source)
        return owner, times * self.spaces[root].times

    def _length(self, layout: Layout) -> int:
        return sum(self.spaces[space].channels for space in layout)

    def _ids(self, layout: Layout, names: Mapping[int, str]) -> tuple[str, ...]:
        owners = map(self._owner, layout)
        return tuple(id for owner, times in owners for id in (names.get(owner, ""),) * times)

    def _group(self, name: str, root: int) -> ChannelGroup:
        members = []
        for (parameter, axis), layout in self.parameters.items():
            start = 0
            for space in layout:
                owner, times = self._owner(space)
                if owner == root:
                    members.append(Member(parameter, axis, start, times))
                start += self.spaces[space].channels
        producers = (layer for space, layers in self.producers.items() if self._root(space) == root for layer in layers)
        consumers = (layer for layer, layout in self.consumers if root in (self._owner(space)[0] for space in layout))
        return ChannelGroup(
            id=name,
            channels=self.spaces[root].channels,
            members=tuple(members),
            producers=tuple(dict.fromkeys(producers)),
            consumers=tuple(dict.fromkeys(consumers)),
            locked=self.spaces[root].locked,
        )
