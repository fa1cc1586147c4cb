"""Run as `python -m tests.trial.fuzz.child SPEC`: tries a row of inputs of one reader, tells of each as a line of JSON.

SPEC is JSON: `reader`, `seed`, `first`, `count`, `folder` (its own), `project`, `kept` (for what found something).
A process of its own: a crash or a hang is then found by who reads the lines.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from tests.trial.fuzz import projects
from tests.trial.fuzz.judge import judged
from tests.trial.fuzz.readers import make_input, readers

MEMORY = 6 << 30


def main(spec: dict[str, Any]) -> None:
    """Try them all."""
    say = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is not an answer
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    projects.PROJECT = Path(spec["project"])
    folder, reader = Path(spec["folder"]), readers()[spec["reader"]]
    valid, own = folder / "valid", folder / "input"
    if not valid.exists():
        reader.prepare(valid)
    # What is valid first: it loads what the reader needs, which is no input's fault, and it must be read.
    shutil.copytree(valid, own, dirs_exist_ok=True)
    verdict, detail = judged(lambda: reader.call(own, random.Random(0)))
    print(json.dumps({"valid": verdict, "detail": detail}), file=say)
    for number in range(spec["first"], spec["first"] + spec["count"]):
        chance = random.Random(f"{spec['seed']}:fuzz:{number}")
        make_input(reader, valid, own, chance)
        print(json.dumps({"number": number}), file=say)
        began = time.monotonic()
        verdict, detail = judged(lambda: reader.call(own, chance))  # noqa: B023 - called at once
        answer = {"number": number, "verdict": verdict, "seconds": round(time.monotonic() - began, 3), "detail": detail}
        if verdict != "right":
            answer["kept"] = keep(own, Path(spec["kept"]) / f"{spec['reader']}-{spec['seed']}-{number}")
        print(json.dumps(answer), file=say)


def keep(own: Path, place: Path) -> str:
    """Save an input; where it is."""
    shutil.rmtree(place, ignore_errors=True)
    if own.exists():
        shutil.copytree(own, place)
    return str(place)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
