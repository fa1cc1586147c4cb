"""The fits of a project: which there are, which is looked at, and that a front that grows is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.run.events import CancelledEvent, Failed
from engine.contract.text.messages import Message
from studio.stores.work.task import Task
from studio.studio import Studio
from tests.studio.stores.told_fits import at_work, fit_of, points_of, tell_front, write_fit
from tests.studio.stores.told_runs import write_run

PATIENCE_MS = 60_000
REFUSED = Failed(message=Message(code="fit.no_target"), text="", usage=True)


def names(studio: Studio) -> list[str]:
    return [fit.name for fit in studio.fits.fits]


def test_that_fits_are_read_with_their_fronts_but_not_those_that_were_refused(
    studio: Studio, project: Path, qtbot: QtBot
) -> None:
    start = write_run(project)
    ended = write_fit(fit_of(project, start), points_of(), met=True)
    refused = write_fit(fit_of(project, start, points=0.0), (), end=REFUSED)
    (refused / "front.json").unlink()
    assert studio.project.open(project)
    qtbot.waitUntil(lambda: len(studio.fits.fits) == 1, timeout=PATIENCE_MS)
    (fit,) = studio.fits.fits
    assert (fit.name, fit.status, fit.unfinished) == (ended.name, "finished", False)
    assert fit.front is not None and fit.front.winner is not None and studio.fits.shown is fit
    studio.project.close()
    assert studio.fits.fits == () and studio.fits.shown is None


def test_that_the_one_that_is_chosen_is_looked_at_and_remembered(studio: Studio, project: Path, qtbot: QtBot) -> None:
    start = write_run(project)
    first, second = (write_fit(fit_of(project, start, ms=ms), points_of(), met=True) for ms in (5.0, 4.0))
    assert studio.project.open(project)
    qtbot.waitUntil(lambda: len(studio.fits.fits) == 2, timeout=PATIENCE_MS)
    assert names(studio)[0] == second.name and studio.fits.shown == studio.fits.fits[0]
    studio.fits.choose(first.name)
    assert studio.fits.shown is not None and studio.fits.shown.name == first.name
    assert f'"fit": "{first.name}"' in (project / "studio.json").read_text().replace('":"', '": "')


def test_that_a_front_that_grows_is_told_though_somebody_else_began_it(
    studio: Studio, project: Path, qtbot: QtBot
) -> None:
    start = write_run(project)
    assert studio.project.open(project)
    job = fit_of(project, start)
    task = write_fit(job, points_of()[:4])
    with at_work(task):
        studio.fits.look()
        qtbot.waitUntil(lambda: names(studio) == [task.name], timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: studio.fits.task_of(studio.fits.fits[0]) is not None, timeout=PATIENCE_MS)
        tell_front(task, job, points_of()[:5])
        qtbot.waitUntil(lambda: len(trials(studio)) == 1, timeout=PATIENCE_MS)
        assert studio.fits.fits[0].status == "running"
    qtbot.waitUntil(lambda: studio.fits.fits[0].status == "lost", timeout=PATIENCE_MS)
    assert studio.fits.fits[0].unfinished


def trials(studio: Studio) -> list[object]:
    front = studio.fits.fits[0].front
    return list(front.trials) if front is not None else []


def test_that_one_that_was_stopped_in_another_session_goes_on(
    studio: Studio, project: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    begun: list[Path] = []
    monkeypatch.setattr("studio.stores.work.tasks.begin", begun.append)
    start = write_run(project)
    task = write_fit(fit_of(project, start), points_of()[:-1], end=CancelledEvent())
    assert studio.project.open(project)
    qtbot.waitUntil(lambda: len(studio.fits.fits) == 1, timeout=PATIENCE_MS)
    (fit,) = studio.fits.fits
    assert fit.unfinished and studio.fits.task_of(fit) is None
    studio.fits.resume(fit)
    qtbot.waitUntil(lambda: begun == [task], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: isinstance(studio.fits.task_of(fit), Task), timeout=PATIENCE_MS)
