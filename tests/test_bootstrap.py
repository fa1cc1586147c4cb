"""The set-up: which Python it takes, when it has nothing to do, what it does about one not whole, and what it shows."""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = [
    Path(__file__).resolve().parents[1] / "packaging" / f"{name}.py"
    for name in ("bootstrap", "commands", "fleet", "packages", "stages", "wheels")
]


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The set-up of an empty tree at `tmp_path`."""
    folder = tmp_path / "tree" / "packaging"
    folder.mkdir(parents=True)
    for name in ("requirements.lock", "uv.lock", "gpu.lock", "fleet.lock", "../pyproject.toml"):
        (folder / name).write_text("")
    for script in SCRIPTS:
        (folder / script.name).write_text(script.read_text())
    monkeypatch.syspath_prepend(str(folder))
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", folder / "bootstrap.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for script in SCRIPTS:
        sys.modules.pop(script.stem, None)


def shim(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def whole_environment(bootstrap: ModuleType) -> Path:
    """What the checks of the set-up take for an environment of its own."""
    program = f'exec "{sys.executable}" "$@"'
    shim(bootstrap.VENV / "bin" / "python", program)
    return shim(bootstrap.VENV / "bin" / "pip", f"# {bootstrap.VENV}")


def test_a_python_that_does_not_run_is_passed_over_for_one_that_pyenv_has(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "pyenv"
    shim(root / "shims" / "python3.10", "echo 'python3.10: command not found' >&2; exit 127")
    shim(root / "libexec" / "pyenv", "exit 1")
    (root / "bin").mkdir()
    (root / "bin" / "pyenv").symlink_to(root / "libexec" / "pyenv")
    real = shim(root / "versions" / "3.10.99" / "bin" / "python3", f'exec "{sys.executable}" "$@"')
    monkeypatch.setattr(bootstrap.sys, "executable", "/nonexistent/bin/nested/python3")
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    for folder in (root / "shims", root / "bin"):
        monkeypatch.setenv("PATH", str(folder))
        runs = [path for path in bootstrap.candidates() if bootstrap.usable(path)]
        assert real in runs
        assert root / "shims" / "python3.10" not in runs


def test_the_python_of_a_virtual_environment_stands_for_the_one_it_was_made_from(bootstrap: ModuleType) -> None:
    assert bootstrap.usable(Path(sys.executable)) == Path(os.path.realpath(sys.executable))


def test_a_python_of_another_version_is_not_usable(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "VERSION", "3.9")
    assert bootstrap.usable(Path(sys.executable)) is None


def test_nothing_is_done_until_what_goes_in_changes(bootstrap: ModuleType) -> None:
    whole_environment(bootstrap)
    assert not bootstrap.ready()
    bootstrap.STAMP.write_text(bootstrap.fingerprint())
    assert bootstrap.ready()
    bootstrap.LOCK.write_text("something==1.0\n")
    assert not bootstrap.ready()


def test_a_failed_installation_is_done_again_from_the_start(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_environment(*command: str | Path, **options: object) -> int:
        if "venv" not in command:
            return 1  # pip fails
        whole_environment(bootstrap)
        return 0

    monkeypatch.setattr(bootstrap, "run", make_environment)
    for _ in range(2):
        (bootstrap.VENV / "rest").mkdir(parents=True)
        with pytest.raises(bootstrap.SetupError):
            bootstrap.prepare()
        assert not bootstrap.ready()
        assert bootstrap.UNFINISHED.exists()
        assert not (bootstrap.VENV / "rest").exists()
    monkeypatch.setattr(bootstrap, "install", lambda held: None)
    bootstrap.prepare()
    assert bootstrap.ready()
    assert not bootstrap.UNFINISHED.exists()


def test_an_environment_is_kept_where_it_was_made_and_replaced_where_it_was_moved(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "run", lambda *command, **options: 0)
    pip = whole_environment(bootstrap)
    bootstrap.clear_the_way(Path(sys.executable))
    assert pip.exists()
    bootstrap.UNFINISHED.unlink()
    shim(pip, "# /somewhere/else/.venv")
    bootstrap.clear_the_way(Path(sys.executable))
    assert not pip.exists()


def test_the_script_is_in_the_language_of_python_3_8() -> None:
    for script in SCRIPTS:
        ast.parse(script.read_text(), feature_version=(3, 8))


def stand_in(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, pip: str) -> None:
    """Let the set-up find a Python that makes a small environment, in which pip does as `pip` says."""
    python = shim(
        bootstrap.ROOT.parent / "python",
        f"""case "$*" in
        *" venv "*) for to; do :; done; mkdir -p "$to/bin"; cp "$0" "$to/bin/python"; echo "# $to" >"$to/bin/pip" ;;
        *" pip install "*) {pip} ;;
        *compileall*) echo "Compiling 'one.py'..." ;;
        esac""",
    )
    monkeypatch.setattr(bootstrap, "find_python", lambda: python)
    monkeypatch.setattr(sys.modules["commands"], "LOOK_S", 0.01)


def test_that_what_pip_says_is_in_a_file_that_is_named_when_it_fails(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stand_in(bootstrap, monkeypatch, "echo Collecting chatter; echo 'ERROR: no room is left' >&2; exit 1")
    assert bootstrap.main() == 1
    shown = capfd.readouterr()
    told = shown.err.strip()
    log = bootstrap.ROOT / ".setup.log"
    assert told.startswith("set-up failed: pip could not install the packages (ERROR: no room is left). ")
    assert str(log) in told and "run make again" in told and "chatter" not in shown.out + told
    assert "Collecting chatter\nERROR: no room is left" in log.read_text()
    assert not bootstrap.ready()


def test_that_without_a_terminal_each_stage_is_one_line(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stand_in(bootstrap, monkeypatch, "echo Collecting chatter")
    assert bootstrap.main() == 0 and bootstrap.ready()
    shown = capfd.readouterr()
    assert [line.split(" (")[0] for line in shown.out.splitlines()] == [
        "set-up: 1 of 4, finding Python",
        "set-up: 2 of 4, environment",
        "set-up: 3 of 4, packages",
        "set-up: 4 of 4, compiling",
        "set-up: done",
    ]
    assert shown.err == ""


def test_that_on_a_terminal_each_stage_has_a_bar_that_is_redrawn(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stand_in(bootstrap, monkeypatch, "echo Collecting chatter")
    module = sys.modules["stages"]
    monkeypatch.setattr(module, "_is_terminal", lambda: True)
    monkeypatch.setattr(module, "OFTEN_S", 0)
    monkeypatch.setenv("COLUMNS", "70")
    assert bootstrap.main() == 0
    *lines, done, rest = capfd.readouterr().out.split("\n")
    assert [line.rpartition("\r")[2].split("[")[0].strip().split(maxsplit=4)[1:] for line in lines] == [
        [str(number), "of", "4", name]
        for number, name in enumerate(("finding Python", "environment", "packages", "compiling"), 1)
    ]
    assert all("#" * module.WIDTH in line for line in lines) and (done, rest) == ("set-up: done", "")
    stages = module.Stages(2)
    stages.begin("packages")
    stages.show(40, 80, "40 of 80 fetched, with words that no terminal has room for")
    stages.show(80, 80, "80 of 80")
    stages.leave()
    empty, half, whole = capfd.readouterr().out.strip("\r\n").split("\r")
    assert (empty.count("#"), half.count("#"), whole.count("#")) == (0, module.WIDTH // 2, module.WIDTH)
    assert len(half) == 69 and len(whole) == 69 and whole.rstrip().endswith("] 80 of 80")


def test_how_many_packages_are_fetched_and_installed(bootstrap: ModuleType, tmp_path: Path) -> None:
    bootstrap.LOCK.write_text("one==1.0 --hash=sha256:00\nTwo.more==2.0 --hash=sha256:00\n")
    talk = tmp_path / "talk"
    talk.write_text("$ python -m venv\nCollecting earlier\n")
    packages = sys.modules["packages"].Packages(bootstrap.LOCK, bootstrap.VENV, talk)
    installed = bootstrap.VENV / "lib" / "python3.10" / "site-packages"
    steps = {
        "$ pip install\n": (0, 4, "0 of 2 fetched"),
        "Requirement already satisfied: one==1.0 in here\n": (1, 4, "1 of 2 fetched"),
        "Processing /files/two_more-2.0.whl\n": (2, 4, "2 of 2 fetched"),
        "Installing collected packages: Two.more\n": (3, 4, "1 of 2 installed"),
        "Successfully installed\n": (4, 4, "2 of 2 installed"),
    }
    folders = ["pip-1", "one-0.9", "one-1.0", "two_more-1", "two_more-2.0"]
    for (said, progress), name in zip(steps.items(), folders, strict=True):
        with talk.open("a") as stream:
            stream.write(said)
        (installed / f"{name}.dist-info").mkdir(parents=True)
        assert packages.progress() == progress


def test_that_the_wheel_for_gpus_takes_the_place_of_the_other_and_the_choice_stays(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.LOCK.write_text("one==1.0 --hash=sha256:00\npaddlepaddle==2.0 --hash=sha256:00\n")
    bootstrap.GPU_LOCK.write_text("paddlepaddle-gpu==2.0 --hash=sha256:00\n")
    stand_in(bootstrap, monkeypatch, 'for last; do :; done; if [ -f "$last" ]; then cat "$last"; fi')
    monkeypatch.setattr(bootstrap, "usable", lambda python: python)
    packages = bootstrap.VENV / "lib" / "python3.10" / "site-packages"

    def said(*words: str) -> str:
        assert bootstrap.main(words) == 0 and bootstrap.ready()
        return str((bootstrap.ROOT / ".setup.log").read_text())

    def have(*names: str) -> None:
        for folder in packages.glob("paddlepaddle*"):
            folder.rmdir()
        for name in names:
            (packages / f"{name}-2.0.dist-info").mkdir(parents=True)

    assert "\npaddlepaddle==2.0 " in said() and "uninstall" not in said()
    have("paddlepaddle")
    swapped = said("--wheel", "gpu")
    assert "pip uninstall --yes --disable-pip-version-check paddlepaddle\n" in swapped
    assert "\npaddlepaddle-gpu==2.0 " in swapped and "\npaddlepaddle==2.0 " not in swapped
    assert swapped.index("uninstall") < swapped.index("paddlepaddle-gpu==2.0")
    have("paddlepaddle_gpu")
    assert said() == swapped, "nothing was to be done"
    bootstrap.STAMP.unlink()
    assert "\npaddlepaddle-gpu==2.0 " in said() and "uninstall" not in said(), "without a word it stays"
    assert "paddlepaddle-gpu\n" in said("--wheel", "cpu") and "\npaddlepaddle==2.0 " in said()
    have("paddlepaddle", "paddlepaddle_gpu")
    bootstrap.STAMP.unlink()
    assert "uninstall --yes --disable-pip-version-check paddlepaddle paddlepaddle-gpu\n" in said(), "neither is whole"


def test_that_what_a_fleet_needs_comes_when_asked_for_and_goes_when_not(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.LOCK.write_text("one==1.0 --hash=sha256:00\n")
    bootstrap.FLEET_LOCK.write_text("many-runs==2.0 --hash=sha256:00\n")
    stand_in(bootstrap, monkeypatch, 'for last; do :; done; if [ -f "$last" ]; then cat "$last"; fi')
    monkeypatch.setattr(bootstrap, "usable", lambda python: python)

    def said(*words: str) -> str:
        assert bootstrap.main(words) == 0 and bootstrap.ready()
        return str((bootstrap.ROOT / ".setup.log").read_text())

    assert "many-runs" not in said()
    both = said("--fleet", "yes")
    assert "one==1.0 --hash=sha256:00\nmany-runs==2.0 " in both and "uninstall" not in both
    (bootstrap.VENV / "lib" / "python3.10" / "site-packages" / "many_runs-2.0.dist-info").mkdir(parents=True)
    assert said("--wheel", "cpu") == both, "without a word it stays"
    without = said("--fleet", "no")
    assert "uninstall --yes --disable-pip-version-check many-runs\n" in without and "many-runs==2.0" not in without
