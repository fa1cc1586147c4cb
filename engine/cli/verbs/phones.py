"""The verb that lists the phones that adb knows."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

from engine.cli.language import said, say
from engine.cli.output import emit_json, print_table
from engine.contract.phones import Phone, PhoneList, Sensors

NAME = "phones"
HELP = "phones that adb knows, and what keeps one from being used"
_AGAIN_S = 2.0
_SENSORS_S = 10.0
"""So often a watch looks at temperature and battery; a look takes the phone some hundredths of a second."""


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--watch", action="store_true", help="go on, and tell again when a phone comes, goes, grows warm"
    )


def run(args: argparse.Namespace) -> int:
    """Print them once, or at every change until Ctrl-C."""
    from engine.phone.adb import Adb
    from engine.phone.listing import list_phones

    if not args.watch:
        _tell(list_phones(Adb()), args.json)
        return 0
    told = None
    while True:
        for phones in _watched(_SENSORS_S):
            if (now := rough(phones)) != told:
                told = now
                _tell(phones, args.json)
                sys.stdout.flush()
        time.sleep(_AGAIN_S)  # the server went away; it is started again


def rough(phones: PhoneList) -> PhoneList:
    """What counts as a change: whole degrees and percents, a tenth of a gigabyte, not the clocks, which never rest."""
    found = []
    for phone in phones.phones:
        sensors, free = phone.sensors, phone.free_bytes
        if sensors is not None:
            heat = None if sensors.temperature_c is None else float(round(sensors.temperature_c))
            sensors = Sensors(seconds=0, temperature_c=heat, battery_percent=sensors.battery_percent)
        free = None if free is None else round(free / 1e8)
        found.append(phone.model_copy(update={"sensors": sensors, "free_bytes": free}))
    return phones.model_copy(update={"phones": tuple(found)})


def _watched(again_s: float) -> Iterator[PhoneList]:
    """The lists while the server lives; what is wrong with adb itself is a list too."""
    from engine.phone.adb import Adb
    from engine.phone.faults import PhoneFault
    from engine.phone.listing import watch_phones

    try:
        yield from watch_phones(Adb(), again_s)
    except PhoneFault as fault:
        yield PhoneList(problem=fault.message)


def _tell(phones: PhoneList, as_json: bool) -> None:
    if as_json:
        emit_json({"figures": [], **phones.model_dump(mode="json", exclude_none=True)})
        return
    if phones.problem is not None:
        print(said(phones.problem))
    headers = ("serial", "phone", "ABI", "Android", "battery", "temperature", "free", "state")
    if phones.phones:
        print_table([_row(phone) for phone in phones.phones], headers)
    elif phones.problem is None:
        print(say("phone.none"))
    for phone in phones.phones:
        for message in (*([phone.problem] if phone.problem else []), *phone.notes):
            print(f"{phone.serial}: {said(message)}")
    for note in phones.notes:
        print(said(note))


def _row(phone: Phone) -> tuple[str | None, ...]:
    sensors = phone.sensors
    battery = None if sensors is None or sensors.battery_percent is None else f"{sensors.battery_percent} %"
    heat = None if sensors is None or sensors.temperature_c is None else f"{sensors.temperature_c:.0f} °C"
    free = None if phone.free_bytes is None else f"{phone.free_bytes / 1e9:.1f} GB"
    return (phone.serial, phone.name, phone.abi, phone.android, battery, heat, free, phone.state)
