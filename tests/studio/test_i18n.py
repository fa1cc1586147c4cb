"""Sentences in the language that is shown."""

from __future__ import annotations

import ast
import re

from engine.contract.text.messages import sentences
from engine.contract.text.resources import ROOT
from studio.bound_texts import translator
from studio.i18n import pick


def test_cards() -> None:
    assert pick({"en": "a", "zh": "b"}) == "a"
    translator.set_language("zh")
    assert (pick({"en": "a", "zh": "b"}), pick({"en": "a"})) == ("b", "a")


def test_that_every_code_in_the_studio_has_its_sentence() -> None:
    missing = []
    for path in sorted((ROOT / "studio").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            # Modules have dots in their names as well.
            module = ROOT / f"{text.replace('.', '/')}.py"
            if not re.fullmatch(r"studio\.[a-z]+\.[a-z0-9_]+", text) or text in sentences() or module.is_file():
                continue
            # The beginning of codes that are made of it.
            if not (text.endswith("_") and any(code.startswith(text) for code in sentences())):
                missing.append(f"{path.name}: {text}")
    assert missing == []
