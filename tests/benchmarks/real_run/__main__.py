"""The real run: one data set from import to int8, arm by arm against a fair control, in one resumable command.

    .venv/bin/python -m tests.benchmarks.real_run --data BCCD --weights BACKBONE.pdparams --dir WORK [--seeds 0 1 2]

The arms stand in arms.json: each is a recipe on the same base, and each is trained for as many epochs in all as the
control, by the same schedule from the same rate. Does what a user would do with the command line, skips what is
finished, resumes what was interrupted. Everything is chosen on val; the arms that the plan says are measured on test,
once, at the end. Writes WORK/report.json and WORK/report.md and prints the tables.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.benchmarks.real_run.arms import load_plan
from tests.benchmarks.real_run.report import Report
from tests.benchmarks.real_run.run import RealRun


def main(words: list[str] | None = None) -> None:
    """Read the arguments and go."""
    parser = argparse.ArgumentParser(prog="real_run", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--weights", type=Path, required=True, help="backbone weights to start from")
    parser.add_argument("--dir", type=Path, required=True, help="working folder")
    parser.add_argument("--arms", type=Path, default=Path(__file__).with_name("arms.json"), help="file of the arms")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="ARM", help="only these, and what they are compared with"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="a base and all arms for each")
    parser.add_argument("--size", type=int, default=160, help="input size in pixels")
    parser.add_argument("--epochs", type=int, default=24, help="most epochs of the first training")
    parser.add_argument("--anneal", type=int, default=25, help="epochs of the base after those")
    parser.add_argument("--budget", type=int, default=0, help="epochs of each arm in all; as many as the base had")
    fleet = "do arms that do not need each other at once: on Ray here, or as `espalier compress --fleet` says"
    parser.add_argument("--fleet", metavar="ADDRESS", nargs="?", const="ray", help=fleet)
    args = parser.parse_args(words)
    args.dir = args.dir.resolve()
    args.dir.mkdir(parents=True, exist_ok=True)
    real = RealRun(load_plan(args.arms), args)
    real.run()
    text = Report(real).markdown()
    (args.dir / "report.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
