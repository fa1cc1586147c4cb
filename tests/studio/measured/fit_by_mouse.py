"""A fit by mouse on the built-in sample, killed twice on its way and resumed: the same winner as left alone.

    python -m tests.studio.measured.fit_by_mouse OUT [--host]

OUT gets the project, a copy in which the command line does the same fit undisturbed, and pictures of the window. It
takes a minute on a quiet machine, and ends with status 1 where the winners differ. With `--host` the fit is to the
time that the form proposes for this machine. Times tremble, so that no other fit need find the same: there the winner
must be the one that was decided before it was killed, and no trial before it may have changed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from engine.contract.fit.front import Front, read_front
from engine.contract.project import ProjectFolder
from engine.contract.run.lineage import fits_of
from engine.contract.system.locks import is_locked
from engine.contract.text.resources import ROOT
from studio.app import open_window
from studio.views.compare.page import ComparePage
from studio.views.fit.dialog import FitDialog

HOST_LENGTHS = {"trials": 6, "trial_epochs": 1, "at_once": 1, "epochs": 2, "pictures": 8, "limit": 16}
LENGTHS = {"trials": 2, "trial_epochs": 1, "at_once": 1, "epochs": 1, "pictures": 4, "limit": 8}
HOST = "--host"
PERCENT = 60
PATIENCE_S = 1800


def main(out: Path) -> int:
    """Do both, and compare."""
    out.mkdir(parents=True)
    project, alone = out / "project", out / "alone"
    subprocess.run([sys.executable, "-m", "tests.fakes.sample_runs", str(project)], check=True, cwd=ROOT)
    if HOST in sys.argv:
        return on_host(project, out)
    shutil.copytree(project, alone)
    words = [word for name, value in LENGTHS.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    call = [sys.executable, "-m", "engine", "fit", str(alone), "1", "--macs", str(PERCENT / 100), *words]
    undisturbed = subprocess.Popen(call, cwd=ROOT, stdout=subprocess.DEVNULL)
    found = by_mouse(project, out)
    undisturbed.wait(PATIENCE_S)
    wanted = front_in(alone)
    assert wanted is not None
    one, other = wanted.winner, found.winner
    assert one is not None and other is not None
    same = (one.ratios, one.map, one.macs) == (other.ratios, other.map, other.macs)
    print(f"alone: mAP {one.map}, {100 * one.macs:.2f} % of the MACs; by mouse, killed twice: mAP {other.map}")
    print("the same winner" if same else "ANOTHER WINNER")
    return 0 if same else 1


def on_host(project: Path, out: Path) -> int:
    """To a time on this machine; what was known at each kill must stand at the end."""
    known: list[Front] = []
    found = by_mouse(project, out, known)
    verdict, winner = found.verdict, found.winner
    assert verdict is not None and winner is not None and found.base is not None
    kept = all(
        [trial for trial in front.trials if trial.done] == found.trials[: sum(trial.done for trial in front.trials)]
        for front in known
    )
    decided = known[-1].winner
    same = kept and decided is not None and decided.ratios == winner.ratios
    asked = found.job.ms
    print(f"base {found.base.ms:.2f} ms, asked for {asked:.2f}, {len(found.trials)} trials, winner {winner.ms:.2f} ms,")
    print(f"mAP {winner.map:.1f}: {verdict.message.text()}")
    print("the same winner" if same else "ANOTHER WINNER")
    return 0 if same else 1


def by_mouse(project: Path, out: Path, known: list[Front] | None = None) -> Front:
    """The fit in a window; its front."""
    os.environ.update(QT_QPA_PLATFORM="offscreen", XDG_CONFIG_HOME=str(out / "config"))
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    studio, window = open_window(app)
    window.resize(1440, 900)
    window.show()
    assert studio.project.open(project)
    studio.catalog.load()
    click(window.rail.buttons["compare"])
    page = window.page
    assert isinstance(page, ComparePage)
    wait(page.fit.isEnabled, "a run that can be fitted")
    click(page.fit)
    dialog = page.findChild(FitDialog)
    assert isinstance(dialog, FitDialog)
    fill_in(dialog)
    dialog.grab().save(str(out / "form.png"))
    click(dialog.go)
    for number, reached in enumerate((trial_at_work, winner_at_work), start=1):
        wait(lambda reached=reached: reached(project), f"the moment of kill {number}")  # type: ignore[misc]
        if known is not None and (front := front_in(project)) is not None:
            known.append(front)
        kill_and_resume(page, lambda number=number: window.grab().save(str(out / f"killed-{number}.png")))  # type: ignore[misc]
    wait(lambda: (front := front_in(project)) is not None and front.verdict is not None, "the verdict")
    wait(lambda: (fit := studio.fits.shown) is not None and fit.status == "finished", "its end in the window")
    choose_first(page)
    window.grab().save(str(out / "ended.png"))
    click(page.front.recipe)
    QTest.qWait(1500)
    window.grab().save(str(out / "recipe.png"))
    assert studio.recipe.recipe.steps[0].technique == "filter_prune"
    window.close()
    studio.close()
    found = front_in(project)
    assert found is not None
    return found


def choose_first(page: ComparePage) -> None:
    """The first point of the table, which is the winner."""
    first = page.front.table.item(0, 0)
    assert first is not None
    click(page.front.table, page.front.table.visualItemRect(first).center())
    QTest.qWait(500)


def fill_in(dialog: FitDialog) -> None:
    """A share of the MACs in place of a time, and lengths so short that it ends soon."""
    wait(lambda: dialog.run is not None, "the run in the form")
    if HOST in sys.argv:
        choose_host(dialog)
        return
    click(dialog.limits.rows["ms"].tick)
    click(dialog.limits.rows["macs"].tick)
    type_into(dialog.limits.rows["macs"].spin, str(PERCENT))
    click(dialog.more)
    for name, value in LENGTHS.items():
        type_into(dialog.lengths.spins[name], str(value))


def choose_host(dialog: FitDialog) -> None:
    """This machine, measured by the form's button, and the time that it proposes then."""
    soc = dialog.place.soc
    soc.setFocus()
    while not dialog.place.on_host:
        QTest.keyClick(soc, Qt.Key.Key_Up)
    click(dialog.base.measure)
    wait(lambda: dialog.base.figure is not None, "the base's time")
    QTest.qWait(500)
    click(dialog.more)
    for name, value in HOST_LENGTHS.items():
        type_into(dialog.lengths.spins[name], str(value))


def kill_and_resume(page: ComparePage, seen: Callable[[], object]) -> None:
    """End the worker of the fit that is shown as a system does that needs its memory, and go on by a click."""
    fits, resume = page.studio.fits, page.front.standing.resume
    fit = fits.shown
    assert fit is not None
    task = fits.task_of(fit)
    assert task is not None
    os.kill(task.state.sittings[-1].hello.pid, signal.SIGKILL)
    wait(resume.isVisible, "that the loss is noticed")
    seen()
    click(resume)
    wait(lambda: not resume.isVisible(), "that it goes on")


def front_in(project: Path) -> Front | None:
    """The front of the only fit of a project."""
    return next((read_front(task) for task in fits_of(ProjectFolder(project))), None)


def trial_at_work(project: Path) -> bool:
    """Whether the second trial is trained right now."""
    return _at_work(project, "trial-2")


def winner_at_work(project: Path) -> bool:
    """Whether the winner is."""
    return _at_work(project, "winner")


def _at_work(project: Path, label: str) -> bool:
    return any(is_locked(run / "lock") for run in ProjectFolder(project).runs.glob(f"*-fit-{label}"))


def click(widget: QWidget, place: QPoint | None = None) -> None:
    """A click on a control, or at a place of what a view shows."""
    spot = place or (
        QPoint(12, widget.height() // 2) if isinstance(widget, QAbstractButton) else widget.rect().center()
    )
    target = getattr(widget, "viewport", lambda: widget)()
    QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=spot)
    QTest.qWait(50)


def type_into(field: QWidget, text: str) -> None:
    """Click into a field of a number and type another."""
    QTest.mouseDClick(field.findChild(QWidget) or field, Qt.MouseButton.LeftButton)
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Tab)


def wait(seen: Callable[[], bool], what: str) -> None:
    """Until something has come about."""
    deadline = time.monotonic() + PATIENCE_S
    while not seen():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        QTest.qWait(50)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
