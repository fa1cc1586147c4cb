"""Reading a stream while it is written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.run.events import Event
from engine.contract.run.tail import EventTail, StreamError, last_event

STREAM = (Path(__file__).parent / "golden" / "resumed_run.jsonl").read_bytes()
EVENTS = EventTail(Path(__file__).parent / "golden" / "resumed_run.jsonl").read()


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_that_a_stream_cut_anywhere_gives_the_same_events(cuts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        tail = EventTail(path)
        events: list[Event] = tail.read()
        for cut in [*sorted(cuts), len(STREAM)]:
            path.write_bytes(STREAM[:cut])
            events += tail.read()
            whole = STREAM[:cut].count(b"\n")
            last, size = last_event(path)
            assert last == (EVENTS[whole - 1] if whole else None)
            assert size == tail.offset
        assert events == EVENTS


def test_that_reading_can_stop_at_a_byte(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(STREAM)
    third = sum(len(line) for line in STREAM.splitlines(keepends=True)[:3])
    tail = EventTail(path)
    assert tail.read(third) == EVENTS[:3]
    assert tail.read() == EVENTS[3:]


@pytest.mark.parametrize("bad", [b"{}", b"nonsense", b"\xff\xfe", b'{"type": "later", "seq": 2}', b""])
def test_that_a_line_that_is_no_event_is_named(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "events.jsonl"
    lines = STREAM.split(b"\n")
    path.write_bytes(b"\n".join([*lines[:2], bad, *lines[2:]]))
    with pytest.raises(StreamError) as caught:
        EventTail(path).read()
    assert caught.value.message.code == "run.stream_broken"
    assert caught.value.message.args["line"] == 3
    assert str(path) in str(caught.value)


def test_that_a_file_that_shrank_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(STREAM)
    tail = EventTail(path)
    tail.read()
    path.write_bytes(STREAM[:-1])
    with pytest.raises(StreamError, match="shorter"):
        tail.read()
    path.unlink()
    with pytest.raises(StreamError, match="shorter"):
        tail.read()


def test_that_the_last_event_of_a_long_stream_is_found(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    long_line = EVENTS[1].model_copy(update={"text": "x" * 200_000}).model_dump_json()
    path.write_text(f"{STREAM.decode()}{long_line}\n{{half")
    event, size = last_event(path)
    assert event is not None and event.type == "stage"
    assert size == path.stat().st_size - len("{half")
