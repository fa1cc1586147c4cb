"""What is expected of each precision, drawn, and that a time was scaled is said beside it."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from engine.contract.figures import Conditions, Figure
from engine.contract.latency import PhoneEstimate, PrecisionAdvice, PrecisionTime
from engine.contract.text.messages import Message
from studio.bound_texts import translator
from studio.i18n import tr
from studio.presenters.figure_words import conditions_text, not_published, provenance, scaled_text
from studio.studio import Studio
from studio.views.shared.precision_rows import PrecisionRows
from studio.views.shared.share_bars import interval_text

ADVICE = PrecisionAdvice(
    times=(
        PrecisionTime(precision="fp16", ms=10, low=8, high=12, chance=0.7),
        PrecisionTime(precision="int8", ms=11, low=6, high=20, chance=0.297),
        PrecisionTime(precision="fp32", ms=20, low=16, high=25, chance=0.003),
    ),
    best=Message(code="latency.fastest", args={"precision": "fp16", "chance": 70}),
    warnings=(Message(code="latency.int8_slower", args={"other": "fp16", "chance": 60}),),
)


def test_that_each_precision_has_a_bar_and_the_sentence_stands_below(studio: Studio, qtbot: QtBot) -> None:
    rows = PrecisionRows()
    qtbot.addWidget(rows)
    assert rows.isHidden()
    rows.show_advice(ADVICE, "Snapdragon 8 Gen 2", "note")
    assert not rows.isHidden() and list(rows.bars) == ["fp16", "int8", "fp32"]
    assert "Snapdragon 8 Gen 2" in rows.caption.text() and "70" in rows.best.text()
    assert rows.warnings.text().splitlines() == [ADVICE.warnings[0].text(), "note"]
    assert "< 1 %" in rows.bars["fp32"].toolTip()
    translator.set_language("zh")
    assert rows.best.text() == ADVICE.best.text("zh")
    translator.set_language("en")
    rows.show_advice(None)
    assert rows.isHidden() and not rows.bars


def test_that_a_scaled_time_says_so_in_every_form(studio: Studio) -> None:
    conditions = Conditions(device="SD8Gen2", threads=4, precision="fp32", borrowed="SD865")
    bounds = {"low": 8.0, "high": 12.0}
    scaled = Figure(name="phone_ms", value=10, unit="ms", source="estimated", conditions=conditions, **bounds)
    own = scaled.model_copy(update={"conditions": conditions.model_copy(update={"borrowed": None})})
    advice = Message(code="latency.next_head", args={"share": 70})
    told, plain = (PhoneEstimate(figure=figure, shares=(), advice=advice) for figure in (scaled, own))
    short = tr("studio.bench.not_published")
    assert short == not_published(scaled) and short in scaled_text(scaled) and "SD865" in scaled_text(scaled)
    assert all(short in text for text in (interval_text(told), conditions_text(scaled), provenance(scaled)))
    assert not any(short in text for text in (interval_text(plain), conditions_text(own), provenance(own)))
