"""The front of a fit as a table: what was trained, and between it what was not."""

from __future__ import annotations

from engine.cli.output import print_table
from engine.contract.fit.front import Front, FrontPoint, best_of

HEADERS = ("", "time", "interval", "mAP val", "interval", "MACs", "file", "run", "")


def print_front(front: Front) -> None:
    """Print all points, the slowest first; on the front are those that none beats in both time and mAP."""
    best = best_of([point for point in front.points if point.kind != "hollow"])
    rows = [_row(front, point, point in best) for point in sorted(front.points, key=_order)]
    print_table(rows, HEADERS)


def _order(point: FrontPoint) -> tuple[float, float]:
    return -(point.ms or 0.0), -point.macs


def _row(front: Front, point: FrontPoint, best: bool) -> tuple[str | None, ...]:
    scores = f"{point.map_low:.1f} to {point.map_high:.1f}" if point.map_low is not None and point.map_high else None
    times = f"{point.ms_low:.2f} to {point.ms_high:.2f}" if point.ms_low is not None and point.ms_high else None
    run = front.run if point.kind == "base" else point.run
    return (
        point.kind,
        f"{point.ms:.2f} ms" if point.ms is not None else None,
        times,
        f"{point.map:.1f}" if point.map is not None else None,
        scores,
        f"{100 * point.macs:.1f} %",
        f"{point.mb:.2f} MB" if point.mb is not None else None,
        run,
        "*" if best else "",
    )
