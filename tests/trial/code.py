"""Which code a trial ran on: a hash of the engine and the studio, which comments and docstrings do not change."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from engine.contract.text.resources import ROOT


def code_version() -> str:
    """Ten hexadecimal digits over what is shipped as code."""
    digest = hashlib.sha256()
    for path in sorted(path for room in ("engine", "studio") for path in (ROOT / room).rglob("*.py")):
        digest.update(f"{path.relative_to(ROOT)}\0{_bare(path)}".encode())
    return digest.hexdigest()[:10]


def _bare(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            first = body[0] if body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = body[1:]
    return ast.dump(tree)
