"""The command line: verbs, exit statuses, JSON, and following a run."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from engine.cli import follow, known_verbs, load_verb, main
from engine.cli.output import emit_json, print_table
from engine.contract.project import ProjectFolder
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob
from engine.contract.run.tail import last_event
from engine.contract.run.watch import outcome
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import Cancelled, JobFailed, UserError

ROOT = Path(__file__).resolve().parents[3]
JOBS = ROOT / "tests" / "fakes" / "jobs.py"
JOB = EvaluateJob(run="any", index="any")


def test_that_every_verb_declares_itself() -> None:
    assert "run" in known_verbs()
    for verb in known_verbs():
        module = load_verb(verb)
        assert verb == module.NAME
        assert module.HELP
        module.add_parser(argparse.ArgumentParser())
        assert callable(module.run)


def test_that_loading_all_verbs_loads_nothing_heavy() -> None:
    code = """
        import sys
        from engine.cli import load_verb, known_verbs
        for verb in known_verbs(): load_verb(verb)
        print([name for name in ("paddle", "ppdet", "numpy", "cv2", "numba") if name in sys.modules])
    """
    shown = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["rnu", "x"], "cli.unknown_verb_close"),
        (["qqqq"], "cli.unknown_verb"),
        (["run"], "cli.usage"),
        (["run", "a", "--no-such-option"], "cli.usage"),
        (["run", "nowhere"], "run.no_job"),
    ],
)
def test_that_bad_usage_is_status_2_and_one_sentence(
    words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("espalier: ")
    assert main([*words, "--json"]) == 2
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert (document["schema"], document["error"]["code"], shown.err) == (1, code, "")
    assert "{" not in document["error"]["text"]


def test_that_options_without_a_verb_are_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "cli.no_verb"


def test_that_no_word_opens_the_studio(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr("os.execve", lambda program, words, environment: called.append([program, *words]))
    main([])
    assert called == [[sys.executable, sys.executable, "-m", "studio"]]


def test_that_no_word_without_a_screen_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 2
    assert "espalier help" in capsys.readouterr().err


def test_that_help_is_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert load_verb("run").HELP in capsys.readouterr().out


def test_that_a_table_aligns_chinese_and_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([["红细胞", 61.25], ["car", None], ["x", -3]], ["class", "mAP"])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["class     mAP", "红细胞  61.25", "car         -", "x          -3"]


@pytest.fixture
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A run folder whose worker does the fake job that the test is parametrised with."""
    command = (sys.executable, str(JOBS), request.param)
    monkeypatch.setattr(follow, "enqueue", lambda path, planned: enqueue(path, command=command))
    return tmp_path


@pytest.mark.parametrize(
    ("run_dir", "raised"),
    [("refuse", UserError), ("fail", JobFailed), ("no_room", JobFailed)],
    indirect=["run_dir"],
)
def test_that_a_run_that_did_not_finish_is_raised(
    run_dir: Path, raised: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(raised):
        follow.launch_and_follow(JOB, run_dir, json=True)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("run_dir", ["done"], indirect=True)
def test_that_following_without_a_terminal_prints_lines(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = follow.launch_and_follow(JOB, run_dir)
    assert state.phase == "finished"
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "100 %  5/5 steps" in shown.err
    assert "\r" not in shown.err


def test_that_ctrl_c_stops_the_run_with_status_130(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.job.write_text(JOB.model_dump_json())
    code = f"""
        import sys
        from pathlib import Path
        from engine import cli
        from engine.cli import follow
        from engine.contract.run.folder import start
        import signal
        # A shell has what it starts in the background ignore Ctrl-C, and that is inherited.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        def work(words):
            start(Path({str(tmp_path)!r}), {(sys.executable, str(JOBS), "patient")!r})
            follow.follow(Path({str(tmp_path)!r}))
        cli._dispatch = work
        sys.exit(cli.main(["follow"]))
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "test.patient" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert "cancelled" in process.stderr.read()
    assert not is_locked(folder.lock)
    event, _ = last_event(folder.events)
    assert event is not None and event.type == "cancelled"
    with pytest.raises(Cancelled):
        outcome(follow.follow(tmp_path, quiet=True))


@pytest.mark.parametrize(("word", "value"), [("--ratios", "1.5"), ("--macs", "40"), ("--size", "half")])
def test_that_sensitivity_refuses_what_is_no_share(word: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensitivity", "project", "1", word, value]) == 2
    told = capsys.readouterr().err
    assert word in told and value in told and "no share" in told


@pytest.mark.parametrize("word", ["--pictures", "--workers"])
def test_that_sensitivity_refuses_less_than_one(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensitivity", "project", "1", word, "-3"]) == 2
    assert "-3 is not a number of" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["train p", "compress p ssdlite-phone", "evaluate p 1"])
def test_that_a_limit_below_nothing_is_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words.split(), "--limit", "-1"]) == 2
    assert "-1 is not a number of pictures from 0 on" in capsys.readouterr().err


def test_that_a_run_keeps_the_name_of_its_recipe_in_any_language_and_length(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path)
    names = [folder.new_run(*labels).name for labels in (("字符配方", "compress"), ("a_B c", "quant_aware"), ("..",))]
    assert names == ["0001-字符配方-compress", "0002-a-b-c-quant-aware", "0003-run"]
    for letter in ("x", "字"):
        long = folder.new_run(letter * 400, "compress").name
        assert long.startswith(("0004-xxx", "0005-字字")) and long.endswith(f"{letter}-compress")
        assert len(long.encode()) < 128


@pytest.mark.parametrize("value", ["nan", "-5", "inf", "few"])
def test_that_sensitivity_refuses_what_is_no_number_of_points(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensitivity", "project", "1", "--points", value]) == 2
    assert f"{value} is no number of points from 0 to 100" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["-1", "100000", "some"])
def test_that_compress_refuses_epochs_that_no_training_has(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compress", "project", "ssdlite-phone", "--epochs", value]) == 2
    assert f"{value} is no number of epochs from 0 to 10000" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        ("--above 0.03", "sensitivity.only_with_int8", "--above"),
        ("--macs 0.4 --step quant_post", "sensitivity.only_with_int8", "--step"),
        ("-o mine.json", "sensitivity.out_without_target", "--macs"),
        ("--int8 -o keep.json", "sensitivity.out_without_above", "--above 0.02"),
        ("--int8 --macs 0.4 --points 0", "sensitivity.not_with_int8", "--macs, --points"),
        ("--int8 --size 0.2 --criterion l1 --known", "sensitivity.not_with_int8", "--size, --criterion, --known"),
        ("--int8 --groups a b --ratios 0.5", "sensitivity.not_with_int8", "--ratios, --groups"),
    ],
)
def test_that_sensitivity_refuses_what_would_have_no_effect(
    words: str, code: str, named: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["sensitivity", str(tmp_path), "1", *words.split(), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == code and named in error["text"]


def test_that_half_a_letter_is_printed_as_its_escape(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json({"name": "a\ud800"})
    assert json.loads(capsys.readouterr().out)["name"] == "a\ud800"
