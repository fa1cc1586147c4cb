"""What each layer of a network counts, and each part of it: `espalier preview --layers`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.cli.output import print_table
from engine.graph.count import LayerCount, layers, params
from engine.graph.graph import Graph


class Row(NamedTuple):
    """A layer, or a part of the network: what it counts, and what it did in the base."""

    name: str
    kind: str
    output: str
    macs: int
    base_macs: int | None
    params: int
    base_params: int | None


def rows(base: Graph, after: Graph) -> list[Row]:
    """Name, kind, output, and MACs and parameters of every layer after the recipe, then of the same layer before.

    What was not there before has None; what the recipe takes away is named last, with nothing left of it. A layer that
    runs on several maps has a row for each.
    """
    before = _numbered(layers(base))
    now = _numbered(layers(after))
    found = [_row(layer, before.get(name), layer) for name, layer in now.items()]
    return found + [_row(layer, layer, None) for name, layer in before.items() if name not in now]


def print_layers(base: Graph, after: Graph) -> None:
    """A table of the layers, and one of the parts of the network."""
    lines = rows(base, after)
    whole = sum(line.macs for line in lines) or 1
    shown = [(*line[:3], *_amounts(line), f"{100 * line.macs / whole:.1f} %") for line in lines]
    print_table(shown, ("layer", "kind", "output", "MACs", "base", "parameters", "base", "share of MACs"))
    print()
    parts = list(_parts(lines))
    told = [(name, *_amounts(line), f"{100 * line.macs / whole:.1f} %") for name, line in parts]
    held = sum(line.params for _, line in parts), sum(line.base_params or 0 for _, line in parts)
    norms = params(after) - held[0], params(base) - held[1]
    told.append(("batch norm", None, None, *(f"{value:,}" for value in norms), None))
    print_table(told, ("part", "MACs", "base", "parameters", "base", "share of MACs"))


def _numbered(found: Sequence[LayerCount]) -> dict[tuple[str, int], LayerCount]:
    times: dict[str, int] = {}
    numbered = {}
    for layer in found:
        times[layer.layer] = number = times.get(layer.layer, 0) + 1
        numbered[layer.layer, number] = layer
    return numbered


def _row(named: LayerCount, before: LayerCount | None, after: LayerCount | None) -> Row:
    output = "x".join(map(str, named.output[1:]))
    macs, held = (after.macs, after.params) if after else (0, 0)
    kind = named.kind.removesuffix("_conv2d") if named.kind == "depthwise_conv2d" else named.kind
    base = (before.macs, before.params) if before else (None, None)
    return Row(named.layer, kind, output, macs, base[0], held, base[1])


def _parts(lines: Iterable[Row]) -> Iterable[tuple[str, Row]]:
    """Sums by the first word of the layers' names; a layer that runs several times has its parameters once."""
    parts: dict[str, list[Row]] = {}
    for line in lines:
        parts.setdefault(line.name.split(".", 1)[0], []).append(line)
    for name, members in parts.items():
        once = list({line.name: line for line in members}.values())
        macs, base_macs = sum(line.macs for line in members), sum(line.base_macs or 0 for line in members)
        held, base_held = sum(line.params for line in once), sum(line.base_params or 0 for line in once)
        yield name, Row(name, "", "", macs, base_macs, held, base_held)


def _amounts(line: Row) -> tuple[str | None, ...]:
    return tuple(None if value is None else f"{value:,}" for value in line[3:])
