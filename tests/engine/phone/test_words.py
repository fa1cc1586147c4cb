"""What reaches a phone's shell, what adb and the phone say, and what is made of the numbers."""

from __future__ import annotations

import shlex
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cli.verbs.phones import rough
from engine.contract.phones import BenchRow, Phone, PhoneList, Sensors, SustainedPoint
from engine.contract.text.messages import JobFailed, UserError
from engine.phone.adb import Adb, Device
from engine.phone.faults import PhoneFault, fault_of, shorten
from engine.phone.listing import device_lines, parse_identity
from engine.phone.measurement import Loaded
from engine.phone.parity import Found, broken, with_map
from engine.phone.parity import judge as judge_parity
from engine.phone.program import Answer
from engine.phone.sensors import parse_sensors, slowed_down
from engine.phone.sustained import judge as judge_sustained
from engine.phone.tool import VARIABLE, Memory, Tool, abi_of, check_abi, check_version, find_tool
from engine.phone.tool_run import Request, failure
from engine.phone.verdicts import verdicts
from engine.phone.words import RemotePath, Script, option

HOSTILE = [
    "a b",
    "it's",
    'say "x"',
    "x; touch pwned",
    "$(touch pwned)",
    "`id`",
    "中文 名",
    "two\nlines",
    "-rf",
    "*",
    "&&",
]


def words_of(script: Script) -> list[str]:
    """The words that a real shell makes of a script that prints them."""
    done = subprocess.run(["/bin/sh", "-c", script.text], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_one_word_in_a_real_shell(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = RemotePath("/data/local/tmp") / name
    assert words_of(Script("printf '%s\\0' {} {}", path, name)) == [f"/data/local/tmp/{name}", name]
    assert words_of(Script("printf '%s\\0' {}", option("optimized_model_file", path))) == [
        f"--optimized_model_file=/data/local/tmp/{name}"
    ]
    assert words_of(Script.each("printf '%s\\0' {}", [path, path])) == [f"/data/local/tmp/{name}"] * 2
    assert list(tmp_path.iterdir()) == []


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_any_text_stays_one_word(text: str) -> None:
    assert shlex.split(Script("echo {}", text).text) == ["echo", text]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_a_name_that_would_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        Script("cat {}", RemotePath("/data") / name)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("error: device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set", "phone.unauthorized"),
        ("error: device offline", "phone.offline"),
        ("error: no devices/emulators found", "phone.gone"),
        ("error: device '127.0.0.1:1' not found", "phone.gone"),
        ("error: more than one device/emulator", "phone.several"),
        ("error: insufficient permissions for device: user in plugdev group", "phone.no_permissions"),
        ("adb: error: failed to copy 'a' to 'b': remote write failed: No space left on device", "phone.no_space"),
        (
            "adb: error: failed to copy 'unauthorized' to 'offline': failed to read copy response: EOF",
            "phone.unplugged",
        ),
        ("adb: error: failed to copy 'a' to 'b': couldn't create file: Permission denied", "phone.not_writable"),
        ("* cannot connect to daemon at tcp:5037: Connection refused", "phone.server"),
        ("error: something new", "phone.adb_failed"),
    ],
)
def test_what_adb_says_is_known(words: str, code: str) -> None:
    assert fault_of(words, "S", "push").code == code


def test_what_a_phone_prints_becomes_one_line_that_does_nothing_to_a_terminal() -> None:
    assert shorten("\x1b[31mCheck\x1b[0m failed:\r\n\x07 no file.\0\n") == "Check failed: no file"


def test_lists_of_devices_are_read() -> None:
    text = "List of devices attached\nab c\tdevice\nx\tunauthorized\ny\tno permissions (see [http])\nz\trecovery\n"
    assert list(device_lines(text)) == [
        ("ab c", "ready"),
        ("x", "unauthorized"),
        ("y", "no_permissions"),
        ("z", "unknown"),
    ]


def test_a_phone_tells_who_it_is_and_an_unknown_chip_is_shown_as_such() -> None:
    mark = "--espalier--\n"
    cpu = "processor\t: 0\nFeatures\t: fp asimd fphp asimdhp\nprocessor\t: 1\nFeatures\t: fp\n"
    df = "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/block/dm-5 1000 600 400 60% /data\n"
    answers = ["Xiaomi", "MI 9", "arm64-v8a", "11", "30", "SM8150", "msmnile", "qcom", ""]
    phone = parse_identity("S", mark.join([*(f"{answer}\n" for answer in answers), cpu, df, ""]))
    assert (phone.soc_key, phone.abi, phone.api, phone.cores, phone.fp16) == ("SD855", "arm64-v8a", 30, 2, True)
    assert phone.free_bytes == 400 * 1024 and not phone.simulated and not phone.notes
    answers[5:7] = ["MT9999", "mt9999"]
    strange = parse_identity("S", mark.join([*(f"{answer}\n" for answer in answers), "", "", ""]))
    assert strange.soc == "MT9999" and strange.soc_key is None and strange.notes[0].code == "phone.unknown_soc"


def test_sensors_take_the_processors_hottest_zone_and_leave_dummies_out() -> None:
    mark = "--espalier--\n"
    names, degrees = ("cpu-0-0-usr", "cpu-1", "battery", "gpu", "soc"), (41200, -274000, 29000, 99, 0)
    files = [("9/type", "cpu-that-may-not-be-read"), *((f"{n}/type", name) for n, name in enumerate(names))]
    files += [(f"{n}/temp", str(told)) for n, told in enumerate(degrees)]
    zones = "".join(f"/sys/class/thermal/thermal_zone{file}:{text}\n" for file, text in files)
    told = parse_sensors(f"{zones}{mark}1785600\n2841600\n{mark}  level: 77\n  temperature: 301\n")
    assert (told.temperature_c, told.clocks_mhz, told.battery_percent) == (41.2, (1785, 2841), 77)
    assert parse_sensors(f"{mark}{mark}  temperature: 301\n").temperature_c == 30.1
    assert parse_sensors("").temperature_c is None


def test_a_watch_tells_of_degrees_and_not_of_clocks() -> None:
    def told(heat: float, clock: int, battery: int = 80) -> PhoneList:
        sensors = Sensors(seconds=clock, temperature_c=heat, battery_percent=battery, clocks_mhz=(clock,))
        return PhoneList(phones=(Phone(serial="x", state="ready", sensors=sensors, free_bytes=clock),))

    assert rough(told(34.1, 900)) == rough(told(34.3, 2800))
    assert rough(told(34.1, 900)) != rough(told(36.0, 900))
    assert rough(told(34.1, 900)) != rough(told(34.1, 900, 79))


def test_throttling_is_noticed_in_times_and_in_clocks() -> None:
    fast, slow = (Sensors(seconds=0, clocks_mhz=(mhz,)) for mhz in (2800, 2000))
    assert slowed_down(fast, fast, [10, 10, 11.5, 12])
    assert slowed_down(fast, slow, [10, 10.8])
    assert not slowed_down(fast, slow, [10, 10.1]) and not slowed_down(fast, fast, [10, 10.2, 9.9, 10.1])


def elf(path: Path, machine: int) -> Path:
    path.write_bytes(struct.pack("<16sHH", b"\x7fELF\x02\x01\x01", 2, machine) + bytes(44))
    return path


def test_a_tool_for_another_processor_is_refused(tmp_path: Path) -> None:
    arm, x86 = elf(tmp_path / "arm", 183), elf(tmp_path / "x86", 62)
    assert (abi_of(arm), abi_of(x86)) == ("arm64-v8a", "x86_64")
    check_abi(Tool(arm, (arm,)), "arm64-v8a")
    check_abi(Tool(elf(tmp_path / "v7", 40)), "arm64-v8a")
    for tool, phone in ((Tool(x86), "arm64-v8a"), (Tool(arm), "armeabi-v7a"), (Tool(arm, (x86,)), "arm64-v8a")):
        with pytest.raises(UserError) as caught:
            check_abi(tool, phone)
        assert caught.value.message.code == "phone.wrong_abi"
    (tmp_path / "script").write_text("#!/bin/sh\n")
    with pytest.raises(UserError) as caught:
        abi_of(tmp_path / "script")
    assert caught.value.message.code == "phone.not_elf"


def test_a_tool_is_found_by_name_by_variable_and_by_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(UserError) as caught:
        find_tool(None, None)
    assert caught.value.message.code == "phone.no_tool"
    one, two, libs = elf(tmp_path / "one", 183), elf(tmp_path / "two", 183), tmp_path / "libs; x"
    libs.mkdir()
    library = elf(libs / "libc++_shared.so", 183)
    assert find_tool(str(one), str(libs)) == Tool(one, (library,))
    assert find_tool(None, None) == Tool(one, (library,))
    (tmp_path / "link").symlink_to(one)
    assert find_tool(str(tmp_path / "link"), None).libraries == (library,)  # it is the same tool by another name
    other = elf(tmp_path / "other", 62)
    with pytest.raises(UserError):
        find_tool(str(other), None, lambda tool: check_abi(tool, "arm64-v8a"))
    assert find_tool(None, None).program == one.resolve()  # what does not fit the phone is not remembered
    other_kind = Memory("ESPALIER_NO_SUCH_VARIABLE", "other", "other_libs", "emulation.no_tool")
    find_tool(str(two), None, memory=other_kind)
    assert find_tool(None, None, memory=other_kind).program == two
    assert find_tool(None, None) == Tool(one.resolve(), (library,))  # each kind of tool is remembered by itself
    monkeypatch.setenv(VARIABLE, str(two))
    assert find_tool(None, None) == Tool(two)
    with pytest.raises(UserError) as caught:
        find_tool(str(tmp_path / "none"), None)
    assert caught.value.message.code == "phone.tool_missing"


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        ("v2.13-rc", True),
        ("release/v2.13(a1b2c3d)", True),
        ("develop(a1b2c3d)", True),
        ("a1b2c3d", True),
        ("v2.12", False),
        ("release/v2.12(a1b2c3d)", False),
        ("2.14-rc", False),
    ],
)
def test_the_tool_must_be_of_the_optimisers_version(told: str, fits: bool) -> None:
    if fits:
        check_version(told)
        return
    with pytest.raises(JobFailed) as caught:
        check_version(told)
    assert caught.value.message.code == "phone.version"


def row(precision: str, ms: float, spread: float = 0.5, threads: int = 4) -> BenchRow:
    return BenchRow.model_validate(
        {
            "precision": precision,
            "backend": "arm",
            "threads": threads,
            "median_ms": ms,
            "low_ms": ms - spread,
            "high_ms": ms + spread,
        }
    )


@pytest.mark.parametrize(
    ("int8", "code"), [(30.0, "phone.int8_slower"), (10.0, "phone.int8_faster"), (20.4, "phone.int8_same")]
)
def test_int8_is_judged_by_both_spreads(int8: float, code: str) -> None:
    rows = [row("fp32", 40.0), row("fp16", 20.0), row("int8", int8)]
    codes = [message.code for message in verdicts(rows, (), Phone(serial="S", state="ready"))]
    assert code in codes and "phone.fastest" in codes and "phone.verdict_simulated" not in codes


def test_a_sustained_run_is_judged_by_its_end() -> None:
    def points(times: list[float]) -> list[SustainedPoint]:
        return [SustainedPoint(seconds=2.0 * n, ms=ms) for n, ms in enumerate(times)]

    hot = judge_sustained(row("fp16", 20.0), points([20, 20, 21, 22, 26, 28, 30, 30, 30, 30]))
    assert hot.throttled and (hot.cold_ms, hot.hot_ms) == (20, 30) and hot.finding.args["percent"] == 50
    assert not judge_sustained(row("fp16", 20.0), points([20, 20.5, 20, 20.2, 20.1])).throttled


def test_garbage_on_the_phone_is_a_red_row() -> None:
    loaded = Loaded("fp32", "arm", RemotePath("/m"), (), "1")
    host = np.array([[0, 0.9, 10, 10, 50, 50], [1, 0.8, 60, 60, 90, 90]], np.float32)
    good = judge_parity(loaded, [Found(host, (host + 0.01 * (np.arange(6) > 1)).astype(np.float32))], 160)
    assert good.agrees and good.finding.code == "phone.parity_agrees" and good.box_px == pytest.approx(0.01, abs=1e-3)
    for wrong in (
        host[:1],
        host[:0],
        host + np.array([0, 0, 30, 30, 30, 30], np.float32),
        np.array([[2, 0.9, 0, 0, 9, 9]], np.float32),
    ):
        bad = judge_parity(loaded, [Found(host, wrong)], 160)
        assert not bad.agrees and bad.finding.code == "phone.parity_differs"
    lost = with_map(good, 50, phone=20.0, host=24.0)
    assert not lost.agrees and lost.finding.code == "phone.map_differs"
    assert with_map(good, 50, phone=23.8, host=24.0).agrees
    fault = PhoneFault("phone.no_outputs", words="x")
    assert not broken(loaded, 3, fault.message).agrees


def test_without_adb_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PhoneFault) as caught:
        Adb()
    assert caught.value.code == "phone.adb_missing" and "apt-get install adb" in caught.value.message.text()


def test_opencl_kernels_that_are_missing_have_a_remedy_of_their_own() -> None:
    request = Request(RemotePath("/m"), "fp16", "opencl", 1, "1,2", (), 0, 1)
    fault = failure(Device(Adb(), "x"), request, Answer(134, "", "Check failed: no kernel for 'conv2d'"))
    assert fault.code == "phone.no_opencl" and not fault.fatal and "--backend arm" in fault.message.text()
    unknown = failure(Device(Adb(), "x"), request, Answer(1, "", "ERROR: unknown command line flag 'cpu_precision'"))
    assert unknown.code == "phone.unknown_flag"


@pytest.mark.parametrize("odd", ["\u00b2", "9" * 5000, "\u0663"])
def test_that_odd_digits_of_a_phone_break_nothing(odd: str) -> None:
    told = [*("Xiaomi", "MI 9", "arm64-v8a", "12", odd, "SM8150", "msmnile", "qcom", "", ""), f"a 1 2 {odd} 4 x"]
    phone = parse_identity("x", "\n--espalier--\n".join([*told, ""]))
    assert phone.api is None and phone.model == "MI 9"
    zones = f"/sys/thermal_zone0/type:cpu\n/sys/thermal_zone0/temp:{odd}\n"
    sensors = parse_sensors(
        f"{zones}--espalier--\n{odd}\n1785600\n--espalier--\n  level: {odd}\n  temperature: {odd}\n"
    )
    assert sensors.clocks_mhz == (1785,) and sensors.temperature_c is None
