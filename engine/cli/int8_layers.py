"""What int8 does to each convolution, as a table: `espalier sensitivity --int8`."""

from __future__ import annotations

from engine.cli.output import print_table
from engine.contract.sensitivity import LayerError, LayerErrors

SHOWN = 20


def print_ranking(found: LayerErrors, above: float | None) -> None:
    """The worst, and with a limit all that are above it, which are marked."""
    kept = [] if above is None else found.above(above)
    shown = found.layers[: max(SHOWN, len(kept))]
    headers: tuple[str, ...] = ("moves outputs by", "convolution", "", "weights")
    rows: list[tuple[str, ...]] = [_row(layer) for layer in shown]
    if above is not None:
        headers = (*headers, f"above {100 * above:g} %")
        rows = [(*row, "yes" if each.layer in kept else "") for row, each in zip(rows, shown, strict=True)]
    print_table(rows, headers)


def _row(layer: LayerError) -> tuple[str, ...]:
    return f"{100 * layer.error:.2f} %", layer.layer, _kind(layer), "x".join(map(str, layer.shape))


def _kind(layer: LayerError) -> str:
    return "depthwise" if layer.groups > 1 else f"{layer.shape[2]} x {layer.shape[3]}"
