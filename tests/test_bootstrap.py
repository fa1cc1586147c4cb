"""The set-up: which Python it takes, when it has nothing to do, and what it does about one that is not whole."""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "packaging" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path: Path) -> ModuleType:
    """The set-up of an empty tree at `tmp_path`."""
    folder = tmp_path / "tree" / "packaging"
    folder.mkdir(parents=True)
    for name in ("requirements.lock", "uv.lock", "../pyproject.toml"):
        (folder / name).write_text("")
    copy = folder / "bootstrap.py"
    copy.write_text(SCRIPT.read_text())
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", copy)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
    ast.parse(SCRIPT.read_text(), feature_version=(3, 8))
