"""Figures against the base, the Pareto front, and which boxes are lost: arithmetic without a window."""

from __future__ import annotations

from engine.contract.figures import pick
from studio.presenters.compare.run_rows import FIGURES, base_of, class_rows, deltas_of, figures_of, pareto
from studio.presenters.figure_words import certainty_text, chance_text, change_words
from studio.presenters.finds import Find, lost, overlap, shown
from studio.presenters.numbers import Delta
from tests.studio.stores.told_runs import figure, final_figures


def columns(score: float, macs: float) -> dict:
    told = final_figures(score, macs)
    return figures_of(lambda name, conditions: pick(told, name, **conditions))


def test_that_a_change_is_told_with_sign_and_judgement() -> None:
    changes = deltas_of(columns(50.0, 30e6), columns(48.0, 15e6))
    assert changes["map_val"] == Delta("-2.0", "▼", False, "unknown")
    assert changes["macs"] == Delta("-50.0 %", "▼", True)
    assert changes["map_test"] is None and set(changes) == set(FIGURES)
    assert set(deltas_of(None, columns(48.0, 15e6)).values()) == {None}


def test_that_the_base_is_the_first_run_of_the_line() -> None:
    parents = {"1": None, "2": "1", "3": "2", "4": "gone", "5": "6", "6": "5"}
    assert [base_of(name, parents) for name in "1234"] == [None, "1", "1", None]
    assert base_of("5", parents) == "6"


def test_that_the_front_holds_what_nothing_beats() -> None:
    points = [(10.0, 50.0), (5.0, 45.0), (7.0, 40.0), (5.0, 44.0), (12.0, 50.0)]
    assert pareto(points) == [(5.0, 45.0), (10.0, 50.0)]
    assert pareto([]) == []


def test_that_classes_are_set_side_by_side() -> None:
    rows = class_rows(final_figures(50.0, 1.0), final_figures(40.0, 1.0), "val")
    told = [(row.name, row.a.value, row.b.value) for row in rows if row.a and row.b]
    assert told == [("stop", 51.0, 41.0), ("give way", 49.0, 39.0)]
    assert class_rows(final_figures(50.0, 1.0), (), "test") == []


def find(left: float, score: float = 0.9, class_id: int = 0) -> Find:
    return Find(class_id, "stop", score, left, 0.0, left + 10.0, 10.0)


def test_that_a_box_is_lost_if_no_box_of_its_class_is_there() -> None:
    a = [find(0), find(100), find(200)]
    assert lost(a, [find(1), find(100, class_id=1), find(206)]) == [find(100), find(200)]
    assert lost(a, a) == []


def test_that_one_box_answers_for_one_only() -> None:
    assert len(lost([find(0, 0.9), find(1, 0.8)], [find(0)])) == 1


def test_that_boxes_apart_do_not_overlap() -> None:
    assert overlap(find(0), find(20)) == 0.0 and overlap(find(0), find(0)) == 1.0
    assert shown([find(0, 0.4), find(1, 0.5)], 0.5) == [find(1, 0.5)]


def test_that_scores_on_other_pictures_have_no_difference_but_a_reason() -> None:
    before, after = (
        {"map_val": figure("map", score, "points", split="val", pictures=count, picture_set=name)}
        for score, count, name in ((50.0, 60, "aa"), (80.0, 8, "bb"))
    )
    change = deltas_of(before, after)["map_val"]
    assert change is not None and (change.text, change.arrow, change.better, change.certainty) == (
        "",
        "≠",
        None,
        "other",
    )
    assert change.why is not None and change.why.code == "figures.other_count"
    assert change_words(change) == ["≠ other pictures", "≠"]
    assert after["map_val"] is not None and "60" in certainty_text(change, after["map_val"])
    assert "≠" in chance_text([change])
    same = deltas_of(before, {"map_val": figure("map", 55.0, "points", split="val", pictures=60, picture_set="aa")})
    assert same["map_val"] is not None and same["map_val"].text == "+5.0"
