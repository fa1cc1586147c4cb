"""Which split a picture is for when a source claims it for several."""

from __future__ import annotations

from collections.abc import Mapping, Set

from engine.contract.dataset import Finding, Part
from engine.data.findings import warning


def settle_parts(claims: Mapping[str, Set[Part]], file: str) -> tuple[dict[str, Part], list[Finding]]:
    """One split for each; held-out splits win, unless that leaves nothing to train on.

    Where training and held-out pictures are the same ones, they are for training, and val is drawn from them.
    """
    meant = {key: {part for part in parts if part != "none"} for key, parts in claims.items()}
    train = [key for key, parts in meant.items() if "train" in parts]
    same = bool(train) and all(len(meant[key]) > 1 for key in train)
    val = [key for key, parts in meant.items() if "val" in parts]
    # A yaml whose test is its val has one held-out split, and val is the one that training needs.
    order: tuple[Part, ...] = ("val", "test", "train") if all("test" in meant[key] for key in val) else _HELD_OUT
    order = ("train", *order) if same else order
    settled: dict[str, Part] = {
        key: next((part for part in order if part in parts), "none") for key, parts in meant.items()
    }
    findings = []
    if same:
        other = "val" if any("val" in meant[key] for key in train) else "test"
        findings.append(warning("split_same", file, action="moved", other=other, count=len(train)))
    elif val and order[0] == "val":
        findings.append(warning("split_same_held", file, count=len(val)))
    return settled, findings


_HELD_OUT: tuple[Part, ...] = ("test", "val", "train")
