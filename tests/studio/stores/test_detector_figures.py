"""Figures of detectors: one after the other, for the chosen phone, and there at once at the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.contract.figures import Figure
from engine.contract.latency import PhoneChoice
from engine.contract.project import DetectorChoice
from engine.contract.text.messages import Message
from studio.stores import kept_figures
from studio.stores.detector_figures import DetectorFigures
from studio.studio import Studio

SMALL, LARGE = (DetectorChoice(key=key, size=160, classes=("a", "b")) for key in ("small", "large"))
Asked = list[tuple[DetectorChoice, PhoneChoice | None, Callable[[Any], Any]]]


def figures(macs: float, ms: float) -> tuple[Figure, ...]:
    return (
        Figure(name="macs", value=macs, unit="MACs", source="computed"),
        Figure(name="phone_ms", value=ms, unit="ms", source="estimated", low=ms * 0.8, high=ms * 1.2),
    )


@pytest.fixture
def asked(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What is asked of the engine; a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    told: Asked = []
    monkeypatch.setattr(
        studio.previews, "figures_of", lambda choice, receive, phone: told.append((choice, phone, receive))
    )
    return told


def test_that_they_are_counted_one_by_one_for_the_chosen_phone(studio: Studio, asked: Asked) -> None:
    store = studio.detector_figures
    told: list[tuple[int, int] | None] = []
    store.changed.connect(lambda: told.append(store.progress))
    store.want([SMALL, LARGE])
    assert len(asked) == 1 and asked[0][:2] == (SMALL, PhoneChoice(soc="SD855", threads=4))
    assert store.known(SMALL) is None
    asked[0][2](figures(3e7, 2.0))
    assert store.known(SMALL) == figures(3e7, 2.0) and asked[1][0] == LARGE
    asked[1][2](Message(code="graph.trace_timeout", args={"seconds": 1}))
    assert isinstance(store.known(LARGE), Message) and len(asked) == 2
    assert told == [(0, 2), (1, 2), None]
    store.retry()
    store.want([SMALL, LARGE])
    assert len(asked) == 3 and asked[2][0] == LARGE


def test_that_another_start_has_them_at_once(studio: Studio, asked: Asked) -> None:
    studio.detector_figures.want([SMALL, LARGE])
    for macs in (3e7, 1e8):
        asked[-1][2](figures(macs, 2.0))
    again = DetectorFigures(studio.previews, studio.chosen_phone, studio)
    other_names = SMALL.model_copy(update={"classes": ("x", "y")})
    again.want([other_names, LARGE])
    assert again.known(other_names) == figures(3e7, 2.0) and again.known(LARGE) == figures(1e8, 2.0)
    assert again.progress is None and len(asked) == 2
    again.want([SMALL.model_copy(update={"size": 320}), SMALL.model_copy(update={"classes": ("a",)})])
    assert again.progress == (0, 2) and len(asked) == 3


def test_that_figures_of_other_code_or_a_broken_file_are_counted_again(
    studio: Studio, asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_figures.keep_figures(SMALL, None, figures(3e7, 2.0))
    assert kept_figures.read_figures(SMALL, None) == figures(3e7, 2.0)
    (file,) = (tmp_path / "cache" / "espalier" / "figures").iterdir()
    file.write_text("{")
    assert kept_figures.read_figures(SMALL, None) is None
    kept_figures.keep_figures(SMALL, None, figures(3e7, 2.0))
    monkeypatch.setattr(kept_figures, "_code", lambda: "another Espalier")
    assert kept_figures.read_figures(SMALL, None) is None


def test_that_another_phone_leaves_the_counts_there(studio: Studio, asked: Asked) -> None:
    store = studio.detector_figures
    store.want([SMALL])
    asked[0][2](figures(3e7, 2.0))
    studio.chosen_phone.choose(PhoneChoice(soc="SD865", threads=1))
    assert store.known(SMALL) == figures(3e7, 2.0)[:1] and asked[1][1] == PhoneChoice(soc="SD865", threads=1)
    asked[1][2](figures(3e7, 5.0))
    assert store.known(SMALL) == figures(3e7, 5.0)
    studio.chosen_phone.choose(PhoneChoice(soc="SD855", threads=4))
    assert store.known(SMALL) == figures(3e7, 2.0) and len(asked) == 2
