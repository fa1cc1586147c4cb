"""Proposals asked of the real engine: the words are ones that the command line knows, and a refusal comes back."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from studio.stores.work.sensitivity import Proposal, read_errors, read_losses
from tests.studio.stores.told_runs import write_run


def test_that_a_run_without_weights_is_refused_and_has_nothing_measured(project: Path, qtbot: QtBot) -> None:
    run = write_run(project)
    assert read_losses(run, "obs", 2) == {} and read_errors(run, 2) is None
    made = Proposal()
    for target in ("--macs", "--size"):
        made.ask([str(project), run.name, "--criterion", "obs", "--pictures", "2", target, "0.4"])
    qtbot.waitUntil(lambda: not made.busy, timeout=60_000)
    assert made.error is not None and made.error.code == "run.no_checkpoint" and made.answer is None
    made.close()
