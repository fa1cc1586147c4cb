"""Curves have words in both languages, and what a detector calls otherwise keeps its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from engine.contract.text.messages import Language
from studio.i18n import show_language, shown_language
from studio.presenters.train.curve_names import NAMED, curve_name, curve_tip


@pytest.fixture(params=get_args(Language))
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    before = shown_language()
    show_language(request.param)
    yield request.param
    show_language(before)


def test_every_named_curve_has_its_words(language: str) -> None:
    for name in NAMED:
        assert "studio." not in curve_name(name) + curve_tip(name) and name in curve_tip(name)
        assert len(curve_name(name)) <= 24, "a legend has little room"


def test_a_stage_is_counted_and_a_stranger_keeps_its_name(language: str) -> None:
    assert curve_name("loss_bbox_cls_stage1") == f"{curve_name('loss_bbox_cls')} 2"
    assert "loss_bbox_cls_stage1" in curve_tip("loss_bbox_cls_stage1")
    assert (curve_name("loss_new"), curve_tip("loss_new")) == ("loss_new", "")
