"""A front that was written once opens for ever, and is written as it was read."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.contract.fit.front import FILE, Front, best_of, read_front, step_params

GOLDEN = Path(__file__).parent / "golden" / "front.json"


def test_that_an_old_front_opens(tmp_path: Path) -> None:
    shutil.copy(GOLDEN, tmp_path / FILE)
    front = read_front(tmp_path)
    assert front is not None and front.base is not None and front.winner is not None and front.verdict is not None
    assert [point.kind for point in front.points] == ["base", "trial", "hollow", "winner"]
    assert front.verdict.met and front.verdict.run == front.winner.run and front.winner.done
    assert "is met" in front.verdict.message.text() and "达到" in front.verdict.message.text("zh")
    assert front.hollow[0].map is None and not front.hollow[0].done
    assert best_of(list(front.points))[-1] is front.base
    front.write(tmp_path)
    assert read_front(tmp_path) == front


def test_that_a_broken_front_is_none(tmp_path: Path) -> None:
    assert read_front(tmp_path) is None
    (tmp_path / FILE).write_text("{half")
    assert read_front(tmp_path) is None


def test_that_a_point_makes_the_step_that_made_it() -> None:
    front = Front.model_validate_json(GOLDEN.read_bytes())
    ratios = front.trials[0].ratios
    assert step_params(ratios, 8) == {"criterion": "obs", "preset": "none", "ratio": 0, "ratios": ratios, "align": 8}
