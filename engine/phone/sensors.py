"""A phone's temperature, clocks and battery, as its kernel and Android tell them without any privilege."""

from __future__ import annotations

import re
import time
from statistics import median

from engine.contract.phones import Sensors
from engine.phone.adb import Device
from engine.phone.faults import PhoneFault
from engine.phone.words import Script

MARK = "--espalier--"
# One process tells all zones: two for each of a hundred zones would warm the phone that is being measured.
SENSORS = Script(
    "grep . /sys/class/thermal/thermal_zone*/type /sys/class/thermal/thermal_zone*/temp 2>/dev/null\n"
    f"echo {MARK}\n"
    "cat /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq 2>/dev/null\n"
    f"echo {MARK}\n"
    "dumpsys battery 2>/dev/null\n"
    "true"
)
_ZONE = re.compile(r"^.*/thermal_zone(\d+)/(type|temp):(.*?)\s*$", re.MULTILINE)
_PROCESSOR = re.compile(r"cpu|soc|tsens|big|gold|silver|cluster|ap[-_]?therm", re.IGNORECASE)
_COLDEST, _HOTTEST = 5.0, 130.0
"""A zone that tells something else is none in degrees: many are dummies that tell 0 or -274."""


def read_sensors(device: Device) -> Sensors:
    """What the phone tells now; raises PhoneFault if it does not answer."""
    return parse_sensors(device.ask(SENSORS, doing="sensors"))


def read_sensors_or_none(device: Device) -> Sensors | None:
    """What the phone tells now; None where this one script fails: some phones forbid part of it."""
    try:
        return read_sensors(device)
    except PhoneFault as fault:
        if fault.fatal and fault.code != "phone.adb_failed":
            raise
        return None


def parse_sensors(text: str) -> Sensors:
    """Sensors from the answer to `SENSORS`: files of thermal zones line by line, clocks in kHz, `dumpsys battery`."""
    zones, clocks, battery = [*text.split(f"{MARK}\n"), "", "", ""][:3]
    level = re.search(r"^\s*level:\s*([0-9]{1,9})\b", battery, re.MULTILINE)
    return Sensors(
        seconds=time.time(),
        temperature_c=_temperature(zones, battery),
        battery_percent=int(level[1]) if level else None,
        clocks_mhz=tuple(int(word) // 1000 for word in clocks.split() if re.fullmatch("[0-9]{1,12}", word)),
    )


def _temperature(zones: str, battery: str) -> float | None:
    """The hottest zone of the processor; else the battery's, which Android gives in tenths of a degree."""
    lines = _ZONE.findall(zones)
    names = {zone: text for zone, file, text in lines if file == "type"}
    told = []
    for zone, file, text in lines:
        if file == "temp" and _PROCESSOR.search(names.get(zone, "")) and re.fullmatch(r"-?[0-9]{1,12}", text):
            value = int(text) / (1000 if abs(int(text)) > 1000 else 1)
            if _COLDEST < value < _HOTTEST:
                told.append(value)
    if told:
        return round(max(told), 1)
    tenths = re.search(r"^\s*temperature:\s*([0-9]{1,9})\b", battery, re.MULTILINE)
    return int(tenths[1]) / 10 if tenths else None


def fastest_clock(sensors: Sensors | None) -> int | None:
    """The clock of the fastest core that is awake, in MHz."""
    return max(sensors.clocks_mhz, default=None) if sensors else None


def slowed_down(before: Sensors | None, after: Sensors | None, samples: list[float]) -> bool:
    """Whether the phone throttled while it was measured.

    It did when its fastest core ended more than a tenth below where it began and the later processes were slower too,
    or when the last of at least four processes took a tenth longer than the first two, whatever the clock says.
    """
    if len(samples) >= 4:
        early, late = median(samples[:2]), median(samples[-2:])
        if late > 1.10 * early:
            return True
    first, last = fastest_clock(before), fastest_clock(after)
    slower = len(samples) >= 2 and samples[-1] > 1.05 * samples[0]
    return bool(first and last and last < 0.9 * first and slower)
