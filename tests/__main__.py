"""`python -m tests [--fast] [PYTEST OPTIONS]`: Paddle's and Qt's tests in a pytest process of their own each.

`--fast` is for the loop at the desk: the rooms in which nothing is trained, exported or opened as a window.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHOLE = {"engine": ["tests", "--ignore=tests/studio"], "studio": ["tests/studio"]}
ROOMS = {
    "engine": "contract engine/cli engine/data engine/graph engine/latency engine/phone engine/recipe engine/run "
    "engine/weights test_architecture.py test_matrix.py test_sentences.py",
    "studio": "presenters stores widgets workers test_bound_texts.py test_i18n.py test_theme.py",
}
FAST = {
    "engine": [*(f"tests/{room}" for room in ROOMS["engine"].split()), "-m", "not slow"],
    "studio": [*(f"tests/studio/{room}" for room in ROOMS["studio"].split()), "-m", "not slow"],
}
OF_QT = ["-p", "pytest-qt", "-W", "error"]


def main(options: list[str]) -> int:
    """Run both sides, the second also if the first fails; the exit status is the worse one."""
    chosen = FAST if "--fast" in options else WHOLE
    more = [option for option in options if option != "--fast"]
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    return max(
        subprocess.run([sys.executable, "-m", "pytest", *side, *more], cwd=ROOT, env=environment).returncode
        for side in (chosen["engine"], [*chosen["studio"], *OF_QT])
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
