"""The ablation's arithmetic: runs against their controls, published gains beside, and what may be said of each."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean, variance
from typing import Any

from scipy.stats import t as student

NOISE = 5.0
"""Points of mAP that one seed cannot tell from chance: so far apart lay runs of one arm and seed (docs/ablation.md)."""
LEAST = 10.0
"""A control below this mAP has learnt too little for a difference to say anything about trained detectors."""


@dataclass(frozen=True)
class Measured:
    """A finished run of an arm: its mAP and mAP50 on val, in points."""

    arm: str
    seed: int
    map: float
    map50: float


def rows(plan: dict[str, Any], measured: list[Measured]) -> list[dict[str, Any]]:
    """One row for each arm of a detector's plan, run or not, then one for what cannot be tested here."""
    table = []
    every = {arm["name"]: _pairs(arm, measured) for arm in plan["arms"]}
    for arm in plan["arms"]:
        of = {run.seed: run for run in measured if run.arm == arm["name"]}
        control = {run.seed: run for run in measured if run.arm == arm.get("control")}
        pairs, bound = every[arm["name"]], noise(every[arm["name"]], list(every.values()))
        level = mean(run.map for run in control.values()) if control else 0.0
        row = {
            **_given(plan, arm),
            "control": arm.get("control"),
            "epochs": arm["epochs"],
            "seeds": sorted(of),
            "map": mean(run.map for run in of.values()) if of else None,
            "map50": mean(run.map50 for run in of.values()) if of else None,
            "by_seed": {seed: of[seed].map for seed in sorted(of)},
            "pairs": len(pairs),
            "difference": mean(pairs) if pairs else None,
            "noise": bound if pairs else None,
        }
        row["verdict"] = _verdict_of(arm, bool(of), pairs, level, bound)
        table.append(row)
    nothing = dict.fromkeys(("control", "epochs", "map", "map50", "difference", "noise"))
    for claim in plan["untestable"]:
        told = {"seeds": [], "by_seed": {}, "pairs": 0, "verdict": "not testable here"}
        table.append({**_given(plan, claim), **nothing, **told})
    return table


def noise(pairs: list[float], every: list[list[float]]) -> float:
    """Points below which a difference may be chance: a fixed guess for one or two seeds, else what 95 of 100 stay in.

    That is half of the mean's 95 % interval by Student's t, with the deviation pooled over all arms of the detector
    that have three seeds (`every`): of three runs alone it would be little more than chance itself.
    """
    known = [arm for arm in every if len(arm) >= 3]
    if len(pairs) < 3:
        return NOISE
    freedom = sum(len(arm) - 1 for arm in known)
    deviation = (sum((len(arm) - 1) * variance(arm) for arm in known) / freedom) ** 0.5
    return float(student.ppf(0.975, freedom) * deviation / len(pairs) ** 0.5)


def verdict(pairs: list[float], published: float, level: float, bound: float) -> str:
    """What may be said of paired differences from a control at `level` mAP, beside a published one of either sign."""
    if level < LEAST:
        return "trained too little to say"
    toward = mean(pairs) if published > 0 else -mean(pairs)
    if abs(toward) <= bound:
        return "within noise"
    return "appeared" if toward > 0 else "did not appear"


def _pairs(arm: dict[str, Any], measured: list[Measured]) -> list[float]:
    """Differences of an arm from its control, seed by seed where both ran."""
    of = {run.seed: run.map for run in measured if run.arm == arm["name"]}
    control = {run.seed: run.map for run in measured if run.arm == arm.get("control")}
    return [of[seed] - control[seed] for seed in sorted(of) if seed in control]


def _verdict_of(arm: dict[str, Any], ran: bool, pairs: list[float], level: float, bound: float) -> str:
    if not ran:
        return "missing: not run"
    if "control" not in arm:
        return "a control"
    if not pairs:
        return "missing: no control"
    if "published" not in arm:
        return f"{'beyond' if abs(mean(pairs)) > bound else 'within'} noise; nothing published"
    return verdict(pairs, arm["published"], level, bound)


def _given(plan: dict[str, Any], arm: dict[str, Any]) -> dict[str, Any]:
    about = {"detector": plan["detector"], "size": plan["size"], "arm": arm["name"]}
    return {**about, "published": arm.get("published"), "scope": arm.get("scope", "")}


def markdown(table: list[dict[str, Any]]) -> str:
    """The rows as a table for the docs."""
    heads = ("arm", "detector", "px", "epochs", "seeds", "mAP val", "mAP50 val", "against", "difference", "published")
    lines = [f"| {' | '.join((*heads, 'verdict'))} |", "|" + "---|" * (len(heads) + 1)]
    for row in table:
        cells = (
            row["arm"],
            row["detector"],
            str(row["size"]),
            "-" if row["epochs"] is None else str(row["epochs"]),
            ", ".join(map(str, row["seeds"])) or "-",
            _number(row["map"]),
            _number(row["map50"]),
            row["control"] or "-",
            _number(row["difference"], "+") + (f" ± {row['noise']:.1f}" if row["pairs"] >= 3 else ""),
            f"{_number(row['published'], '+')} {row['scope'] and '(' + row['scope'] + ')'}".strip(),
            row["verdict"],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _number(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.1f}"
