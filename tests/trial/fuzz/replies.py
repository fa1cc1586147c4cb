"""What adb and the tool on a phone answer, broken, through what lists phones and reads measurements."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes.datasets import put

if TYPE_CHECKING:
    from tests.trial.fuzz.readers import Reader

_SERIAL = "R58M12ABCDE"
_TOLD = ("Xiaomi", "MI 9", "arm64-v8a", "12", "31", "SM8150", "msmnile", "qcom", "")
_CPU = "".join(f"processor\t: {n}\nFeatures\t: fp asimd aes fphp asimdhp dcpop\n\n" for n in range(8))
_DF = "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/block/dm-3 113216512 7340032 105876480 7% /data\n"
_ZONES = "".join(
    f"/sys/class/thermal/thermal_zone{n}/type:cpu-{n}\n/sys/class/thermal/thermal_zone{n}/temp:{31000 + 500 * n}\n"
    for n in range(4)
)
_BATTERY = "Current Battery Service state:\n  level: 78\n  temperature: 301\n  status: 2\n"
_OUTPUTS = (
    "output tensor num: 2\n--- output tensor 0 ---\noutput shape(NCHW): 2 6\n"
    + "".join(f"out[0][{n}]:{n / 3:g}\n" for n in range(12))
    + "\n--- output tensor 1 ---\noutput shape(NCHW): 1\nout[1][0]:2\n"
)
_PERF = (
    "benchmark_bin version: v2.13-rc\n======= Perf Info =======\nTime(unit: ms):\ninit  = 12.345\nfirst = 40.100\n"
    "min   = 20.000\nmax   = 25.500\navg   = 21.250\n\nMemory Usage(unit: MB):\ninit  = 10.000\npeak  = 64.500\n"
)


def reply_readers() -> list[Reader]:
    """One for what phones are listed from, one for what a measurement is read from."""
    from tests.trial.fuzz.readers import Reader

    return [
        Reader("adb replies", _prepare, lambda folder: list(folder.glob("*.txt")), _list),
        Reader("tool transcripts", _transcripts, lambda folder: list(folder.glob("*.txt")), _measure),
    ]


def _prepare(folder: Path) -> None:
    from engine.phone.listing import MARK
    from engine.phone.sensors import MARK as BETWEEN

    identity = "".join(f"{word}\n{MARK}\n" for word in _TOLD) + f"{_CPU}{MARK}\n{_DF}{MARK}\n"
    put(folder / "devices.txt", f"List of devices attached\n{_SERIAL}\tdevice\n192.168.1.5:5555\toffline\n\n")
    put(folder / "identity.txt", identity)
    put(folder / "sensors.txt", f"{_ZONES}{BETWEEN}\n1785600\n1785600\n2841600\n{BETWEEN}\n{_BATTERY}")
    put(folder / "status.txt", "0")


def _transcripts(folder: Path) -> None:
    put(folder / "outputs.txt", _OUTPUTS)
    put(folder / "perf.txt", _PERF)
    put(folder / "old.txt", "[I 12/ 1 10:11:12.1 b.cc:30] m, min = 29.12, max = 31.5, average = 30.24\n")


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _list(folder: Path, chance: random.Random) -> None:
    from engine.contract.run.job import BenchLimits
    from engine.phone.adb import Adb
    from engine.phone.listing import find_phone, list_phones
    from engine.phone.program import Answer
    from tests.trial.fuzz.judge import check_sentence

    class Replying(Adb):
        """An adb that says what the files say."""

        def __init__(self) -> None:
            self.program, self.limits, self.check = "adb", BenchLimits(), lambda: None

        def call(
            self,
            words: Sequence[str],
            *,
            limit_s: float,
            doing: str,
            serial: str = "-",
            pulse: Callable[[], None] | None = None,
        ) -> Answer:
            """What was prepared for it."""
            name = {"devices": "devices", "getprop": "identity"}.get(doing, "sensors")
            status = _text(folder / "status.txt")
            bad = not status.isascii() or not status.isdigit() or int(status[:3] or 0)
            return Answer(1 if bad and doing != "start-server" else 0, _text(folder / f"{name}.txt"), "")

    adb = Replying()
    told = list_phones(adb)
    told.model_dump_json()
    for phone in told.phones:
        if phone.problem is not None:
            check_sentence(phone.problem)
    # One that is offline is waited for.
    find_phone(adb, chance.choice([phone.serial for phone in told.phones if phone.state != "offline"] or ["none"]))


def _measure(folder: Path, chance: random.Random) -> None:
    from engine.phone.faults import PhoneFault, fault_of
    from engine.phone.parity import detections_of
    from engine.phone.transcript import parse_outputs, parse_perf
    from tests.trial.fuzz.judge import check_sentence

    for path in sorted(folder.glob("*.txt")):
        text = _text(path)
        check_sentence(fault_of(text, _SERIAL, "run").message)
        for read in (parse_perf, parse_outputs, detections_of):
            try:
                read(text)
            except PhoneFault as fault:
                check_sentence(fault.message)
