"""What pydantic refuses is told in our own words, in both languages."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from engine.contract.project import ProjectFolder
from engine.contract.recipe import load_recipe
from engine.contract.run.events import Failed, parse_event
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message, UserError
from engine.contract.text.reasons import at_place, reason_of
from engine.recipe.registry import techniques

PYDANTIC = ("Input", "should be", "Field required", "Extra inputs", "Value error", "items after validation")


class Everything(BaseModel):
    """A field for everything that can be wrong with one."""

    model_config = ConfigDict(extra="forbid")

    share: float = Field(0.5, ge=0, le=0.9)
    part: float = Field(0.5, gt=0, lt=1)
    bits: Literal[7, 8] = 8
    even: int = Field(2, multiple_of=2)
    on: bool = True
    name: str = Field("abc", min_length=2, max_length=4)
    names: tuple[str, ...] = Field(("a",), min_length=1, max_length=2)
    ratios: dict[str, float] = {}
    marks: list[float] = []

    @field_validator("marks")
    @classmethod
    def _rising(cls, marks: list[float]) -> list[float]:
        if marks != sorted(marks):
            raise ValueError("value.rising")
        if marks and marks[0] < 0:
            raise ValueError("marks are not below zero")
        return marks


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"share": 0.95}, "value.at_most"),
        ({"share": -1}, "value.at_least"),
        ({"share": math.nan}, "value.number"),
        ({"share": "much"}, "value.number"),
        ({"share": None}, "value.number"),
        ({"part": 1}, "value.below"),
        ({"part": 0}, "value.above"),
        ({"bits": 6}, "value.one_of"),
        ({"even": 3}, "value.multiple"),
        ({"even": 2.5}, "value.whole_number"),
        ({"even": math.nan}, "value.number"),
        ({"even": math.inf}, "value.finite"),
        ({"on": "perhaps"}, "value.yes_or_no"),
        ({"name": 3}, "value.text"),
        ({"name": "a"}, "value.text_short"),
        ({"name": "abcde"}, "value.text_long"),
        ({"names": "ab"}, "value.list"),
        ({"names": []}, "value.short"),
        ({"names": ["a", "b", "c"]}, "value.long"),
        ({"ratios": [1]}, "value.object"),
        ({"ratios": {"a": "b"}}, "value.number"),
        ({"marks": [2, 1]}, "value.rising"),
        ({"marks": [-1]}, "value.words"),
        ({"colour": 1}, "value.unknown"),
        (3, "value.object"),
    ],
)
def test_that_a_reason_is_one_of_our_sentences(given: Any, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate(given)
    reason = reason_of(caught.value.errors()[0])
    assert reason.code == code
    for language in ("en", "zh"):
        assert not any(words in reason.text(language) for words in PYDANTIC)
        assert "{" not in reason.text(language)


def test_that_a_kind_nobody_foresaw_keeps_pydantics_words() -> None:
    class Pattern(BaseModel):
        name: str = Field(pattern="^a$")

    with pytest.raises(ValidationError) as caught:
        Pattern(name="b")
    assert "pattern" in reason_of(caught.value.errors()[0]).text("zh")


@pytest.mark.parametrize("given", [math.nan, math.inf, "nan"])
def test_that_what_is_no_number_is_refused_as_that(given: object) -> None:
    with pytest.raises(UserError) as caught:
        techniques()["filter_prune"]({"ratio": given})
    message = caught.value.message
    assert "0.9" not in message.text() and "number" in message.text() and "数字" in message.text("zh")
    with pytest.raises(ValidationError):
        TrainSettings.model_validate({"learning_rate": given})


@pytest.mark.parametrize(("technique", "params"), [("filter_prune", {"ratio": 2}), ("lr_schedule", {"milestones": 5})])
def test_that_a_refused_parameter_is_wholly_chinese(technique: str, params: dict[str, Any]) -> None:
    with pytest.raises(UserError) as caught:
        techniques()[technique](params)
    assert not any(words in caught.value.message.text("zh") for words in PYDANTIC)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[]", ("whole file", "整个文件")),
        ('{"name": "x"}', ("steps: is missing", "steps：缺少")),
        ('{"name": "x",\n}', ("line 2, column 1", "第 2 行第 1 列")),
        ('{"name": "x", "steps": [3]}', ("steps.0: ", "steps.0：")),
        ('{"name": "x", "steps": ' + "[" * 100_000, ("line 1", "第 1 行")),
        ('{"name": "\\ud800", "steps": []}', ("line 1", "第 1 行")),
    ],
)
def test_that_a_recipe_file_is_refused_with_its_place(tmp_path: Path, text: str, place: tuple[str, str]) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load_recipe(path)
    message = caught.value.message
    for told, words in zip((message.text("en"), message.text("zh")), place, strict=True):
        assert words in told and not any(alien in told for alien in PYDANTIC)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe"])
def test_that_a_broken_project_file_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    folder = ProjectFolder(tmp_path)
    folder.file.write_bytes(content)
    with pytest.raises(UserError) as caught:
        folder.load()
    assert caught.value.message.code == "project.malformed"
    assert not any(alien in caught.value.message.text("zh") for alien in (*PYDANTIC, "Invalid", "codec"))


def test_that_a_reason_survives_the_stream_of_a_run() -> None:
    inner = Message(code="value.at_most", args={"limit": 0.9})
    message = Message(code="value.at", args={"place": "ratio", "reason": inner})
    sent = Failed(message=message, text=message.text(), seq=1, time=0.0).model_dump_json()
    assert json.loads(sent)["text"] == "ratio: must be at most 0.9"
    told = parse_event(sent)
    assert isinstance(told, Failed) and told.message.text("zh") == "ratio：最大为 0.9"


def test_that_other_errors_of_reading_have_words() -> None:
    assert at_place(ValueError("plain words")).text("zh") == "plain words"
