"""What every test runs under."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# The same examples each time: a test that fails must fail again when it is looked into.
hypothesis.settings.register_profile("espalier", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("espalier")

# Whatever the machine speaks; child processes inherit it.
os.environ["ESPALIER_LANGUAGE"] = "en"

# A shell that runs the tests in the background has them ignore Ctrl-C, and all that they start with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

PADDLE_SIDE = {"paddle", "cv2"}
QT_SIDE = {"PySide6"}


# No test looks into the queue of whoever runs the tests, nor into another's; what a session shares has this one.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="espalier-tests-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)


@pytest.fixture(autouse=True)
def _queue_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test leaves waiting is not taken up by the next."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))


@pytest.fixture(autouse=True)
def _one_side_per_process() -> Iterator[None]:
    """OpenCV brings a Qt of its own and Paddle symbols of zlib's: with PySide6 in one process they crash."""
    yield
    loaded = sys.modules.keys()
    if PADDLE_SIDE & loaded and QT_SIDE & loaded:
        pytest.exit("this process has loaded both Qt and Paddle or OpenCV; run `make test`", returncode=1)
