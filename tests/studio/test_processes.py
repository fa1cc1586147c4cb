"""Only the workers of the studio start processes: everything else asks them."""

from __future__ import annotations

import ast

import pytest

from tests.test_architecture import parse, shown, sources

PROCESSES = {"QProcess", "QProcessEnvironment", "subprocess", "multiprocessing", "pty"}
OS_PROCESSES = ("fork", "exec", "spawn", "posix_spawn", "popen", "system")


def starts_processes(tree: ast.Module) -> set[str]:
    """What in `tree` could start a process: Qt's, the standard library's, and os.fork, os.exec... and os.spawn..."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute):
            names.append(ast.unparse(node))
    of_os = {name for name in names if name.startswith(tuple(f"os.{word}" for word in OS_PROCESSES))}
    return of_os | {name for name in names if PROCESSES & set(name.split("."))}


def test_only_the_workers_of_the_studio_start_processes() -> None:
    starters = {shown(path): starts_processes(parse(path)) for path in sources("studio")}
    assert {path for path, names in starters.items() if names and not path.startswith("studio/workers/")} == set()
    assert starters["studio/workers/engine_process.py"]


@pytest.mark.parametrize(
    "code",
    [
        "from PySide6.QtCore import QObject, QProcess",
        "import subprocess",
        "from subprocess import Popen",
        "from PySide6 import QtCore\nQtCore.QProcess()",
        "import os\nos.execvp('adb', [])",
        "import os\nos.system('adb')",
        "from os import execvp",
    ],
)
def test_a_start_of_a_process_is_recognised(code: str) -> None:
    assert starts_processes(ast.parse(code))
