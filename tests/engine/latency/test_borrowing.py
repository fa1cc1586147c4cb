"""A chip of which no time was published is lent those of another, and says so with a wide interval."""

from __future__ import annotations

from math import log

import pytest

from engine.contract.socs import estimated_socs, find_soc, published_socs, soc_named, socs
from engine.latency import estimate
from engine.latency.borrowing import borrowed, core_kinds, kind_of, loan, used_threads
from engine.latency.coefficients import coefficients
from engine.latency.effects import Setting
from engine.latency.estimate import prices
from engine.latency.features import Kind
from tests.engine.small_detectors import graph_of

UNSEEN = [key for key in socs() if key not in published_socs()]
WORK: dict[Kind, float] = {
    "pointwise": 0.5,
    "winograd": 0.2,
    "dense": 0.05,
    "depthwise": 0.02,
    "traffic": 15,
    "weights": 5,
    "launch": 90,
}
ODD = "SD660"
"""One model was timed on it, three times slower than on a chip with the same cores (docs/latency.md)."""


def setting(key: str, threads: int = 4, precision: str = "fp32") -> Setting:
    return Setting(key, threads, precision, dot=find_soc(key).dot_product)


@pytest.mark.parametrize("key", UNSEEN)
def test_that_every_other_chip_says_whence_its_facts_are_and_can_be_estimated(key: str) -> None:
    soc = find_soc(key)
    assert key == "SD855+" or {"cores", "instructions", "models"} <= set(soc.sources)
    assert not soc.gpu or soc.sources["gpu"]
    assert sum(core.count for core in soc.cores) in (8, 9) and kind_of(soc.cores[0])
    assert [core.mhz for core in soc.cores] == sorted((core.mhz for core in soc.cores), reverse=True)
    for threads in (1, 2, 4):
        told = estimate(graph_of("ssdlite_mobilenet_v3_small"), key, threads, "fp32")
        assert told.borrowed is not None and told.borrowed.lender in published_socs() and told.seen == 0
        assert told.high / told.ms > 1.3 and told.low < told.ms < told.high


def test_that_a_chip_with_published_times_borrows_nothing() -> None:
    assert all(loan(setting(key), coefficients()) is None for key in published_socs())
    assert estimate(graph_of("ssdlite_mobilenet_v3_small"), "SD855", 4, "fp32").borrowed is None
    assert list(estimated_socs())[: len(published_socs())] == list(published_socs())
    assert set(estimated_socs()) == set(socs())


def test_that_an_interval_is_wider_than_that_of_the_lender() -> None:
    graph = graph_of("ssdlite_mobilenet_v3_small")
    for precision in ("fp32", "fp16", "int8"):
        told, lender = (estimate(graph, key, 1, precision) for key in ("SD8Gen2", "SD865"))
        assert told.high / told.ms > 1.15 * lender.high / lender.ms


def test_that_the_rule_finds_the_chips_whose_times_are_known() -> None:
    """Each is lent the figures of the others, as if nothing were known of it."""
    fitted, off = coefficients(), {}
    for key in published_socs():
        for threads in (1, 2, 4):
            wanted = setting(key, threads)
            lent = borrowed(wanted, fitted) if fitted.count(wanted) and key != ODD else None
            if lent is not None:
                theirs, own = (_ms(found) for found in (lent.setting, wanted))
                off[key, threads] = abs(log(lent.slower * theirs / own)) / log(lent.within)
    assert len(off) > 15
    assert sum(far <= 1 for far in off.values()) >= 0.9 * len(off), off


def _ms(known: Setting) -> float:
    rates = prices(known, coefficients())[False]
    return sum(amount * rates[kind] for kind, amount in WORK.items())


def test_that_clock_and_kind_decide_and_the_slowest_core_of_the_threads() -> None:
    lent = {key: loan(setting(key), coefficients()) for key in ("D8000", "D8100", "SD8Gen1", "D9300")}
    slower = {key: found.slower for key, found in lent.items() if found is not None}
    assert slower["D8000"] / slower["D8100"] == pytest.approx(2850 / 2750)
    one = loan(setting("SD8Gen1", 1), coefficients())
    assert one is not None and one.slower < slower["SD8Gen1"], "its other fast cores are slower than the first"
    assert slower["D9300"] < slower["D8100"]


def test_that_no_more_threads_run_than_paddle_lite_counts_fast_cores() -> None:
    assert [used_threads(find_soc(key), 4) for key in ("SD8Elite", "SD4Gen2", "SD8Gen3", "TensorG2")] == [2, 2, 4, 4]
    two, four = (estimate(graph_of("ssdlite_mobilenet_v3_small"), "SD8Elite", threads, "fp32") for threads in (2, 4))
    assert two.ms == four.ms


def test_that_int8_is_lent_by_a_chip_with_the_same_instructions() -> None:
    lent = borrowed(setting("SD855", 2, "int8"), coefficients())
    assert lent is not None and find_soc(lent.lender).dot_product


def test_that_every_kind_of_core_says_whence_its_speed_is() -> None:
    assert all(kind.source and kind.within > 1 and kind.speed > 0 for kind in core_kinds().values())
    assert kind_of(find_soc("SD865").cores[0]) == "Cortex-A77" and kind_of(find_soc("SD8Elite").cores[1]) == "Oryon"


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["SM8550", "kalama", "qcom"], "SD8Gen2"),
        (["SM8475", "taro"], "SD8+Gen1"),
        (["SM7450", "taro"], "SD7Gen1"),
        (["MT6895Z/TCZA", "mt6895"], "D8100"),
        (["MT6897Z_A/ZA", "mt6897"], "D8300"),
        (["Tensor G3", "zuma"], "TensorG3"),
        (["", "gs201", "cheetah"], "TensorG2"),
        (["SM8750P", "sun"], "SD8Elite"),
        (["SM7435", "taro"], None),
    ],
)
def test_that_chips_of_today_are_found_by_what_phones_answer(words: list[str], key: str | None) -> None:
    found = soc_named(words)
    assert (found.key if found is not None else None) == key
