"""The phone that is estimated for: one at first, remembered, and none where a person wants none."""

from __future__ import annotations

from engine.contract.latency import PhoneChoice
from studio.stores.phone.chosen import FIRST, KEEPER, ChosenPhone
from studio.studio import Studio


def test_that_there_is_a_phone_from_the_start_and_a_choice_stays(studio: Studio) -> None:
    assert studio.chosen_phone.choice == FIRST == PhoneChoice(soc="SD855", threads=4)
    assert studio.previews._phone == FIRST
    other = PhoneChoice(soc="SD865", threads=2, precision="fp16")
    studio.chosen_phone.choose(other)
    assert studio.previews._phone == other and ChosenPhone(studio.settings).choice == other
    studio.chosen_phone.choose(None)
    assert studio.previews._phone is None and ChosenPhone(studio.settings).choice is None


def test_that_int8_is_no_precision_to_be_chosen(studio: Studio) -> None:
    studio.settings.update(pages={KEEPER: {"soc": "SD855", "threads": 4, "precision": "int8"}})
    assert ChosenPhone(studio.settings).choice == FIRST
