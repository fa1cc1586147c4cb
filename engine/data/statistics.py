"""Counts a dataset: classes and box sizes per split."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from engine.contract.dataset import PARTS, Finding, SplitStatistics, Statistics
from engine.data.checks import Sound
from engine.data.findings import error, info, warning

SMALL_AREA, MEDIUM_AREA = 32.0**2, 96.0**2
RELATIVE_EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)


def count(pictures: Sequence[Sound], classes: Sequence[str]) -> Statistics:
    """The statistics of every split that holds a picture."""
    held: dict[str, SplitStatistics] = {}
    for part in PARTS:
        chosen = [picture for picture in pictures if picture.part == part]
        if chosen:
            held[part] = _split(chosen, classes)
    return Statistics(relative_edges=RELATIVE_EDGES, splits=held)


def judge(statistics: Statistics, classes: Sequence[str]) -> list[Finding]:
    """Findings that only the counts show: a class or split without boxes, nothing to train on or to measure."""
    train = statistics.splits.get("train")
    if train is None or train.boxes + train.difficult == 0:
        if train is not None and train.crowd:
            return [error("only_crowds", ".", count=train.crowd)]
        return [error("nothing_to_train", ".")]
    findings = []
    aside = {key: sum(getattr(split, key) for split in statistics.splits.values()) for key in ("difficult", "crowd")}
    if any(aside.values()):
        findings.append(info("boxes_aside", **aside))
    for name in classes:
        total = sum(split.per_class[name] for split in statistics.splits.values())
        apart = sum(split.aside.get(name, 0) for split in statistics.splits.values())
        if total == 0 and apart:
            findings.append(warning("class_aside", "", name=name, count=apart))
        elif total == 0:
            findings.append(warning("class_unused", "", name=name))
        elif train.per_class[name] + train.aside.get(name, 0) == 0:
            findings.append(warning("class_untrained", "", name=name))
    val, test = statistics.splits.get("val"), statistics.splits.get("test")
    if val is not None and val.boxes == 0:
        # Each epoch is judged on val: a training would end without a figure, and nothing could be chosen by it.
        findings.append(error("val_without_boxes", ".", count=val.pictures, aside=val.difficult + val.crowd))
    if test is not None and test.boxes == 0:
        findings.append(warning("split_without_boxes", "", part="test", count=test.pictures))
    return findings


def _split(pictures: Sequence[Sound], classes: Sequence[str]) -> SplitStatistics:
    per_class: Counter[int] = Counter()
    aside: Counter[int] = Counter()
    sizes: Counter[str] = Counter()
    relative = [0] * (len(RELATIVE_EDGES) - 1)
    for picture in pictures:
        whole = picture.probe.width * picture.probe.height
        for box in picture.boxes:
            if box.crowd or box.difficult:
                sizes["crowd" if box.crowd else "difficult"] += 1
                aside[box.class_id] += 1
                continue
            area = (box.x2 - box.x1) * (box.y2 - box.y1)
            per_class[box.class_id] += 1
            sizes["small" if area < SMALL_AREA else "medium" if area < MEDIUM_AREA else "large"] += 1
            relative[min(bisect_right(RELATIVE_EDGES, math.sqrt(area / whole)) - 1, len(relative) - 1)] += 1
    return SplitStatistics(
        pictures=len(pictures),
        pictures_without_boxes=sum(not picture.boxes for picture in pictures),
        boxes=sum(per_class.values()),
        per_class={name: per_class[n] for n, name in enumerate(classes)},
        small=sizes["small"],
        medium=sizes["medium"],
        large=sizes["large"],
        relative=tuple(relative),
        difficult=sizes["difficult"],
        crowd=sizes["crowd"],
        aside={name: aside[n] for n, name in enumerate(classes) if aside[n]},
    )
