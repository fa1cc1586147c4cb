"""The phones that adb knows: who they are, how they are, and why one cannot be used."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping

from engine.contract.phones import Phone, PhoneList, PhoneState
from engine.contract.socs import soc_named
from engine.contract.text.messages import Message
from engine.phone.adb import Adb, Device, Tracking
from engine.phone.faults import PhoneFault
from engine.phone.sensors import SENSORS, parse_sensors
from engine.phone.words import Script

PROPERTIES = {
    "brand": "ro.product.brand",
    "model": "ro.product.model",
    "abi": "ro.product.cpu.abi",
    "android": "ro.build.version.release",
    "api": "ro.build.version.sdk",
    "chip": "ro.soc.model",
    "platform": "ro.board.platform",
    "hardware": "ro.hardware",
    "simulated": "ro.espalier.simulated",
}
CHIP = {
    "vendor_chip": "ro.vendor.qti.soc_model",
    "family": "ro.mediatek.platform",
    "chip_name": "ro.hardware.chipname",
}
"""What a chip is called where `ro.soc.model` is missing (before Android 12) or of the maker's own."""
MARK = "--espalier--"


def _asking(properties: Mapping[str, str]) -> str:
    return "\n".join(f"getprop {name}; echo {MARK}" for name in properties.values())


_FILES = f"cat /proc/cpuinfo; echo {MARK}\ndf -k /data/local/tmp 2>/dev/null; echo {MARK}"
_IDENTITY = Script(f"{_asking(PROPERTIES)}\n{_FILES}\n{_asking(CHIP)}")
_STATES: dict[str, PhoneState] = {
    "device": "ready",
    "unauthorized": "unauthorized",
    "offline": "offline",
    "authorizing": "connecting",
    "connecting": "connecting",
    "no": "no_permissions",
}
_PROBLEMS: dict[PhoneState, str] = {
    "unauthorized": "phone.unauthorized",
    "offline": "phone.offline",
    "no_permissions": "phone.no_permissions",
    "connecting": "phone.offline",
    "unknown": "phone.not_usable",
}
_UNCLEAR = frozenset({"phone.offline", "phone.gone", "phone.unplugged", "phone.silent"})
_SETTLES_S, _RETURNS_S, _LOOK_S = 1.0, 2.0, 0.1
NOTES = (Message(code="phone.no_hexagon"),)


def list_phones(adb: Adb) -> PhoneList:
    """Every phone, asked for all that it tells; one that does not answer is listed as silent.

    Raises PhoneFault when the server is in trouble.
    """
    return PhoneList(phones=tuple(describe(adb, *line) for line in known_devices(adb).items()), notes=NOTES)


def known_devices(adb: Adb) -> dict[str, PhoneState]:
    """Serial numbers with their states, as adb's server knows them; no phone is asked anything.

    Raises PhoneFault when the server is in trouble.
    """
    adb.start_server()
    answer = adb.call(["devices"], limit_s=adb.limits.command_s, doing="devices")
    return dict(device_lines(answer.out))


def watch_phones(adb: Adb, again_s: float | None = None) -> Iterator[PhoneList]:
    """The list now, and whenever a phone comes, goes or changes its state; ends when the server does.

    Every `again_s` the phones are asked anew: temperature and battery change by themselves, which adb does not tell.
    """
    adb.start_server()
    tracking = Tracking(adb)
    known = ""
    try:
        while (text := tracking.next(again_s)) is not None:
            known = text or known
            yield PhoneList(phones=tuple(describe(adb, *line) for line in device_lines(known)), notes=NOTES)
    finally:
        tracking.close()


def find_phone(adb: Adb, serial: str) -> Phone:
    """The phone with that serial number; raises PhoneFault with the remedy if it is not there or not usable.

    No other phone is asked: one that is silent would hold this one up.
    """
    known = known_devices(adb)
    if known.get(serial) == "offline":
        # So is every phone for a moment after it was plugged in, one that waits for its user's yes among them.
        time.sleep(_SETTLES_S)
        known = known_devices(adb)
    if serial not in known:
        raise PhoneFault("phone.unknown_serial", serial=serial, known=", ".join(known) or "-")
    found = describe(adb, serial, known[serial])
    if found.problem is not None:
        raise PhoneFault(found.problem.code, **found.problem.args)
    return found


def explained(adb: Adb, fault: PhoneFault, serial: str) -> PhoneFault:
    """A fault that broke off work on a phone, or what adb's server knows a moment later, where that says more.

    A phone that takes back its yes in the middle of work first looks as if its cable were pulled out.
    """
    if fault.code not in _UNCLEAR:
        return fault
    end = time.monotonic() + (0 if fault.code == "phone.silent" else _RETURNS_S)
    while True:
        adb.check()
        try:
            state = known_devices(adb).get(serial)
        except PhoneFault:
            return fault
        if state in ("unauthorized", "no_permissions"):
            return PhoneFault(_PROBLEMS[state], serial=serial)
        if state == "ready" or time.monotonic() > end:
            return fault
        time.sleep(_LOOK_S)


def device_lines(text: str) -> Iterator[tuple[str, PhoneState]]:
    """Serial numbers and states in what `adb devices` or `track-devices` tells."""
    for line in text.splitlines():
        serial, tab, state = line.partition("\t")
        if not tab or not serial:
            continue
        word = state.split()[0] if state.split() else "unknown"
        yield serial, _STATES.get(word, "unknown")


def describe(adb: Adb, serial: str, state: PhoneState) -> Phone:
    """What a phone tells of itself; only its state, with the remedy, when it cannot be asked."""
    if state != "ready":
        code = _PROBLEMS[state]
        return Phone(serial=serial, state=state, problem=Message(code=code, args={"serial": serial}))
    try:
        device = Device(adb, serial)
        identity = device.ask(_IDENTITY, doing="getprop")
        sensors = parse_sensors(device.ask(SENSORS, doing="sensors"))
        return parse_identity(serial, identity).model_copy(update={"sensors": sensors})
    except PhoneFault as fault:
        broken: PhoneState = "silent" if fault.code == "phone.silent" else "offline"
        return Phone(serial=serial, state=broken, problem=fault.message)


def parse_identity(serial: str, text: str) -> Phone:
    """A phone from the answer to the script of this module; what it did not tell is None."""
    parts = [part.strip() for part in text.split(f"{MARK}\n")]
    told = dict(zip((*PROPERTIES, "cpuinfo", "df", *CHIP), parts, strict=False))
    cpu = told.get("cpuinfo", "")
    chips = [word for name in ("chip", *CHIP, "platform", "hardware") if (word := told.get(name))]
    soc = soc_named([*chips, *re.findall(r"^Hardware\s*:.*?(\S+)\s*$", cpu, re.MULTILINE)])
    api = told.get("api", "")
    notes = () if soc else (Message(code="phone.unknown_soc", args={"soc": chips[0] if chips else "?"}),)
    return Phone(
        serial=serial,
        state="ready",
        brand=told.get("brand") or None,
        model=told.get("model") or None,
        soc=soc.name if soc else (chips[0] if chips else None),
        soc_key=soc.key if soc else None,
        abi=told.get("abi") or None,
        android=told.get("android") or None,
        api=int(api) if re.fullmatch("[0-9]{1,9}", api) else None,
        cores=len(re.findall(r"^processor\s*:", cpu, re.MULTILINE)) or None,
        fp16=_has_fp16(cpu) if _features(cpu) else (soc.fp16 if soc else None),
        free_bytes=_free(told.get("df", "")),
        simulated=told.get("simulated") == "1",
        notes=notes,
    )


def _features(cpuinfo: str) -> set[str]:
    lines = re.findall(r"^Features\s*:(.*)$", cpuinfo, re.MULTILINE)
    return set(" ".join(lines).split())


def _has_fp16(cpuinfo: str) -> bool:
    """Whether the kernel lists half-precision arithmetic, scalar (fphp) and vector (asimdhp): ARMv8.2."""
    return {"fphp", "asimdhp"} <= _features(cpuinfo)


def _free(df: str) -> int | None:
    """Bytes that `df -k` calls available: the third number of its last line, whatever stands before them."""
    numbers = re.findall(r"\s([0-9]{1,18})(?=\s)", df.splitlines()[-1]) if df else []
    return int(numbers[2]) * 1024 if len(numbers) >= 3 else None
