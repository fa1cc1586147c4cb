"""Which code a cell of the matrix ran on, as a hash that comments and docstrings do not change."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

from engine.contract.matrix import PLAIN
from engine.contract.resources import DETECTORS, ROOT

FOLDERS = ("engine/detector", "engine/graph", "engine/lite")
FILES = (
    "engine/assembly.py", "engine/exporting.py", "engine/measuring.py", "engine/plan.py", "engine/preview.py",
    "engine/technique.py", "engine/float_layers.py", "engine/jobs/train.py", "tests/matrix/cell.py",
)  # fmt: skip
LOCK = ROOT / "packaging" / "requirements.lock"


def code_of(detector: str, technique: str) -> str:
    """Twelve hexadecimal digits over the shared code, the detector's file, the technique's file and the lock."""
    parts = [_shared(), (DETECTORS / f"{detector}.yml").read_text(encoding="utf-8")]
    if technique != PLAIN:
        parts.append(_bare(ROOT / "engine" / "techniques" / f"{technique}.py"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@cache
def _shared() -> str:
    files = [ROOT / name for name in FILES]
    files += [file for folder in FOLDERS for file in (ROOT / folder).glob("*.py")]
    return "\0".join([_bare(file) for file in sorted(files)] + [LOCK.read_text(encoding="utf-8")])


@cache
def _bare(file: Path) -> str:
    """A module without comments, docstrings and layout."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _is_text(part)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
