"""A bench under emulation, with a stand-in for qemu: what agrees, what strays, every fault, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.bench.emulator import Emulator
from engine.bench.exports import Exports
from engine.bench.linux_tool import MEMORY, check_linux_tool, loader_of
from engine.cli import main
from engine.contract.emulation import Emulation
from engine.contract.phones import benches
from engine.contract.project import ProjectFolder
from engine.contract.run.job import EmulateJob
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.jobs.emulate import run as emulate
from engine.phone.tool import FOR_PHONES, Tool, find_tool, settings_file
from tests.fakes.phones import Context, files_of, quantised_run
from tests.fakes.qemu import install, linux_tool

Benched = tuple[ProjectFolder, Path]


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the stand-in, which is on PATH alone, was asked; and a memory of tools that is empty."""
    record = install(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(record.parent))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for variable in (MEMORY.variable, FOR_PHONES.variable, "QEMU_LD_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    return record


@pytest.fixture(scope="module")
def twinned(benched: Benched, tmp_path_factory: pytest.TempPathFactory) -> Benched:
    """The project with what the stand-in computes with."""
    exports = Exports(job_of(benched), Context(tmp_path_factory.mktemp("twin")))
    exports.twin(exports.get("fp32", "arm"))
    return benched


def job_of(benched: Benched, **more: object) -> EmulateJob:
    folder, run = benched
    settled = {"run": str(run), "index": str(folder.index), "cache": str(folder.cache / "phone")}
    return EmulateJob.model_validate({**settled, "precisions": ["fp32"], "parity_pictures": 1, **more})


def emulated(benched: Benched, tmp_path: Path, **more: object) -> Emulation:
    return Emulation.model_validate(emulate(job_of(benched, **more), Context(tmp_path))["emulation"])


def calls_in(record: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def test_what_is_found_there_is_compared_and_filed_nowhere(twinned: Benched, tmp_path: Path, calls: Path) -> None:
    folder, run = twinned
    before, kept = files_of(folder), len(list(benches(run)))
    tool, libs = linux_tool(tmp_path / 'bench "tool"; 工具'), tmp_path / "libs"
    libs.mkdir()
    linux_tool(libs / "libgomp.so.1")
    result = emulated(twinned, tmp_path, tool=str(tool), libs=str(libs), precisions=["fp32", "fp16"], map_pictures=2)
    assert [(row.precision, row.agrees, row.finding.code) for row in result.rows] == [
        ("fp32", True, "emulation.agrees"),
        ("fp16", True, "emulation.agrees"),
    ]
    assert all(row.boxes and row.pictures == 1 and row.map_pictures == 2 for row in result.rows)
    assert result.rows[0].box_px is not None and result.rows[0].box_px < 0.01 and result.runtime == "v2.13-rc"
    assert files_of(folder) == before and len(list(benches(run))) == kept
    first, *_, last = calls_in(calls)
    assert (first["core"], first["flags"]["power_mode"], last["flags"]["cpu_precision"]) == ("cortex-a76", "3", "fp16")
    assert "0xd05" in first["cpuinfo"] and first["libraries"] == str(libs)
    assert not Path(first["folder"]).exists() and not Path(first["flags"]["input_data_path"].split(":")[0]).exists()
    assert find_tool(None, None, check_linux_tool, MEMORY).program == tool
    with pytest.raises(UserError):  # a phone would not run it
        find_tool(None, None)


def test_the_command_line_ends_with_1_when_boxes_stray(
    twinned: Benched, tmp_path: Path, calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, run = twinned
    words = ["bench", str(folder.root), run.name, "--emulate", "--precision", "fp32", "--parity", "1"]
    status = main([*words, "--tool", str(linux_tool(tmp_path / "tool", "strays")), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert status == 1 and document["figures"] == []
    (row,) = Emulation.model_validate(document["emulation"]).rows
    assert not row.agrees and row.finding.code == "emulation.differs"
    assert main(words) == 1  # the tool is remembered
    printed = capsys.readouterr().out
    assert "! fp32: under emulation something else" in printed and "no phone and no times" in printed


def test_options_that_speak_of_a_phone_or_of_times_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--phone", "x", "--threads", "1", "--backend", "opencl", "--sustained", "1", "--pause", "1"]
    assert main(["bench", "nowhere", "1", "--emulate", *words]) == 2
    assert "leave out --phone, --threads, --backend, --pause, --sustained" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("does", "code", "words"),
    [
        ("crashes", "emulation.crashed", "SIGSEGV"),
        ("aborts", "emulation.crashed", "Check failed: rows == 3"),
        ("is silent", "phone.no_outputs", "--tool"),
        ("sleeps", "emulation.timeout", "0.5 s"),
    ],
)
def test_a_tool_that_fails_makes_a_red_row(
    twinned: Benched, tmp_path: Path, calls: Path, does: str, code: str, words: str
) -> None:
    # Only who sleeps may run into the limit: on a busy machine any other takes longer than that, too.
    limit = 0.5 if does == "sleeps" else 120.0
    (row,) = emulated(twinned, tmp_path, tool=str(linux_tool(tmp_path / "tool", does)), limit_s=limit).rows
    assert (row.agrees, row.finding.code) == (False, code) and words in row.finding.text()


def test_a_fault_in_one_precision_leaves_the_others(twinned: Benched, tmp_path: Path, calls: Path) -> None:
    tool = linux_tool(tmp_path / "tool", "lacks fp16")
    fp16, fp32 = emulated(twinned, tmp_path, tool=str(tool), precisions=["fp16", "fp32"]).rows
    assert fp16.finding.code == "emulation.sigill" and fp32.agrees


@pytest.mark.parametrize(("does", "code"), [("is old", "phone.version"), ("lacks a library", "emulation.library")])
def test_what_is_wrong_with_every_model_ends_it(
    twinned: Benched, tmp_path: Path, calls: Path, does: str, code: str
) -> None:
    with pytest.raises(JobFailed) as caught:
        emulated(twinned, tmp_path, tool=str(linux_tool(tmp_path / "tool", does)))
    assert caught.value.message.code == code


def refused_tools(folder: Path) -> dict[str, Path]:
    """Programs that cannot be emulated, by the code of the reason."""
    torn, script, plain = folder / "torn", folder / "script", linux_tool(folder / "plain")
    torn.write_bytes(linux_tool(folder / "whole", loader="/lib/ld.so").read_bytes()[:80])
    script.write_text("#!/bin/sh\n" * 9)
    plain.chmod(0o644)
    return {
        "phone.not_elf script": script,
        "phone.not_elf torn": torn,
        "emulation.wrong_machine": linux_tool(folder / "x86", machine=62),
        "emulation.android": linux_tool(folder / "android", loader="/system/bin/linker64"),
        "emulation.no_loader": linux_tool(folder / "dynamic", loader="/no/such/ld-linux.so"),
        "emulation.not_executable": plain,
    }


def test_a_tool_that_cannot_run_is_refused_before_anything_is_exported(
    benched: Benched, tmp_path: Path, calls: Path
) -> None:
    for code, tool in refused_tools(tmp_path).items():
        with pytest.raises(UserError) as caught:
            emulated(benched, tmp_path, tool=str(tool), cache=str(tmp_path / "new"))
        assert caught.value.message.code == code.split()[0]
        assert str(tool) in caught.value.message.text() and not (tmp_path / "new").exists()
    with pytest.raises(UserError) as caught:
        check_linux_tool(Tool(linux_tool(tmp_path / "tool"), (tmp_path / "x86",)))
    assert caught.value.message.code == "emulation.wrong_machine"
    with pytest.raises(UserError) as caught:
        emulated(benched, tmp_path)
    assert caught.value.message.code == "emulation.no_tool" and not settings_file().exists()


def test_without_qemu_it_is_said_how_to_get_it(
    benched: Benched, tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = str(linux_tool(tmp_path / "tool"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError) as caught:
        emulated(benched, tmp_path, tool=tool)
    assert caught.value.message.code == "emulation.no_qemu" and "qemu-user-static" in caught.value.message.text()
    monkeypatch.setenv("PATH", str(install(tmp_path / "old", cores="cortex-a53").parent))
    with pytest.raises(UserError) as caught:
        emulated(benched, tmp_path, tool=tool)
    assert caught.value.message.code == "emulation.old_qemu"


def test_a_loader_and_its_libraries_are_taken_from_where_qemu_is_told(
    twinned: Benched, tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "system"
    for name in ("lib", "proc"):
        (system / name).mkdir(parents=True)
    (system / "lib" / "ld.so").touch()
    (system / "proc" / "cpuinfo").write_text("of a person's own")
    monkeypatch.setenv("QEMU_LD_PREFIX", str(system))
    tool = linux_tool(tmp_path / "tool", loader="/lib/ld.so")
    assert loader_of(tool) == "/lib/ld.so"
    emulated(twinned, tmp_path, tool=str(tool))
    (call,) = calls_in(calls)
    assert call["system"]["lib"] == str(system / "lib") and call["cpuinfo"] == "of a person's own"


def test_a_cancel_ends_the_tool_at_once(twinned: Benched, tmp_path: Path, calls: Path) -> None:
    left = 3

    def check() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Cancelled

    exports = Exports(job_of(twinned), Context(tmp_path))
    folder = tmp_path / "scratch"
    folder.mkdir()
    side = Emulator(Tool(linux_tool(tmp_path / "tool", "sleeps")), folder, limit_s=50.0, check=check)
    with pytest.raises(Cancelled):
        side.text(exports.get("fp32", "arm"), [])


def test_a_precision_that_the_run_cannot_have_is_refused(benched: Benched, tmp_path: Path, calls: Path) -> None:
    run = quantised_run(benched[0], benched[1], "0003-qat")
    tool = str(linux_tool(tmp_path / "tool"))
    with pytest.raises(UserError) as caught:
        emulated((benched[0], run), tmp_path, tool=tool, precisions=["fp16", "fp32"])
    assert caught.value.message.code == "export.int8_fp16"
