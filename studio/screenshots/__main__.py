"""`python -m studio.screenshots PROJECT OUT`: every page of a project as PNG, in both themes and both languages.

Needs no screen. Writes OUT/<page>-<theme>-<language>.png; with `--small`, one theme and language for each page, and
no queue, for which work must be begun in a copy of the project. Settings, layout and queue of whoever runs it are
neither read nor changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path


def main(argv: list[str]) -> int:
    """Draw the pages; 0 when all are written."""
    parser = argparse.ArgumentParser(prog="python -m studio.screenshots", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("project", type=Path, help="folder of a project")
    parser.add_argument("out", type=Path, help="folder for the PNG files")
    parser.add_argument("--small", action="store_true", help="light theme and English alone, and no queue")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from studio.app import qt_messages_logged
    from studio.screenshots.pages import LANGUAGES, THEMES, shoot

    with tempfile.TemporaryDirectory(prefix="espalier-screenshots-") as scratch, qt_messages_logged():
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = scratch
        count = 1 if args.small else 2
        room = None if args.small else Path(scratch)
        for path in shoot(args.project, args.out, THEMES[:count], LANGUAGES[:count], room):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
