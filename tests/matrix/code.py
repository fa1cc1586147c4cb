"""Which code a cell of the matrix ran on, as a hash that comments and docstrings do not change."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from engine.contract.text.resources import ROOT
from engine.detector.base.spec import find_spec
from tests.matrix.steps import steps_of

ROOMS = ("detector", "graph", "lite", "model", "recipe", "run", "technique", "techniques", "weights")
FILES = ("engine/jobs/train.py", "tests/matrix/cell.py", "tests/matrix/steps.py")
"""What every cell runs; with what it imports from ROOMS of the engine it makes up a cell's code."""
LOCK = ROOT / "packaging" / "requirements.lock"
_MODULE = re.compile(r"engine(\.\w+)+")


def code_of(detector: str, technique: str) -> str:
    """Twelve hexadecimal digits over the code that the two reach, what the detector's file says, and the lock."""
    roots = [ROOT / name for name in FILES]
    roots += [ROOT / "engine" / "techniques" / f"{step.technique}.py" for step in steps_of(technique, detector)]
    parts = [_bare(file) for file in sorted(reached(roots))]
    parts += [find_spec(detector).model_dump_json(), LOCK.read_text(encoding="utf-8")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def reached(roots: list[Path]) -> set[Path]:
    """The files with all that they import, at the top or within a function, or start as a process, in ROOMS."""
    found, waiting = set(roots), list(roots)
    while waiting:
        new = set(_imported(waiting.pop())) - found
        found |= new
        waiting += new
    return found


@cache
def _imported(file: Path) -> tuple[Path, ...]:
    """Files of ROOMS that a module names in an import, or in a string as the module of a child process."""
    names = set(_named(_tree(file)))
    files = (ROOT / f"{name.replace('.', '/')}.py" for name in names)
    return tuple(sorted(found for found in files if found.is_file() and _room(found) in ROOMS))


def _named(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (part.name for part in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{part.name}" for part in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _MODULE.fullmatch(node.value):
            yield node.value


def _room(file: Path) -> str:
    """The folder of the engine that a module lies in, however deep."""
    return file.relative_to(ROOT).parts[1]


@cache
def _bare(file: Path) -> str:
    """A module without comments, docstrings and layout."""
    return ast.dump(_tree(file))


def _tree(file: Path) -> ast.Module:
    """The syntax of a module, less its docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _is_text(part)]  # type: ignore[attr-defined]
    return tree


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
