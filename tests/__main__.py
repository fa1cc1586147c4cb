"""`python -m tests [PYTEST OPTIONS]`: all tests, Paddle's and Qt's in a pytest process of their own each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ("tests", "--ignore=tests/studio")
STUDIO = ("tests/studio", "-p", "pytest-qt", "-W", "error")


def main(options: list[str]) -> int:
    """Run both sides, the second also if the first fails; the exit status is the worse one."""
    has_studio = any((ROOT / "tests" / "studio").glob("**/test_*.py"))
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    return max(
        subprocess.run([sys.executable, "-m", "pytest", *side, *options], cwd=ROOT, env=environment).returncode
        for side in ([ENGINE, STUDIO] if has_studio else [ENGINE])
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
