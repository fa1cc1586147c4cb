"""Every stage at which a simulated phone breaks off or falls silent, and that it comes back."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from engine.simulated_phone.phone import SimulatedPhone
from tests.engine.simulated_phone.test_phone import Adb, adb

__all__ = ["adb"]
PLACE = "/data/local/tmp"


def tried(adb: Adb, phone: SimulatedPhone, stage: str, folder: Path) -> bool | None:
    """Whether the phone does what `stage` needs; None if it does not answer within 2 s."""
    words = {
        "connect": ("shell", "echo in"),
        "push": ("push", str(folder / "file"), f"{PLACE}/file"),
        "pull": ("pull", f"{PLACE}/file", str(folder / "back")),
        "run": ("shell", f"{PLACE}/benchmark_bin --backend=arm --optimized_model_file=/none"),
    }[stage]
    with Path(folder / "out").open("w+b") as out:
        process = subprocess.Popen(
            ["adb", "-s", phone.serial, *words], stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=adb.environment
        )
        try:
            status = process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None
    # The tool runs and finds no model: it ended by itself.
    return status == (134 if stage == "run" else 0)


@pytest.mark.parametrize("fault", ["unplugged", "silence"])
@pytest.mark.parametrize("stage", ["push", "run", "pull"])
def test_it_breaks_off_and_comes_back(adb: Adb, tmp_path: Path, fault: str, stage: str) -> None:
    (tmp_path / "file").write_bytes(bytes(200_000))
    with SimulatedPhone("SD855") as phone:
        adb("connect", phone.serial)
        assert adb("-s", phone.serial, "push", str(phone.tool), f"{PLACE}/benchmark_bin").returncode == 0
        assert tried(adb, phone, "push", tmp_path)
        phone.switch(f"{fault}:{stage}")
        assert tried(adb, phone, stage, tmp_path) is (None if fault == "silence" else False)
        phone.switch(None)
        for _ in range(30):
            adb("connect", phone.serial)
            if tried(adb, phone, stage, tmp_path):
                break
            adb("disconnect", phone.serial)
            time.sleep(0.2)
        else:
            pytest.fail("it did not come back")
        adb("disconnect", phone.serial)


def test_an_offline_phone_is_listed_so(adb: Adb) -> None:
    with SimulatedPhone("SD855", fault="offline") as phone:
        with subprocess.Popen(
            ["adb", "connect", phone.serial], env=adb.environment, stdout=subprocess.DEVNULL
        ) as asking:
            states = []
            for _ in range(20):
                states.append(adb("devices").stdout.decode())
                if f"{phone.serial}\toffline" in states[-1]:
                    break
                time.sleep(0.1)
            asking.kill()
        assert f"{phone.serial}\toffline" in states[-1]
        adb("disconnect", phone.serial)
