"""What is said of corrected labels and of a source that changed."""

from __future__ import annotations

import pytest

from engine.contract.source.changes import SourceChanges, SyncCounts
from engine.contract.text.messages import Message
from studio.i18n import show_language
from studio.presenters.data.notices import Standing, label_chip, notices, train_lines, what_was_done

CHANGED = SourceChanges(source="/data", source_there=True, added=3, changed=8, gone=1)
GONE = SourceChanges(source="/data", source_there=False)
WHY = Message(code="studio.core.system", args={"path": "/p/labels.json", "reason": "No space left on device"})


def told(**now: object) -> list[tuple[str, tuple[str, ...]]]:
    return [(notice.tone, notice.acts) for notice in notices(Standing(**now))]  # type: ignore[arg-type]


def test_that_nothing_is_said_while_all_is_as_it_should_be() -> None:
    same = SourceChanges(source="/data", source_there=True)
    assert notices(Standing()) == notices(Standing(changes=same, corrected=4)) == []
    assert notices(Standing(waiting=2, corrected=2)) == [], "they are applied by themselves in a moment"
    assert train_lines(same, 0) == train_lines(None, 0) == []


def test_that_a_changed_source_is_told_in_numbers_until_it_is_put_off() -> None:
    (notice,) = notices(Standing(changes=CHANGED))
    assert notice.text == "12 files of the source changed: 3 added, 8 changed, 1 gone."
    assert notice.acts == ("bring", "look", "later")
    assert notices(Standing(changes=CHANGED, put_off=True)) == []
    assert "3 added" in train_lines(CHANGED, 0)[0]


def test_that_counts_of_an_earlier_espalier_are_told_where_nothing_else_is() -> None:
    same = SourceChanges(source="/data", source_there=True, old_counts=True)
    assert told(changes=same, old_counts=True) == [("info", ("bring", "later"))]
    assert told(changes=same) == []
    assert told(changes=CHANGED, old_counts=True) == [("info", ("bring", "look", "later"))]


def test_that_labels_and_source_are_told_together_where_both_wait() -> None:
    (notice,) = notices(Standing(changes=CHANGED, waiting=2, corrected=2))
    assert "2 corrected pictures" in notice.text
    assert told(changes=CHANGED, waiting=2, put_off=True) == [("info", ("bring",))]
    assert told(changes=GONE, waiting=2) == [("warn", ("find",)), ("info", ())]
    assert len(train_lines(CHANGED, 2)) == 2


def test_that_what_was_refused_or_failed_can_be_tried_again() -> None:
    assert told(refused=WHY) == [("bad", ("save",))]
    assert "No space left" in notices(Standing(refused=WHY))[0].text
    assert told(failed=WHY, waiting=1) == [("bad", ("bring", "dismiss"))]
    of_the_data = Message(code="data.class_unknown", args={"file": "a", "place": "b", "name": "c", "known": "d"})
    assert told(failed=of_the_data) == [("bad", ("mend", "bring", "dismiss"))]
    assert told(waiting=1, tried=True) == [("warn", ("apply",))]
    assert told(waiting=1, tried=True, correcting=True) == []


def test_that_a_sync_is_shown_while_it_works_and_then_what_it_did() -> None:
    (busy,) = notices(Standing(syncing="Looking", changes=CHANGED))
    assert busy.busy and busy.acts == ("stop",)
    assert notices(Standing(syncing="Looking", quiet=True, waiting=1)) == []
    (done,) = notices(Standing(done=SyncCounts(added=3, gone=1)))
    assert done.tone == "good" and "3 pictures added, 1 gone" in done.text
    assert what_was_done(SyncCounts()) == ""


@pytest.mark.parametrize(
    ("standing", "word"),
    [
        (Standing(corrected=3), "applied"),
        (Standing(corrected=3, waiting=1), "waiting"),
        (Standing(corrected=3, waiting=1, syncing=""), "being applied"),
    ],
)
def test_that_a_chip_says_whether_corrections_are_in_the_data(standing: Standing, word: str) -> None:
    chip = label_chip(standing)
    assert chip is not None and word in chip[0]
    assert label_chip(Standing()) is None


def test_that_it_is_all_said_in_chinese_too() -> None:
    show_language("zh")
    try:
        assert "12" in notices(Standing(changes=CHANGED))[0].text
        assert "、" in notices(Standing(changes=CHANGED))[0].text
    finally:
        show_language("en")
