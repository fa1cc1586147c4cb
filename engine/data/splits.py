"""Which picture is for training, which for choosing and which for the last word."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from engine.contract.dataset import Finding, Part
from engine.contract.text.messages import UserError
from engine.data.checks import Sound
from engine.data.findings import error, info, warning

DEFAULT = (0.8, 0.1, 0.1)
VAL_SHARE = 0.1


@dataclass(frozen=True)
class Elsewhere:
    """Pictures that were not read: those of another format that has more, and those that no annotation names."""

    format: str = ""
    unused: int = 0


def parse_split(text: str) -> tuple[float, float, float]:
    """`0.8,0.1,0.1` as shares of train, val and test; raises UserError unless they are three and sum to 1."""
    try:
        train, val, test = (float(word) for word in text.split(","))
    except ValueError:
        raise UserError("data.split_bad", split=text) from None
    check_split((train, val, test))
    return train, val, test


def check_split(split: tuple[float, float, float]) -> None:
    """Raise UserError unless the shares are none below 0, sum to 1 and leave something to train on."""
    if min(split) < 0 or split[0] <= 0 or not abs(sum(split) - 1) < 1e-3:
        raise UserError("data.split_bad", split=",".join(f"{share:g}" for share in split))


def assign(
    pictures: list[Sound], split: tuple[float, float, float] | None, seed: int, elsewhere: Elsewhere | None = None
) -> list[Finding]:
    """Give every picture its split, by `split` if given, else as the source says with its gaps filled.

    To deal out the few pictures of a source that has more of them `elsewhere` would lose those.
    """
    if split is not None or all(picture.part == "none" for picture in pictures):
        by_choice = split is not None
        _draw(pictures, ("train", "val", "test"), split or DEFAULT, seed)
        _judgeable(pictures)
        shares = ", ".join(f"{share:g}" for share in split or DEFAULT)
        told = info("split_asked" if by_choice else "split_drawn", action="moved", shares=shares, seed=seed)
        return [told, *_unjudged(pictures, (split or DEFAULT)[1])]
    findings = []
    train = [picture for picture in pictures if picture.part == "train"]
    held = {picture.part for picture in pictures}
    if not train:
        if elsewhere is not None and elsewhere.format:
            return [error("split_no_train_here", ".", fuller=elsewhere.format)]
        if elsewhere is not None and elsewhere.unused:
            return [error("split_no_train_unannotated", ".", count=elsewhere.unused)]
        return [error("split_no_train", ".")]
    if "val" not in held:
        _draw(train, ("train", "val"), (1 - VAL_SHARE, VAL_SHARE), seed)
        _judgeable(train)
        taken = sum(picture.part == "val" for picture in train)
        findings.append(warning("split_val_taken", "", action="moved", count=taken, seed=seed))
        findings += _unjudged(train, VAL_SHARE)
    if "test" not in held:
        findings.append(info("split_no_test"))
    return findings


def _unjudged(pictures: Sequence[Sound], share: float) -> list[Finding]:
    """Val may be left empty by who asks for it, not for want of pictures."""
    if share > 0 and pictures and not any(picture.part == "val" for picture in pictures):
        return [warning("split_val_empty", ".", count=len(pictures))]
    return []


def _draw(pictures: Sequence[Sound], parts: Sequence[Part], shares: Sequence[float], seed: int) -> None:
    """Deal pictures out by lot; copies of one file go together, so that drawing makes no leak."""
    groups: dict[str, list[Sound]] = defaultdict(list)
    for picture in sorted(pictures, key=lambda picture: picture.path):
        groups[picture.probe.digest].append(picture)
    order = list(groups.values())
    random.Random(seed).shuffle(order)
    wanted = _counts(len(order), shares)
    bounds = [sum(wanted[: n + 1]) for n in range(len(wanted))]
    for number, group in enumerate(order):
        part = parts[next(n for n, bound in enumerate(bounds) if number < bound)]
        for picture in group:
            picture.part = part


def _judgeable(pictures: Sequence[Sound]) -> None:
    """See that train and val, dealt by lot, have boxes that count if others can spare some: without there is no mAP."""
    ordered = sorted(pictures, key=lambda picture: picture.path)
    copies = Counter(picture.probe.digest for picture in ordered)
    # Copies of one file are dealt together and stay so.
    movable = [picture for picture in ordered if copies[picture.probe.digest] == 1]
    parts: tuple[Part, ...] = ("train", "val")
    for part in parts:
        full = [picture for picture in movable if _counts_boxes(picture)]
        if any(picture.part == part and _counts_boxes(picture) for picture in ordered):
            continue
        spare = [picture for picture in full if picture.part == "test"]
        spare += full if part == "train" else [picture for picture in full if picture.part == "train"][1:]
        empty = next((picture for picture in movable if picture.part == part), None)
        if spare and empty is not None:
            spare[0].part, empty.part = part, spare[0].part


def _counts_boxes(picture: Sound) -> bool:
    return any(not (box.difficult or box.crowd) for box in picture.boxes)


def _counts(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers that sum to `total`; a share above 0 gets at least one if train, the first, keeps one."""
    counts = [round(total * share) for share in shares]
    for n in range(1, len(shares)):
        if shares[n] > 0 and counts[n] == 0:
            counts[n] = 1
    counts[0] = total - sum(counts[1:])
    while counts[0] < 1 and max(counts[1:]) > 0:
        largest = max(range(1, len(counts)), key=lambda n: counts[n])
        counts[largest] -= 1
        counts[0] += 1
    return counts
