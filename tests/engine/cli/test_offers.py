"""After a training that failed stands the command that does better, made of the one that was given."""

from __future__ import annotations

import pytest

from engine.cli import main
from engine.cli.offers import offer_lines
from engine.contract.text.messages import JobFailed, Message

KEPT = Message(code="train.best_kept", args={"epoch": 3, "score": "40.0", "run": "0002-half"})
ROSE = Message(code="train.loss_rose", args={"lower": 0.001, "kept": KEPT})


def test_that_a_setting_takes_the_place_of_the_one_that_was_given() -> None:
    words = ["train", "my project", "--set", "learning_rate=0.5", "--set=batch_size=2", "--from", "1"]
    again, on = offer_lines(words, ROSE, "my project")
    assert again.endswith("espalier train 'my project' --set=batch_size=2 --from 1 --set learning_rate=0.001")
    assert on.endswith("espalier train 'my project' --set=batch_size=2 --from 0002-half --set learning_rate=0.001")


def test_that_a_recipe_is_given_again_and_its_run_trained_on() -> None:
    again, on = offer_lines(["compress", "p", "half.json", "--set", "learning_rate=0.5"], ROSE, "p")
    assert again.endswith("espalier compress p half.json --set learning_rate=0.05")
    assert on.endswith("espalier train p --from 0002-half --set learning_rate=0.001")


def test_that_a_smaller_batch_is_offered_and_other_verbs_and_failures_have_no_offer() -> None:
    starved = Message(code="train.no_memory", args={"batch": 8, "half": 4})
    assert offer_lines(["train", "p"], starved, "p")[0].endswith("espalier train p --set batch_size=4")
    assert offer_lines(["resume", "p", "1"], ROSE, "p") == []
    assert offer_lines(["train", "p"], Message(code="run.disk_full", args={"path": "x"}), "p") == []


def test_that_the_folder_is_the_one_that_the_verb_takes_it_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.cli.verbs import compress

    def fail(args: object) -> int:
        failed = JobFailed("train.loss_rose")
        failed.message = ROSE
        raise failed

    monkeypatch.setattr(compress, "run", fail)
    assert main(["compress", "--epochs", "3", "my project", "half.json"]) == 1
    assert "espalier train 'my project' --from 0002-half" in capsys.readouterr().err
