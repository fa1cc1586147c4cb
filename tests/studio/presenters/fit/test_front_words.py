"""A front in words: what was asked, what stands for its times, how it stands, its rows and points."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.contract.fit.front import FitVerdict, Front
from engine.contract.text.messages import Message
from studio.i18n import show_language
from studio.presenters.fit.front_rows import COLUMNS, column_titles, rows
from studio.presenters.fit.front_words import asked_text, card, facts, line, source_text, standing
from studio.stores.work.fits import Fit
from tests.studio.stores.told_fits import fit_of, hollow, points_of, trial

START = Path("0001-base")


def front_of(points: Any = None, *, met: bool | None = None, **asked: Any) -> Front:
    message = Message(code="fit.not_reached", args={"target": "--ms 5", "trials": 2, "ms": "5.2 ms", "run": "r"})
    verdict = FitVerdict(met=met, message=message, guarantee="upper_end") if met is not None else None
    return Front(run=START.name, job=fit_of(Path(), START, **asked), points=points or points_of(), verdict=verdict)


def test_that_what_was_asked_is_told_with_its_place() -> None:
    job = fit_of(Path(), START, points=1.0, mb=2.5)
    assert (
        asked_text(job)
        == "at most 5 ms on Snapdragon 855, 4 threads, file of at most 2.5 MB, at most 1 point lost, fp32"
    )
    assert asked_text(fit_of(Path(), START, ms=None, phone=None, macs=0.25)) == "25 % of the MACs, fp32"


@pytest.mark.parametrize(
    ("asked", "simulated", "words"),
    [
        ({}, False, "upper ends of the estimate for Snapdragon 855; nothing was measured"),
        ({"device": "X"}, False, "measured on the phone (Snapdragon 855)"),
        ({"device": "X"}, True, "a simulated phone"),
        ({"phone": "host", "threads": 1}, False, "measured on this machine"),
        ({"ms": None, "phone": None, "macs": 0.4}, False, "No time was asked for"),
    ],
)
def test_that_the_source_of_times_is_told(asked: dict[str, Any], simulated: bool, words: str) -> None:
    assert words in source_text(front_of(**asked), simulated)


def test_that_a_fit_tells_how_it_stands() -> None:
    at_work = Fit(Path("fit-a"), fit_of(Path(), START), "running", front_of(points_of()[:-1]))
    assert standing(at_work).text.startswith("Trying cuts: 2 of at most 8") and standing(at_work).tone == "info"
    assert standing(replace(at_work, front=None)).text.startswith("Finding out")
    recovering = points_of()[:-1] + (trial(2, 4.9, None, None, kind="winner"),)
    assert "at length" in standing(replace(at_work, front=front_of(recovering))).text
    lost = standing(replace(at_work, status="lost"))
    assert "2 trials done" in lost.text and lost.tone == "warn"
    why = Message(code="fit.no_val", args={"path": "x"})
    assert standing(replace(at_work, status="failed", error=why)).tone == "bad"
    assert standing(replace(at_work, status="finished", front=front_of(met=False))).tone == "warn"
    assert standing(replace(at_work, status="finished", front=front_of(met=True))).tone == "good"


def test_that_rows_tell_what_became_of_every_trial() -> None:
    begun = front_of((*points_of()[:-1], trial(3, 4.8, None, None)))
    told = {row.key: (dict(zip(COLUMNS, row.cells, strict=True)), row.tone) for row in rows(begun, at_work=True)}
    assert list(told) == ["base", "trial-1", "trial-2", "trial-3"], "hollow points are no rows"
    assert told["trial-1"][0]["state"] == "Slower than asked" and told["trial-1"][0]["change"] == "-8.0"
    assert told["trial-2"][0]["state"] == "Within the targets" and told["trial-2"][0]["time"] == "≈4.90 ms"
    assert told["trial-3"] == (told["trial-3"][0], "info") and told["trial-3"][0]["map"] == ""
    left = {row.key: row.cells[-1] for row in rows(begun, at_work=False)}
    assert left["trial-3"] == "Not finished"
    ended = {row.key: row.cells[-1] for row in rows(front_of(met=True), at_work=False)}
    assert ended == {"base": "Start", "trial-1": "Slower than asked", "trial-2": "Taken", "winner": "Targets met"}
    assert len(column_titles()) == len(COLUMNS) == len(rows(begun, at_work=True)[0].sorts)


def test_that_a_point_tells_its_figures() -> None:
    front = front_of()
    known = dict(facts(front.trials[1], front))
    assert known["mAP val"] == "53.0 (-7.0)" and known["On other pictures"] == "50.0 – 56.0"
    assert known["Time"] == "≈4.90 ms" and known["Interval"] == "3.92 – 4.90 ms"
    bounds = dict(facts(hollow(8.0, 0.8, 50.0, 63.0), front))
    assert bounds["mAP val"] == "between 50.0 – 63.0" and "Run" not in bounds
    assert "mAP val" not in dict(facts(hollow(4.0, 0.4), front))
    assert "<b>Trial 2</b>" in card(front.trials[1], front, "#000000") and "0003-fit-trial-2" not in line(
        front.trials[1], front
    )
    measured = trial(1, 5.0, 50.0, "r", ms_source="measured")
    assert dict(facts(measured, front))["Time"] == "5.00 ms"


def test_that_chinese_has_all_of_it() -> None:
    show_language("zh")
    try:
        told = " ".join([asked_text(front_of().job), source_text(front_of()), *rows(front_of(), at_work=True)[1].cells])
        assert "studio.fit" not in told and "at most" not in told
    finally:
        show_language("en")
