"""The model card: what a program, and a person, must do with a picture before it is fed."""

from __future__ import annotations

import json
from pathlib import Path

from engine.lite.card import write_card


def test_that_the_card_says_that_pictures_are_turned_first(tmp_path: Path) -> None:
    config = {"size": 160, "mean": [0.5] * 3, "std": [0.25] * 3, "family": "ssd"}
    made = write_card(
        tmp_path, config=config, classes=["sign"], target="arm", precision="fp32", kernels={"fp32": 1},
        packing=[], steps=[], figures=[],
    )  # fmt: skip
    preprocessing = json.loads(made.read_text(encoding="utf-8"))["preprocessing"]
    assert next(iter(preprocessing)) == "orientation"
    assert all("EXIF" in preprocessing["orientation"][language] for language in ("en", "zh"))
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert text.index("EXIF") < text.index("stretch to 160 x 160")
