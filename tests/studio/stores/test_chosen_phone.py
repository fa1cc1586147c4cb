"""The phone that is estimated for: one at first, remembered, and none where a person wants none."""

from __future__ import annotations

from engine.contract.latency import PhoneChoice
from engine.contract.phones import Phone
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


def test_that_a_phone_that_is_plugged_in_chooses_its_chip_once(studio: Studio) -> None:
    chosen = studio.chosen_phone
    chosen.follow(Phone(serial="sim", state="ready", soc_key="SD865", simulated=True))
    chosen.follow(Phone(serial="a", state="ready", soc_key=None))
    assert chosen.choice == FIRST
    chosen.follow(Phone(serial="a", state="ready", soc_key="SD8Gen2"))
    assert chosen.choice == PhoneChoice(soc="SD8Gen2", threads=4)
    mine = PhoneChoice(soc="SD845", threads=1, precision="fp16")
    chosen.choose(mine)
    chosen.follow(Phone(serial="a", state="ready", soc_key="SD8Gen2"))
    assert chosen.choice == mine, "what a person chose after it was plugged in stays"
    chosen.follow(Phone(serial="b", state="ready", soc_key="SD835"))
    assert chosen.choice == PhoneChoice(soc="SD835", threads=1), "it does not compute in fp16"
    chosen.choose(None)
    chosen.follow(Phone(serial="c", state="ready", soc_key="SD865"))
    assert chosen.choice is None
