"""`python -m tests.latency DATA [--write]`: fits phone latency on published times and says how good that is.

DATA holds `published.csv` and `conv_sd855.txt` (their columns: docs/latency.md). The fit and the report are printed;
with `--write` they also become `resources/latency/coefficients.json` and the tables of `docs/latency.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np

from engine.contract.text.resources import ROOT
from engine.latency.coefficients import FILE, Coefficients
from engine.latency.effects import ERAS
from engine.latency.estimate import PRECISIONS, estimate
from engine.latency.fit import Array, Problem
from tests.latency.pruned import pruned_report
from tests.latency.report import alone, leave_one_out, left_out, lines, ranks, spread
from tests.latency.rows import Row, pairs, read_rows
from tests.latency.samples import network, refusal, samples, table_samples, trace_all

DOCUMENT = ROOT / "docs" / "latency.md"
MARK = "<!-- what follows is written by `python -m tests.latency DATA --write` -->\n"
HELD = "yolov3_mbv1"
PUBLISHED = {"yolov3_mbv1_voc": 80.5, "yolov3_mbv1_voc_r578": 31.5}


def main() -> None:
    """Fit, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.latency", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--graphs", type=Path, help="folder that keeps the traced networks for the next time")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        run(args.data, args.graphs or Path(scratch), args.write)


def run(data: Path, graphs: Path, write: bool) -> None:
    """The whole work, on the data in one folder and with the traced networks in another."""
    rows, left = read_rows(data / "published.csv")
    trace_all(rows, graphs)
    refused = {row.graph: why for row in rows if (why := refusal(row, network(graphs, row.graph, row.size)))}
    left += [(row.graph, refused[row.graph]) for row in rows if row.graph in refused]
    rows = [row for row in rows if row.graph not in refused]
    problem = Problem(samples(rows, graphs) + table_samples(data / "conv_sd855.txt"), pairs(rows))
    theta = problem.fit()
    errors = leave_one_out(problem, rows, theta)
    fitted = Coefficients(
        effects={name: round(value, 4) for name, value in problem.effects(theta).items()},
        spread={precision: round(spread(rows, errors, precision), 4) for precision in PRECISIONS},
        seen=dict(sorted(Counter(f"{row.soc}/{row.threads}/{row.precision}" for row in rows).items())),
        provenance=provenance(data, rows),
    )
    text = "\n".join(report(rows, errors, problem, theta, left, graphs))
    print(text)
    if write:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(fitted.model_dump_json(indent=1) + "\n", encoding="utf-8")
        kept = DOCUMENT.read_text(encoding="utf-8").split(MARK)[0] if DOCUMENT.is_file() else ""
        DOCUMENT.write_text(kept + MARK + "\n" + text + "\n", encoding="utf-8")


def provenance(data: Path, rows: list[Row]) -> dict[str, object]:
    """Of what the coefficients were fitted, when and how."""
    return {
        "command": "python -m tests.latency DATA --write",
        "date": date.today().isoformat(),
        "sha256": {
            name: hashlib.sha256((data / name).read_bytes()).hexdigest() for name in ("published.csv", "conv_sd855.txt")
        },
        "rows": len(rows),
        "sources": dict(sorted(Counter(row.source for row in rows).items())),
        "models": sorted({row.model for row in rows}),
    }


def report(
    rows: list[Row], errors: Array, problem: Problem, theta: Array, left: list[tuple[str, str]], graphs: Path
) -> list[str]:
    """What is printed and kept."""
    found = left_out(rows, errors)
    text = [f"{len(rows)} published times, one model left out at a time (all of its sizes, chips and precisions)."]
    if alone(rows):
        text.append(f"Not in it, for only one model was timed on them: {', '.join(sorted(alone(rows)))}.")
    text += ["", *lines(found), "", *pruned_report(problem, rows, errors, theta)]
    text += ["", *ranks(found), "", *recipe_of_2020(problem, theta, rows, errors, graphs), ""]
    text += ["### Rows that are not used", "", "| model | rows | why |", "|---|---|---|"]
    text += [f"| {name} | {count} | {why} |" for (name, why), count in sorted(Counter(left).items())]
    return text


def recipe_of_2020(problem: Problem, theta: Array, rows: list[Row], errors: Array, graphs: Path) -> list[str]:
    """YOLOv3-MobileNetV1 before and after `head70`, with every row of both left out of the fit and of the interval."""
    out = np.array([sample.model.startswith(HELD) for sample in problem.samples])
    rest = problem.fit(~out, theta)
    width = spread(rows, errors, "fp32", without=HELD)
    fitted = Coefficients(
        effects=problem.effects(rest), spread=dict.fromkeys(PRECISIONS, width), seen={"SD855/4/fp32": 99}, provenance={}
    )
    lines = [
        "| YOLOv3-MobileNetV1, 320 px, 20 classes, SD855, 4 threads, rows left out | estimated | interval | published |"
    ]
    lines.append("|---|---|---|---|")
    for key, published in PUBLISHED.items():
        told = estimate(network(graphs, key, 320), "SD855", 4, "fp32", era=ERAS[0], fitted=fitted)
        name = "head70" if key.endswith("r578") else "base"
        lines.append(f"| {name} | {told.ms:.1f} ms | {told.low:.1f} to {told.high:.1f} ms | {published} ms |")
    return lines


if __name__ == "__main__":
    main()
