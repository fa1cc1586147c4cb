"""What phones of today call their chips."""

from __future__ import annotations

import pytest

from engine.contract.socs import find_soc, soc_named, socs
from engine.phone.listing import parse_identity
from engine.simulated_phone.body import Body
from engine.simulated_phone.misbehaviour import Misbehaviour


@pytest.mark.parametrize(
    ("chip", "platform", "more", "cpu", "key"),
    [
        ("SM8550", "kalama", (), "", "SD8Gen2"),
        ("Tensor G4", "zumapro", (), "", "TensorG4"),
        ("", "taro", ("SM8450", "", ""), "", "SD8Gen1"),
        ("", "mt6895", ("", "MT6895Z", ""), "", "D8100"),
        ("", "gs201", (), "", "TensorG2"),
        ("", "", ("", "", "gs201"), "", "TensorG2"),
        ("", "lahaina", (), "Hardware\t: Qualcomm Technologies, Inc SM8350\n", "SD888"),
        ("SM7435", "taro", ("SM7435", "", ""), "", None),
    ],
)
def test_that_a_phone_of_today_chooses_its_chip(
    chip: str, platform: str, more: tuple[str, ...], cpu: str, key: str | None
) -> None:
    answers = ["x", "x", "arm64-v8a", "13", "33", chip, platform, "qcom", "", cpu, "", *more]
    phone = parse_identity("S", "--espalier--\n".join(f"{answer}\n" for answer in [*answers, ""]))
    assert phone.soc_key == key and bool(phone.notes) == (key is None)


@pytest.mark.parametrize("key", socs())
def test_that_a_simulated_phone_is_known_by_its_chip(key: str) -> None:
    told = Body(find_soc(key), Misbehaviour()).properties()
    found = soc_named([told["ro.soc.model"], told["ro.board.platform"]])
    assert found is not None and found.key == key
