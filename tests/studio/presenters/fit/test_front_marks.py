"""A front as marks: what is filled, hollow, on the lower edge, on the line of the best, and beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.contract.figures import Figure, FigureName, pick
from engine.contract.fit.front import Front
from studio.presenters.fit.front_marks import axis_of, axis_title, drawing, keyed, other_marks
from tests.studio.stores.told_fits import fit_of, points_of, trial
from tests.studio.stores.told_runs import figure

START = Path("0001-base")


class ToldRun:
    """As much of a run as a front asks for."""

    def __init__(self, name: str, *figures: Figure) -> None:
        self.name, self.number, self._figures = name, int(name[:4]), figures

    def figure(self, name: FigureName, **conditions: object) -> Figure | None:
        return pick(self._figures, name, **conditions)


def front_of(points: tuple[Any, ...] | None = None, **asked: Any) -> Front:
    return Front(
        run=START.name, job=fit_of(Path(), START, **asked), points=points if points is not None else points_of()
    )


def test_that_what_was_trained_stands_at_its_map_and_what_was_not_in_its_bounds() -> None:
    drawn = drawing(front_of())
    told = {mark.key: (mark.kind, mark.tag, mark.x, mark.y) for mark in drawn.marks}
    assert told["base"] == ("base", "base", 10.0, 60.0)
    assert told["trial-2"] == ("trial", "2", 4.9, 53.0) and told["winner"] == ("winner", "winner", 4.9, 57.5)
    assert told["hollow-1"] == ("hollow", "", 8.0, 56.5) and told["hollow-3"] == ("hollow", "", 4.0, None)
    spans = {mark.key: (mark.x_span, mark.y_span) for mark in drawn.marks}
    assert spans["trial-1"] == ((0.8 * 5.2, 5.2), (49.0, 55.0)) and spans["hollow-3"][1] is None


def test_that_the_line_runs_through_trained_points_that_none_beats() -> None:
    assert drawing(front_of()).best == ((4.9, 57.5), (10.0, 60.0))
    begun = drawing(front_of((*points_of()[:-1], trial(3, 1.0, None, None))))
    assert begun.best == ((4.9, 53.0), (10.0, 60.0))
    assert next(mark for mark in begun.marks if mark.key == "trial-3").kind == "begun"


def test_that_targets_are_lines_on_the_axis_that_was_asked_for() -> None:
    plain = drawing(front_of())
    assert (plain.axis, plain.target, plain.floor) == ("ms", 5.0, None)
    timed = drawing(Front(run="b", job=fit_of(Path(), START, points=2.0), points=points_of()))
    assert (timed.target, timed.floor) == (5.0, 58.0)
    counted = front_of(ms=None, phone=None, threads=1, macs=0.4)
    assert (axis_of(counted.job), drawing(counted).target) == ("macs", 40.0)
    assert drawing(counted).marks[0].x == 100.0 and "%" in axis_title("macs", counted.job)
    sized = front_of(ms=None, phone=None, threads=1, mb=2.0)
    assert (axis_of(sized.job), drawing(sized).target) == ("mb", 2.0)
    assert "base" not in {mark.key for mark in drawing(sized).marks}, "the size of the base is not told"


def test_that_keys_stay_while_the_front_grows() -> None:
    before, after = keyed(front_of(points_of()[:4])), keyed(front_of())
    assert list(before) == ["base", "hollow-1", "hollow-2", "hollow-3"] and before.items() <= after.items()


def test_that_other_runs_stand_beside_it_where_both_were_measured() -> None:
    score = figure("map", 60.0, "points", split="val")
    runs: Any = [
        ToldRun("0001-base", score, figure("conv_macs", 100.0, "MACs", "computed")),
        ToldRun("0002-fit-trial-1", score, figure("conv_macs", 50.0, "MACs", "computed")),
        ToldRun("0007-other", score, figure("conv_macs", 25.0, "MACs", "computed"), figure("host_ms_total", 3.0, "ms")),
        ToldRun("0008-never-scored", figure("conv_macs", 25.0, "MACs", "computed")),
    ]
    counted = other_marks(front_of(ms=None, phone=None, threads=1, macs=0.4), runs)
    assert [(mark.tag, mark.x, mark.y, mark.run) for mark in counted] == [("0007", 25.0, 60.0, "0007-other")]
    here = other_marks(front_of(phone="host", threads=1), runs)
    assert [(mark.key, mark.x) for mark in here] == [("run-0007-other", 3.0)]
    assert other_marks(front_of(), runs) == [], "times of phones are not those of this machine"
