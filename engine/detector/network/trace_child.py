"""`python -m engine.detector.network.trace_child OUT`: builds the configuration on stdin, writes its graph to OUT.

A process of its own, so that whoever previews never loads Paddle.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine.contract.system.files import write_atomically


def main() -> None:
    """Build, trace, write whole or not at all."""
    config = json.load(sys.stdin)
    from engine.detector.families.build import build
    from engine.detector.network.trace import trace

    write_atomically(Path(sys.argv[1]), trace(build(config), config).to_json())


if __name__ == "__main__":
    main()
