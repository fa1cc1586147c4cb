"""`espalier doctor`: each finding turns bad when the machine lacks the thing, and says how to get it."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.verbs import doctor
from engine.contract.device.found import Devices, Gpu
from engine.contract.device.wheel import CPU_WHEEL, GPU_WHEEL, Wheel, paddle_wheel
from engine.contract.text.resources import ROOT

CPU = Wheel(name=CPU_WHEEL, version="2.6.2")
GPU = Wheel(name=GPU_WHEEL, version="2.6.2")


def test_a_package_of_another_version_is_named_with_the_command_that_mends_it(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("pydantic==0.0.1 --hash=sha256:0\nno-such-package==1.0 --hash=sha256:0\n")
    finding = doctor.check_packages(lock, doctor.GPU_LOCK, CPU)
    assert not finding.ok
    assert "pydantic 0.0.1, no-such-package 1.0" in finding.message.text()
    assert finding.command == "rm -f .venv/stamp && make setup"


def test_the_installed_packages_are_those_of_the_lock() -> None:
    finding = doctor.check_packages(doctor.LOCK, doctor.GPU_LOCK, paddle_wheel())
    assert finding.ok, finding.message.text()


def test_the_wheel_for_gpus_stands_in_for_the_one_of_the_lock_and_both_are_too_many(tmp_path: Path) -> None:
    lock, gpu_lock = tmp_path / "requirements.lock", tmp_path / "gpu.lock"
    lock.write_text("paddlepaddle==0.0.1 --hash=sha256:0\n")
    gpu_lock.write_text("paddlepaddle-gpu==0.0.2 --hash=sha256:0\n")
    finding = doctor.check_packages(lock, gpu_lock, GPU)
    assert "paddlepaddle-gpu 0.0.2" in finding.message.text() and "0.0.1" not in finding.message.text()
    assert finding.command == "rm -f .venv/stamp && make setup GPU=1"
    lock.write_text("")
    assert doctor.check_packages(lock, gpu_lock, CPU).ok
    assert not doctor.check_packages(lock, gpu_lock, GPU.model_copy(update={"doubled": True})).ok


def test_what_a_gpu_lacks_is_told_and_fails_nothing() -> None:
    seen = Devices(wheel=GPU, cuda="11.8", cudnn_trouble="libcudnn.so: no such file")
    card = Gpu(number=0, name="RTX 3060", memory_mb=12_000, capability=(8, 6))
    ready = seen.model_copy(update={"gpus": (card,), "cudnn": "8.6.0", "driver": "535.1"})
    told = {
        "cpu": doctor.check_gpus(Devices(wheel=CPU)),
        "nothing": doctor.check_gpus(seen),
        "old": doctor.check_gpus(ready.model_copy(update={"gpus": (card.model_copy(update={"capability": (5, 2)}),)})),
        "ready": doctor.check_gpus(ready),
    }
    texts = {name: [finding.message.text() for finding in findings] for name, findings in told.items()}
    assert "make setup GPU=1" in texts["cpu"][0]
    assert ["driver" in texts["nothing"][0], "libcudnn.so" in texts["nothing"][1]] == [True, True]
    assert "5.2" in texts["old"][0]
    assert texts["ready"] == ["gpu:0 can be used: RTX 3060, 12.0 GB, compute capability 8.6, driver 535.1, cuDNN 8.6.0"]
    assert [finding.ok for findings in told.values() for finding in findings] == [False, False, False, False, True]
    assert all(finding.optional for findings in told.values() for finding in findings)


def test_a_library_that_cannot_be_loaded_is_named_with_its_debian_package() -> None:
    finding = doctor.check_libraries({"libz.so.1": "zlib1g", "libnothere.so.9": "libnothere9"})
    assert not finding.ok
    assert "libnothere.so.9" in finding.message.text()
    assert "libz" not in finding.message.text()
    assert finding.command and finding.command.endswith("apt-get install libnothere9")


def test_every_library_that_the_doctor_asks_for_is_installed_by_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert [package for package in (*doctor.LIBRARIES.values(), "adb") if f" {package}" not in script] == []


def test_adb_is_looked_for_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not doctor.check_adb().ok
    (tmp_path / "adb").touch(mode=0o755)
    assert doctor.check_adb().ok


def test_what_is_optional_is_told_and_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = doctor.check_qemu()
    assert not missing.ok and missing.command and missing.command.endswith("apt-get install qemu-user-static")
    monkeypatch.setattr(doctor, "diagnose", lambda: [missing])
    assert doctor.run(argparse.Namespace(json=False)) == 0
    (tmp_path / "qemu-aarch64").touch(mode=0o755)
    assert doctor.check_qemu().ok


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (doctor.check_python((3, 10)), doctor.check_python((3, 11))),
        (doctor.check_memory(4.0), doctor.check_memory(3.9)),
        (doctor.check_cores(2), doctor.check_cores(1)),
        (doctor.check_disk(ROOT, 0.0), doctor.check_disk(ROOT, 1e9)),
        (doctor.check_writable(ROOT), doctor.check_writable(Path("/proc"))),
        (doctor.check_queue(ROOT / "not" / "yet"), doctor.check_queue(Path("/proc/queue"))),
    ],
    ids=lambda finding: finding.message.code,
)
def test_what_the_machine_has_decides_the_finding(good: doctor.Finding, bad: doctor.Finding) -> None:
    assert good.ok
    assert not bad.ok
    assert good.message.text("zh") != bad.message.text("zh")


@pytest.mark.parametrize("as_json", [False, True])
def test_one_bad_finding_makes_the_exit_status_1(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = doctor.check_cores(2), doctor.check_libraries({"libnothere.so.9": "libnothere9"})
    for findings, status in (([good], 0), ([good, bad], 1)):
        monkeypatch.setattr(doctor, "diagnose", lambda found=findings: found)
        assert doctor.run(argparse.Namespace(json=as_json)) == status
        printed = capsys.readouterr().out
        if as_json:
            document = json.loads(printed)
            assert [row["ok"] for row in document["findings"]] == [finding.ok for finding in findings]
            assert document["findings"][-1]["command"] == findings[-1].command
        else:
            assert (findings[-1].command or "✓") in printed


def test_the_whole_verb_runs_without_loading_paddle_or_qt() -> None:
    script = (
        "import sys\n"
        "from engine.cli.verbs.doctor import diagnose\n"
        "print(*(finding.name for finding in diagnose()))\n"
        "assert not {'paddle', 'cv2', 'numpy', 'PySide6'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert list(dict.fromkeys(done.stdout.split())) == [  # of GPUs there may be several findings
        "python", "packages", "gpu", "libraries", "adb", "qemu", "fleet", "disk", "memory", "cores", "writable",
        "queue",
    ]  # fmt: skip
