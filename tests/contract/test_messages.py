"""Sentences with their gaps filled: counts of one and of several, and what is not there."""

from __future__ import annotations

import pytest

from engine.contract.text.messages import Message, fill

SENTENCE = "{count} {count:class|classes}, {count:it stays|they stay}"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "1 class, it stays"),
        ("1", "1 class, it stays"),
        (0, "0 classes, they stay"),
        (2, "2 classes, they stay"),
        ("1\u2009500", "1\u2009500 classes, they stay"),
    ],
)
def test_that_one_thing_is_not_called_as_several_are(count: int | str, text: str) -> None:
    assert fill(SENTENCE, {"count": count}) == text


def test_that_other_formats_are_as_ever() -> None:
    assert fill("{share:.1f} % of {name}", {"share": 12.34, "name": "conv"}) == "12.3 % of conv"


def test_that_a_message_counts_in_both_languages() -> None:
    one, more = (Message(code="studio.recipe.epochs", args={"count": count}) for count in (1, 12))
    assert (one.text(), more.text()) == ("1 epoch of training", "12 epochs of training")
    assert "1" in one.text("zh") and "epoch" not in one.text("zh")


def test_that_a_sentence_that_wants_more_is_told_with_its_code() -> None:
    assert Message(code="studio.recipe.epochs").text().startswith("studio.recipe.epochs")
