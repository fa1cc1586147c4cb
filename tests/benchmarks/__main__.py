"""`python -m tests.benchmarks [NAME ...]`: prints the lines that `run()` of each `bench_NAME.py` returns.

Each runs in a process of its own, so that what one leaves in memory does not slow or warm up the next.
`NAME=WHAT` hands a word on to `run`, where a benchmark takes one.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


def names() -> list[str]:
    """Every benchmark beside this file."""
    return sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))


def run_here(name: str) -> None:
    """Run one benchmark in this process and print its lines."""
    name, *words = name.split("=", 1)
    for line in importlib.import_module(f"tests.benchmarks.bench_{name}").run(*words):
        print(line, flush=True)


def main(wanted: list[str]) -> int:
    """Run the `wanted` benchmarks, or all; 2 if there is none of such a name, 1 if one fails."""
    if wanted[:1] == ["--here"]:
        run_here(wanted[1])
        return 0
    unknown = sorted({name.partition("=")[0] for name in wanted} - set(names()))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names()) or 'none'}", file=sys.stderr)
        return 2
    if not names():
        print("there are no benchmarks yet: none of tests/benchmarks/bench_*.py")
    failed = 0
    for name in wanted or names():
        print(f"-- {name}", flush=True)
        command = [sys.executable, "-m", "tests.benchmarks", "--here", name]
        failed += subprocess.run(command, cwd=ROOT).returncode != 0
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
