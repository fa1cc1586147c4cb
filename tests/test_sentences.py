"""Every code that the engine may show has its sentence in both languages, with the arguments it is given."""

from __future__ import annotations

import ast
import json
import re
import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.contract.text.messages import sentences
from engine.contract.text.resources import I18N, RESOURCES, ROOT

CODE = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+")
CHINESE = re.compile(r"[\u4e00-\u9fff\uff00-\uffef]")
# These take the sentence's arguments alone; other functions that take a `code` first may add to them.
EXACT = {"UserError", "JobFailed"}
SAME = {"A | B", "Adam", "Alpha", "Gamma", "P5", "PACT", "v0", "v1", "v2", "v3", "{before} to {after}"}
"""What names or signs alone say in Chinese."""


@dataclass(frozen=True)
class Use:
    """A place where a code is written out; `args` is None where they cannot be read off."""

    place: str
    code: str
    args: frozenset[str] | None


@cache
def trees() -> dict[Path, ast.Module]:
    paths = [path for folder in ("engine", "studio") for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@cache
def takers() -> dict[str, set[Path]]:
    """Every function whose first argument is a `code`, with the folders that define one of its name."""
    found: dict[str, set[Path]] = {name: set() for name in (*EXACT, "Message")}
    for path, tree in trees().items():
        for node in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            names = [argument.arg for argument in node.args.args if argument.arg not in ("self", "cls")]
            if names[:1] == ["code"] and not node.name.startswith("__"):
                found.setdefault(node.name, set()).add(path.parent)
    return found


def literal_code(call: ast.Call) -> str | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    first = next(iter(named or call.args), None)
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def literal_args(name: str, call: ast.Call) -> frozenset[str] | None:
    """The names of the arguments of the sentence, where the call spells them all."""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in EXACT:
        return None if None in keywords else frozenset(str(key) for key in keywords)
    given = keywords.get("args", ast.Dict(keys=[], values=[]))
    if name != "Message" or not isinstance(given, ast.Dict):
        return None
    keys = [key.value for key in given.keys if isinstance(key, ast.Constant)]
    return frozenset(str(key) for key in keys) if len(keys) == len(given.keys) else None


def uses() -> list[Use]:
    """Every call that is given a whole code; `last_parts` has those that are given its end only."""
    found = []
    for path, tree in trees().items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name, code = ast.unparse(call.func).split(".")[-1], literal_code(call)
            if name in takers() and code is not None and CODE.fullmatch(code):
                found.append(Use(f"{path.relative_to(ROOT)}:{call.lineno}", code, literal_args(name, call)))
    return found


def last_parts() -> dict[str, str]:
    """Every place that gives the end of a code to a function of its folder, which puts the rest before it."""
    found = {}
    for path, tree in trees().items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name, code = ast.unparse(call.func).split(".")[-1], literal_code(call)
            if code is not None and path.parent in takers().get(name, ()) and re.fullmatch("[a-z0-9_]+", code):
                found[f"{path.relative_to(ROOT)}:{call.lineno}"] = code
    return found


def f_string(node: ast.JoinedStr) -> str:
    """A pattern that matches what the f-string can become."""
    parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
    return "".join("(.+)" if part is None else re.escape(str(part)) for part in parts)


@cache
def written() -> tuple[set[str], list[re.Pattern[str]]]:
    """Every string and number in the code and file name of resources, and a pattern for every f"word{...}"."""
    words = {path.stem for path in RESOURCES.rglob("*")}
    patterns = []
    for node in (node for tree in trees().values() for node in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int):
            words.add(str(node.value))
        elif isinstance(node, ast.JoinedStr) and re.match("[a-z]{3}", f_string(node)):
            patterns.append(re.compile(f_string(node)))
    return words, patterns


def is_written(text: str) -> bool:
    """Whether `text` stands in the code, or can be put together by f-strings from what stands there."""
    words, patterns = written()
    matches = (pattern.fullmatch(text) for pattern in patterns)
    return text in words or any(all(map(is_written, match.groups())) for match in matches if match)


def test_every_code_that_is_used_has_its_sentence() -> None:
    assert [f"{use.place}: {use.code}" for use in uses() if use.code not in sentences()] == []


def test_every_last_part_of_a_code_has_its_sentence() -> None:
    ends = {code.split(".")[-1] for code in sentences()}
    assert {place: part for place, part in last_parts().items() if part not in ends} == {}


def test_a_sentence_names_the_arguments_that_its_code_is_given() -> None:
    wrong = [
        f"{use.place}: {use.code} is given {sorted(use.args)}, its sentence names {sorted(gaps(sentence))}"
        for use in uses()
        if use.args is not None and use.code in sentences()
        for sentence in sentences()[use.code].values()
        if gaps(sentence) != use.args
    ]
    assert wrong == []


def test_every_sentence_is_used_somewhere() -> None:
    assert [code for code in sentences() if not is_written(code)] == []


def test_a_sentence_is_there_in_both_languages_with_the_same_arguments() -> None:
    for code, languages in sentences().items():
        assert set(languages) == {"en", "zh"}, code
        assert gaps(languages["en"]) == gaps(languages["zh"]), code
        assert CODE.fullmatch(code), code
        says_something = languages["en"] not in SAME and re.search(r"[A-Za-z]", re.sub(r"{\w+}", "", languages["en"]))
        assert CHINESE.search(languages["zh"]) or not says_something, code
        assert not CHINESE.search(languages["en"]), code


def nouns() -> dict[str, str]:
    """Every word that stands for several of a thing in some gap, by that word, with the one that stands for one."""
    found = {}
    for languages in sentences().values():
        for _, _, spec, _ in string.Formatter().parse(languages["en"]):
            one, _, many = (spec or "").partition("|")
            # A verb of several does not end in "s".
            if many.split()[:1] and many.split()[0].endswith("s"):
                found[many.split()[0]] = one.split()[0]
    return found


def test_what_is_counted_is_one_thing_or_several() -> None:
    assert {"classes": "class", "epochs": "epoch", "pictures": "picture"}.items() <= nouns().items()
    counted = re.compile(r"{\w+} (?:[a-z]+ )?(" + "|".join(nouns()) + r")\b")
    wrong = [code for code, languages in sentences().items() if counted.search(languages["en"])]
    assert wrong == [], "the noun of a count follows it: `{count} {count:class|classes}`"
    by_hand = [code for code, languages in sentences().items() if "(s)" in "".join(languages.values())]
    assert by_hand == []
    assert [code for code, languages in sentences().items() if re.search(r"{\w+:.*\|", languages["zh"])] == []


def test_no_code_stands_in_two_files() -> None:
    counts = [code for path in I18N.glob("*.json") for code in json.loads(path.read_text(encoding="utf-8"))]
    assert sorted({code for code in counts if counts.count(code) > 1}) == []
