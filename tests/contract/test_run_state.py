"""The fold of a run's events: what it keeps, and which orders it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.figures import Figure
from engine.contract.run.events import (
    TERMINAL,
    Artifact,
    BenchMoment,
    BenchSample,
    CancelledEvent,
    DeviceUsed,
    Event,
    Failed,
    Figures,
    Finished,
    Hello,
    Metric,
    Notice,
    Picture,
    Progress,
    Stage,
)
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail, StreamError
from engine.contract.text.messages import Message

GOLDEN = Path(__file__).parent / "golden"
MESSAGE = Message(code="test.message", args={"n": 1})
FINITE = st.floats(-1e9, 1e9)

told = st.one_of(
    st.builds(DeviceUsed, device=st.sampled_from(["cpu", "gpu:0"]), wheel=st.text(max_size=8), amp=st.booleans()),
    st.builds(Stage, message=st.just(MESSAGE), text=st.text(max_size=8)),
    st.builds(Progress, done=st.integers(0, 9), total=st.just(9), unit=st.just("steps")),
    st.builds(Metric, name=st.sampled_from(["loss", "rate"]), step=st.integers(0, 20), value=FINITE),
    st.builds(
        Figures,
        moment=st.sampled_from(["start", "final"]),
        figures=st.tuples(st.builds(Figure, name=st.just("map"), value=FINITE, unit=st.just("points"),
                                    source=st.just("measured"))),
    ),
    st.builds(Picture, path=st.sampled_from(["a.png", "b.png"]), role=st.just("prediction")),
    st.builds(BenchSample, precision=st.just("int8"), backend=st.just("arm"), threads=st.just(2), ms=FINITE),
    st.builds(BenchMoment, seconds=FINITE, ms=FINITE, temperature_c=st.one_of(st.none(), FINITE)),
    st.builds(Artifact, kind=st.just("model"), path=st.just("m.nb"), bytes=st.integers(0, 9)),
    st.builds(Notice, level=st.just("info"), message=st.just(MESSAGE), text=st.text(max_size=8)),
)  # fmt: skip
stopped: st.SearchStrategy[list[Event]] = st.one_of(
    st.just([]),  # the worker was lost
    st.just([CancelledEvent()]),
    st.just([Failed(message=MESSAGE, text="?")]),
)


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """A possible run: sittings one after another, the last one perhaps finished."""
    events: list[Event] = []
    for _ in range(draw(st.integers(1, 3))):
        events.append(Hello(pid=draw(st.integers(1, 99)), versions={}, device="CPU"))
        events += draw(st.lists(told, max_size=6))
        events += draw(stopped)
    if not isinstance(events[-1], TERMINAL) and draw(st.booleans()):
        events.append(Finished())
    return number(events)


def number(events: list[Event]) -> list[Event]:
    return [event.model_copy(update={"seq": i, "time": 100.0 + i}) for i, event in enumerate(events)]


@given(streams(), st.data())
def test_that_any_prefix_folds_and_the_rest_can_follow_it(events: list[Event], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(events)))
    assert fold(events[:cut]).apply(*events[cut:]) == fold(events)


@given(streams())
def test_that_one_by_one_is_the_same_as_all_at_once(events: list[Event]) -> None:
    state = RunState()
    for event in events:
        state = state.apply(event)
    assert state == fold(events)


@given(streams())
def test_that_a_state_survives_json(events: list[Event]) -> None:
    state = fold(events)
    assert RunState.model_validate_json(state.model_dump_json()) == state


@given(streams(), told)
def test_that_nothing_but_a_hello_follows_a_terminal_event(events: list[Event], extra: Event) -> None:
    ended = events if isinstance(events[-1], TERMINAL) else [*events, CancelledEvent()]
    for late in (extra, Finished(), CancelledEvent()):
        with pytest.raises(StreamError):
            fold(number([*ended, late]))


@given(streams(), st.data())
def test_that_a_missing_or_repeated_event_is_refused(events: list[Event], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(events) - 1))
    with pytest.raises(StreamError):
        fold([*events[: place + 1], *events[place:]])
    if place < len(events) - 1:
        with pytest.raises(StreamError):
            fold(events[:place] + events[place + 1 :])


@given(told)
def test_that_hello_comes_first(event: Event) -> None:
    with pytest.raises(StreamError) as caught:
        fold([event])
    assert caught.value.message.code == "run.impossible_event"


def test_that_a_finished_run_is_not_resumed() -> None:
    hello = Hello(pid=1, versions={}, device="CPU")
    with pytest.raises(StreamError):
        fold(number([hello, Finished(), hello]))


def test_that_a_new_sitting_starts_without_stage_and_terminal() -> None:
    hello = Hello(pid=1, versions={}, device="CPU")
    stage = Stage(message=MESSAGE, text="?")
    failed = fold(number([hello, stage, Failed(message=MESSAGE, text="?")]))
    assert isinstance(failed.terminal, Failed)
    again = fold(number([hello, stage, Failed(message=MESSAGE, text="?"), hello]))
    assert (again.terminal, again.stage, len(again.sittings)) == (None, None, 2)


def test_that_a_bench_begins_anew_in_each_sitting() -> None:
    hello = Hello(pid=1, versions={}, device="CPU")
    sample = BenchSample(precision="int8", backend="arm", threads=2, ms=7)
    moment = BenchMoment(seconds=1, ms=9)
    once = fold(number([hello, sample, sample, moment]))
    assert ([each.ms for each in once.samples], [each.ms for each in once.moments]) == ([7, 7], [9])
    again = fold(number([hello, sample, sample, moment, hello, sample]))
    assert (len(again.samples), again.moments) == (1, ())


def test_that_a_stream_in_which_a_bench_told_curves_still_opens() -> None:
    curve = Metric(name="bench.fp32.arm.1", step=0, value=11)
    state = fold(number([Hello(pid=1, versions={}, device="CPU"), curve, Finished()]))
    assert state.phase == "finished" and state.samples == (), "its rows are in its result, as those of every bench"


def test_that_the_golden_stream_of_a_run_that_went_on_elsewhere_still_opens() -> None:
    events = EventTail(GOLDEN / "moved_run.jsonl").read()
    first, moved = fold(events[:5]), fold(events)
    assert first.device is not None and (first.device.device, first.device.amp) == ("gpu:0", True)
    assert fold(events[:6]).device is None, "the next sitting has not said yet where it is"
    assert moved.device is not None and (moved.device.device, moved.device.wheel) == ("cpu", "paddlepaddle 2.6.2")
    assert moved.device.why is not None and moved.phase == "finished"
    assert [notice.message.code for notice in moved.notices] == ["device.elsewhere"]


def test_that_the_golden_stream_still_opens() -> None:
    state = fold(EventTail(GOLDEN / "resumed_run.jsonl").read())
    assert state.phase == "finished"
    assert isinstance(state.terminal, Finished)
    assert [type(sitting.terminal) for sitting in state.sittings] == [
        type(None),
        Failed,
        CancelledEvent,
        Finished,
    ]
    assert [sitting.hello.pid for sitting in state.sittings] == [411, 502, 640, 777]
    assert state.elapsed_s == 7 + 4 + 2 + 11
    # Step 3 was told three times: what came last holds.
    assert state.metrics == {"loss": ((1, 9.5), (2, 8.25), (3, 7.5)), "val_map": ((3, 31.0),)}
    assert [figure.value for figure in state.figures["final"]] == [59.0, 20.0]
    assert [figure.value for figure in state.figures["transformed"]] == [12.0]
    assert [notice.message.code for notice in state.notices] == ["train.resumed", "run.not_finite"]
    assert [picture.path for picture in state.pictures] == ["images/0001.png"]
    assert [artifact.bytes for artifact in state.artifacts] == [123456]
    assert state.progress is not None and state.progress.done == 40
