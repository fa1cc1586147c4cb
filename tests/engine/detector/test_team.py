"""Two ranks with half of the pictures each have the gradients of one process with all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.project import ProjectFolder
from tests.ranks.gradients import compare

pytestmark = pytest.mark.slow


def test_that_gradients_are_those_of_the_whole_batch_where_batch_norm_is_frozen(
    project: ProjectFolder, tmp_path: Path
) -> None:
    """SSD's, whose loss divides by what a rank counts; `python -m tests.ranks gradients` compares every family's."""
    found = compare(project.index, tmp_path / "ranks", {"ssdlite_mobilenet_v3_small": 96}, limit_s=240)
    assert all(apart < 1e-6 for apart in found.values()), found
