"""The trained points of a front as rows of a table; those that were not taken stay in it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.contract.fit.front import Front, FrontPoint
from engine.contract.text.numbers import show_value
from studio.i18n import tr
from studio.presenters.fit.front_marks import keyed
from studio.presenters.fit.front_words import change_text, interval, point_name, time_text
from studio.presenters.numbers import duration

COLUMNS = ("point", "aimed", "time", "map", "change", "macs", "mb", "run", "state")


@dataclass(frozen=True)
class FrontRow:
    """One row: the texts of `COLUMNS`, tips by column, the tone of its state; `sorts` has what a column sorts by."""

    key: str
    cells: tuple[str, ...]
    tips: tuple[str, ...]
    tone: str = ""
    run: str | None = None
    sorts: tuple[float | str, ...] = ()


def column_titles() -> tuple[str, ...]:
    """The headings of the columns."""
    aimed = tr("studio.fit.column_aimed")
    time = tr("studio.fit.fact_time")
    rest = ("mAP val", tr("studio.fit.column_change"), "MACs", tr("studio.fit.fact_file"))
    return (tr("studio.fit.column_point"), aimed, time, *rest, tr("studio.fit.fact_run"), tr("studio.fit.column_state"))


def rows(front: Front, *, at_work: bool) -> list[FrontRow]:
    """The base, the trials in the order in which they were made, and the winner."""
    trained = {key: point for key, point in keyed(front).items() if point.kind != "hollow"}
    return [_row(key, point, front, at_work) for key, point in trained.items()]


def state_of(point: FrontPoint, front: Front, *, at_work: bool) -> tuple[str, str]:
    """What became of a point, in a few words, and in which tone."""
    job, verdict = front.job, front.verdict
    if point.kind == "base":
        return tr("studio.fit.state_base"), ""
    if not point.done:
        return (tr("studio.fit.state_at_work"), "info") if at_work else (tr("studio.fit.state_begun"), "warn")
    late = job.ms is not None and point.ms is not None and point.ms > job.ms
    if point.kind == "winner":
        if verdict is None:
            return tr("studio.fit.state_winner"), ""
        return (tr("studio.fit.state_met"), "good") if verdict.met else (tr("studio.fit.state_missed"), "bad")
    winner = front.winner
    if winner is not None and (winner.number == point.number):
        return tr("studio.fit.state_taken"), "good"
    if late:
        return tr("studio.fit.state_late"), "warn"
    return (tr("studio.fit.state_not_taken"), "") if winner is not None else (tr("studio.fit.state_within"), "")


def _row(key: str, point: FrontPoint, front: Front, at_work: bool) -> FrontRow:
    state, tone = state_of(point, front, at_work=at_work)
    # The base is known from the first trial on; what was only planned has a time that was predicted.
    run = front.run if point.kind == "base" else point.run
    cells = (
        point_name(point),
        _aimed(point, front),
        time_text(point),
        f"{point.map:.1f}" if point.map is not None else "",
        change_text(point, front),
        f"{100 * point.macs:.1f} %",
        f"≤ {point.mb:.2f} MB" if point.mb is not None else "",
        run or "",
        state,
    )
    tips = ("", tr("studio.fit.aimed_tip"), *_tips(point), "", "", tr("studio.fit.file_tip"), run or "", _length(point))
    sorts = (_order(point), point.aimed or 0.0, point.ms or 0.0, point.map or 0.0, point.map or 0.0, point.macs)
    return FrontRow(key, cells, tips, tone, run, (*sorts, point.mb or 0.0, run or "", state))


def _order(point: FrontPoint) -> float:
    return {"base": -1.0, "winner": 1e6}.get(point.kind, float(point.number or 0))


def _aimed(point: FrontPoint, front: Front) -> str:
    if point.kind != "trial" or point.aimed is None or front.job.ms is None:
        return ""
    return f"{show_value(point.aimed * front.job.ms, 'ms')}"


def _tips(point: FrontPoint) -> tuple[str, str]:
    times, scores = interval(point.ms_low, point.ms_high, "ms"), interval(point.map_low, point.map_high, "points")
    return (
        tr("studio.fit.tip_times", low_high=times) if times else "",
        tr("studio.fit.tip_scores", low_high=scores) if scores and point.map is not None else "",
    )


def _length(point: FrontPoint) -> str:
    if point.seconds is None or point.epochs is None:
        return ""
    return tr("studio.fit.tip_length", epochs=point.epochs, time=duration(point.seconds))
