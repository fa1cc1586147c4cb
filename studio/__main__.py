"""`python -m studio [PROJECT]`: the window."""

from __future__ import annotations

import sys

from studio.app import main

sys.exit(main(sys.argv))
