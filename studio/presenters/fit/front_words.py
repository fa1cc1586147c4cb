"""A front in words: what was asked, what stands for its times, how it stands or ended, and what a point is."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

from engine.contract.fit.front import Front, FrontPoint, Guarantee
from engine.contract.fit.job import FitJob
from engine.contract.socs import socs
from engine.contract.text.numbers import show_value, signed, small_share
from studio.i18n import text_of, tr
from studio.stores.work.fits import Fit

Tone = Literal["good", "warn", "bad", "info"]


@dataclass(frozen=True)
class Standing:
    """One sentence on how a fit stands, in a tone of the sheet."""

    text: str
    tone: Tone


def phone_name(key: str | None) -> str:
    """What a chip is called; this machine for the one that stands for it."""
    if key == "host":
        return tr("studio.fit.host")
    return socs()[key].name if key in socs() else key or ""


def asked_text(job: FitJob) -> str:
    """The targets and where they hold, such as "at most 20 ms on Snapdragon 855, 4 threads, int8"."""
    parts = []
    if job.ms is not None:
        where = phone_name(job.phone)
        threads = tr("studio.bench.n_threads", count=job.threads)
        parts.append(tr("studio.fit.asked_ms", ms=f"{job.ms:g}", phone=where, threads=threads))
    if job.mb is not None:
        parts.append(tr("studio.fit.asked_mb", mb=f"{job.mb:g}"))
    if job.macs is not None:
        parts.append(tr("studio.fit.asked_macs", percent=f"{100 * job.macs:g}"))
    if job.points is not None:
        parts.append(tr("studio.fit.asked_points", points=f"{job.points:g}"))
    return ", ".join([*parts, job.precision])


def guarantee_of(front: Front, simulated: bool) -> Guarantee:
    """What stands for its times; before the verdict by what was asked, `simulated` for the phone named there."""
    job = front.job
    if front.verdict is not None:
        return front.verdict.guarantee
    if job.ms is None:
        return "counted"
    if job.on_host:
        return "host"
    if job.device is None:
        return "upper_end"
    return "simulated" if simulated else "bench"


def source_text(front: Front, simulated: bool = False) -> str:
    """The same in a sentence."""
    phone = phone_name(front.job.phone)
    return {
        "host": tr("studio.fit.source_host"),
        "bench": tr("studio.fit.source_bench", phone=phone),
        "simulated": tr("studio.fit.source_simulated", phone=phone),
        "upper_end": tr("studio.fit.source_upper_end", phone=phone),
        "counted": tr("studio.fit.source_counted"),
    }[guarantee_of(front, simulated)]


def standing(fit: Fit) -> Standing:
    """The verdict of a fit that ended; else how far it is, or why it is not at work."""
    verdict = fit.front.verdict if fit.front is not None else None
    if verdict is not None:
        return Standing(text_of(verdict.message), "good" if verdict.met else "warn")
    if fit.status == "failed" and fit.error is not None:
        return Standing(text_of(fit.error), "bad")
    if fit.status in ("cancelled", "failed", "lost"):
        code = "studio.fit.stopped" if fit.status == "cancelled" else "studio.fit.lost"
        return Standing(tr(code, trials=_done(fit.front)), "warn")
    return Standing(_progress(fit.front), "info")


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Between what it lies; empty where that is not known."""
    if low is None or high is None or low == high:
        return ""
    return f"{show_value(low, unit).removesuffix(f' {unit}')} – {show_value(high, unit)}"


def time_text(point: FrontPoint) -> str:
    """The time that counts; what was not measured begins with a sign."""
    if point.ms is None:
        return ""
    mark = "" if point.ms_source == "measured" else "≈"
    return mark + show_value(point.ms, "ms")


def change_text(point: FrontPoint, front: Front) -> str:
    """By how many points a trained point lies from the base; empty where that is not known."""
    base = front.base
    if point.kind == "base" or base is None or base.map is None or point.map is None:
        return ""
    return signed(point.map - base.map)


def point_name(point: FrontPoint) -> str:
    """What a point is called."""
    if point.kind == "trial":
        return tr("studio.fit.point_trial", number=point.number or 0)
    return {
        "base": tr("studio.fit.point_base"),
        "hollow": tr("studio.fit.point_hollow"),
        "winner": tr("studio.fit.point_winner"),
    }[point.kind]


def facts(point: FrontPoint, front: Front) -> list[tuple[str, str]]:
    """All that is known of a point, each fact with its name."""
    scores = interval(point.map_low, point.map_high, "points")
    change = change_text(point, front)
    score = f"{point.map:.1f}" if point.map is not None else ""
    between = tr("studio.fit.between", low_high=scores) if scores and point.map is None else ""
    told = [
        (tr("studio.fit.fact_time"), time_text(point)),
        (tr("studio.fit.fact_times"), interval(point.ms_low, point.ms_high, "ms")),
        ("mAP val", " ".join(filter(None, [score, f"({change})" if change else "", between]))),
        (tr("studio.fit.fact_scores"), scores if point.map is not None else ""),
        ("MACs", f"{100 * point.macs:.1f} %"),
        (tr("studio.fit.fact_file"), f"≤ {point.mb:.2f} MB" if point.mb is not None else ""),
        (tr("studio.fit.fact_saliency"), small_share(point.saliency) if point.saliency else ""),
        (tr("studio.fit.fact_run"), (front.run if point.kind == "base" else point.run) or ""),
    ]
    return [(name, value) for name, value in told if value]


def card(point: FrontPoint, front: Front, muted: str) -> str:
    """What stands on the card at the pointer, as rich text; names in the colour `muted`."""
    lines = (
        f'<tr><td style="color:{muted}">{escape(name)}&nbsp;&nbsp;</td><td align="right">{escape(value)}</td></tr>'
        for name, value in facts(point, front)
    )
    return f"<b>{escape(point_name(point))}</b><table>{''.join(lines)}</table>"


def line(point: FrontPoint, front: Front) -> str:
    """A point in one line, without the intervals of what was measured."""
    left_out = (tr("studio.fit.fact_times"), tr("studio.fit.fact_scores"), tr("studio.fit.fact_run"))
    return " · ".join(f"{name} {value}" for name, value in facts(point, front) if name not in left_out)


def _done(front: Front | None) -> int:
    return sum(point.done for point in front.trials) if front is not None else 0


def _progress(front: Front | None) -> str:
    if front is None:
        return tr("studio.fit.looking")
    if front.winner is not None:
        return tr("studio.fit.recovering")
    return tr("studio.fit.trying", done=_done(front), most=front.job.trials)
