"""A source that was imported, to be changed and synced."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.datasets import shots
from tests.fakes.synced import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Six pictures of train, two of val, two of test, as the source declares."""
    return Desk(tmp_path, shots())
