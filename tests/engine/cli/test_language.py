"""The language of the command line: who chooses it, and what is said in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import follow, main
from engine.cli.language import language
from engine.cli.verbs.doctor import check_python
from engine.contract.queue.pump import enqueue
from engine.contract.run.job import EvaluateJob
from engine.contract.text.messages import Message

ROOT = Path(__file__).resolve().parents[3]
JOBS = ROOT / "tests" / "fakes" / "jobs.py"
VARIABLES = ("ESPALIER_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")
REFUSED = Message(code="cli.unknown_verb_close", args={"verb": "rnu", "closest": "run"})


def speak(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("variables", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_MESSAGES": "zh_TW", "LANG": "de_DE.UTF-8"}, "zh"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "C"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"ESPALIER_LANGUAGE": "zh", "LC_ALL": "C.UTF-8"}, "zh"),
        ({"ESPALIER_LANGUAGE": "en", "LC_ALL": "zh_CN.UTF-8"}, "en"),
        ({"ESPALIER_LANGUAGE": "fr", "LANG": "zh_CN.UTF-8"}, "zh"),
    ],
)
def test_who_chooses_the_language(
    variables: dict[str, str], spoken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speak(monkeypatch, **variables)
    assert language() == spoken
    assert main(["rnu", "x"]) == 2
    assert capsys.readouterr().err == f"espalier: {REFUSED.text(language())}\n"


def test_that_what_a_machine_reads_stays_english(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speak(monkeypatch, ESPALIER_LANGUAGE="zh")
    main(["rnu", "x", "--json"])
    assert json.loads(capsys.readouterr().out)["error"]["text"] == REFUSED.text("en")
    main(["doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert all(row["text"] == Message.model_validate(row["message"]).text("en") for row in findings)


def test_that_doctor_and_describe_speak_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from engine.recipe.catalog import catalog

    speak(monkeypatch, LANG="zh_CN.UTF-8")
    main(["doctor"])
    assert check_python(sys.version_info[:2]).message.text("zh") in capsys.readouterr().out
    assert main(["describe"]) == 0
    shown = capsys.readouterr().out
    cards = catalog()
    assert all(card.summary["zh"] in shown for card in cards.detectors)
    assert all(card.summary["zh"] in shown for card in cards.techniques)
    assert all(recipe.summary_zh in shown for recipe in cards.recipes.values())


def test_that_a_terminal_without_chinese_letters_is_still_served() -> None:
    settings = os.environ | {"ESPALIER_LANGUAGE": "zh", "PYTHONIOENCODING": "ascii"}
    told = subprocess.run(
        [sys.executable, "-m", "engine", "describe"], cwd=ROOT, env=settings, capture_output=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, b"") and b"filter_prune" in told.stdout


def test_that_a_report_on_data_speaks_it(
    tmp_path: Path, signs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speak(monkeypatch, ESPALIER_LANGUAGE="zh")
    assert main(["check-data", str(signs)]) == 0
    source = Message(code="data.report.source", args={"path": str(signs), "format": "coco"})
    assert capsys.readouterr().out.startswith(source.text("zh"))


def test_that_following_a_run_speaks_it_and_the_run_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speak(monkeypatch, ESPALIER_LANGUAGE="zh")
    monkeypatch.setattr(
        follow, "enqueue", lambda path, planned: enqueue(path, command=(sys.executable, str(JOBS), "staged"))
    )
    follow.launch_and_follow(EvaluateJob(run="any", index="any"), tmp_path)
    stage = Message(code="evaluate.running", args={"pictures": 5, "split": "val"})
    assert stage.text("zh") in capsys.readouterr().err.splitlines()
    assert f'"text":{json.dumps(stage.text("en"))}' in (tmp_path / "events.jsonl").read_text(encoding="utf-8")
