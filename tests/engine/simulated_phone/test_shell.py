"""The shell of a simulated phone: what is quoted is a name, whatever is in it; nothing of this machine runs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.socs import find_soc
from engine.phone.words import RemotePath, Script
from engine.simulated_phone.machine import Machine, Streams
from engine.simulated_phone.misbehaviour import Misbehaviour
from engine.simulated_phone.script import ScriptProblem, read_script
from engine.simulated_phone.shell import run_script

TMP = "/data/local/tmp"
HOSTILE = st.text(st.sampled_from("a /\\'\"`$();&|<>*?[]{}#~!\n\t图é-="), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    made = Machine(find_soc("SD855"), Misbehaviour())
    yield made
    made.storage.close()


def ran(machine: Machine, script: str) -> tuple[str, str, int]:
    out: list[bytes] = []
    err: list[bytes] = []
    with machine.process() as process:
        status = run_script(process, script, Streams(b"", out.append, err.append))
    return b"".join(out).decode("utf-8", "surrogateescape"), b"".join(err).decode("utf-8", "surrogateescape"), status


@given(st.lists(HOSTILE, min_size=1, max_size=3))
def test_what_is_quoted_is_one_word(machine: Machine, names: list[str]) -> None:
    quoted = " ".join(shlex.quote(name) for name in names)
    assert ran(machine, f"echo x {quoted}")[0] == " ".join(["x", *names]) + "\n"


@given(st.text(st.sampled_from("a2 \t'\"\\图-="), max_size=20))
def test_quotes_are_read_as_the_library_reads_them(text: str) -> None:
    try:
        (command,) = read_script(f"x {text}")
    except ScriptProblem:
        return
    assert ["".join(piece.text for piece in word) for word in command.words] == shlex.split(f"x {text}")


@given(HOSTILE)
def test_any_text_is_run_or_refused_and_touches_nothing_here(machine: Machine, text: str) -> None:
    before = sorted(Path().iterdir())
    ran(machine, text)
    assert sorted(Path().iterdir()) == before


@given(HOSTILE.map(lambda name: name.replace("/", "")))
def test_templates_of_ours_work_on_that_name_alone(machine: Machine, name: str) -> None:
    """Beside a folder that every pattern and every word of it would hit."""
    ran(machine, f"rm -rf {TMP}/names; mkdir -p {TMP}/names/a; echo kept > {TMP}/names/a/kept")
    path = RemotePath(f"{TMP}/names") / f"x{name}"
    assert ran(machine, Script.each("mkdir -p {}", [path]).text) == ("", "", 0)
    assert machine.storage.names(f"{TMP}/names") == sorted(["a", f"x{name}"])
    said = ran(machine, Script("cd {} && echo {} > {} && cat {}", path, name, path / "f", path / "f").text)
    assert said == (f"{name}\n", "", 0)
    summed = ran(machine, Script("sha256sum < {} 2>/dev/null || echo none", path / "f").text)
    assert summed[0].endswith("  -\n") and summed[2] == 0
    assert ran(machine, Script("sha256sum < {} 2>/dev/null || echo none", path / "g").text)[0] == "none\n"
    assert ran(machine, Script("rm -rf {}", path).text) == ("", "", 0)
    assert ran(machine, f"ls {TMP}/names; cat {TMP}/names/a/kept")[0] == "a\nkept\n"


@pytest.mark.parametrize(
    ("script", "out", "status"),
    [
        ("cat /none && echo a || echo b; echo c", "b\nc\n", 0),
        ("true &&\n echo a\n\n", "a\n", 0),
        ("echo a; cat /none", "a\n", 1),
        ("cd /data/local/tmp; echo x > f; read A < f && echo \"$A\" '$A' \\$A; rm f", "x $A $A\n", 0),
        ("read A 2>/dev/null < /none && echo a", "", 1),
        ("export A='x y' && echo \"$A\" \"\\$A\" \"it's\" ''", "x y $A it's \n", 0),
        ("cd /data/local/tmp && echo hi > f && cat f && cat < f; sha256sum f > /dev/null; rm -f f", "hi\nhi\n", 0),
        ("cd /data/local/tmp; echo 2>/dev/null 'a'2>f; cat f; rm f; pwd", "a2\n/data/local/tmp\n", 0),
        ("cat /sys/class/thermal/thermal_zone[0]/type", "cpu-simulated\n", 0),
        ("cd /sys/class/thermal; cat thermal_zone?/ty'p'e '*'", "cpu-simulated\nbattery\n", 1),
        ("cat /sys/devices/system/cpu/cpu[37]/cpufreq/cpuinfo_max_freq", "1785000\n2841000\n", 0),
        ("cd /sys/class; grep . */*zone*/type /none", "".join(
            f"/sys/class/thermal/thermal_zone{n}/type:{name}\n" for n, name in enumerate(("cpu-simulated", "battery"))
        ), 1),
        ("cd /data/local/tmp; mkdir -p d/e && ls d; rm d || rm -rf d; ls d", "e\n", 1),
        ("exec echo a; echo never", "a\n", 0),
        ("ls -Z /; chmod +x /data/local/tmp", "", 1),
        ("kill -9 1; kill -9 ''", "", 1),
    ],
)  # fmt: skip
def test_what_a_script_does(machine: Machine, script: str, out: str, status: int) -> None:
    told = ran(machine, script)
    assert (told[0], told[2]) == (out, status), told[1]


@pytest.mark.parametrize(
    "more",
    [
        "'open", '"open', "`id`", "$(id)", '"$(id)"', '"`id`"', "$A", "${A}", '"a$A"', "$?", "a | cat", "a & b", "(a)",
        "{a,b}", "~", "a # no", "a >> f", "a 2>&1", "a >& f", "a 1> f", "a << x", "a >", "a > > b", "a;; b", "&& a",
        "a &&", "; a", "> f", "a\\", "a\\\nb", "!a", "\0", "A=b c", "for i in a; do b; done", "if a; then b; fi",
        "while a; do b; done",
    ],
)  # fmt: skip
def test_more_than_that_is_refused_before_anything_runs(machine: Machine, more: str) -> None:
    out, err, status = ran(machine, f"echo before\n{more}")
    assert (out, status) == ("", 2) and err.startswith("sh: syntax error: ")


def test_a_killed_script_ends(machine: Machine) -> None:
    out: list[bytes] = []
    with machine.process() as process:
        streams = Streams(b"", out.append, out.append)
        assert run_script(process, f"echo $$ > {TMP}/pid", streams) == 0
        ran(machine, f'read pid 2>/dev/null < {TMP}/pid && kill -9 "$pid"')
        assert run_script(process, "echo never", streams) == 137
    assert out == []


def test_another_program_does_not_run(machine: Machine, tmp_path: Path) -> None:
    local = machine.storage.local("/data/local/tmp/prog")
    assert local is not None
    local.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    assert ran(machine, "/data/local/tmp/prog")[2] == 126
    assert ran(machine, "chmod 755 /data/local/tmp/prog && /data/local/tmp/prog")[2] == 126
    assert not (tmp_path / "ran").exists()
