"""The shell of a simulated phone: what is quoted is a name, whatever is in it; nothing of this machine runs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.socs import find_soc
from engine.simulated_phone.interpreter import Streams
from engine.simulated_phone.machine import Machine
from engine.simulated_phone.misbehaviour import Misbehaviour

HOSTILE = st.text(st.sampled_from("a /\\'\"`$();&|<>*?[]{}#~!\n\t图é-="), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    made = Machine(find_soc("SD855"), Misbehaviour())
    yield made
    made.storage.close()


def ran(machine: Machine, script: str) -> tuple[str, str, int]:
    out: list[bytes] = []
    err: list[bytes] = []
    with machine.shell() as shell:
        status = shell.run(script, Streams(b"", out.append, err.append))
    return b"".join(out).decode("utf-8", "surrogateescape"), b"".join(err).decode("utf-8", "surrogateescape"), status


@given(st.lists(HOSTILE, min_size=1, max_size=3))
def test_what_is_quoted_is_one_word(machine: Machine, names: list[str]) -> None:
    quoted = " ".join(shlex.quote(name) for name in names)
    assert ran(machine, f"echo x {quoted}")[0] == " ".join(["x", *names]) + "\n"


@given(HOSTILE)
def test_any_text_is_run_or_refused_and_touches_nothing_here(machine: Machine, text: str) -> None:
    before = sorted(Path().iterdir())
    ran(machine, text)
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("script", "out", "status"),
    [
        ("false && echo a || echo b; echo $?", "b\n0\n", 0),
        ("A='x y'; echo $A \"$A\" '$A' \\$A ${A}z", "x y x y $A $A x yz\n", 0),
        ("echo \"$(echo a; echo b)\" $(echo 'c  d')", "a\nb c d\n", 0),
        ("for i in 1 2; do echo $i; done 2>/dev/null", "1\n2\n", 0),
        ("echo a | cat; exit 3; echo never", "a\n", 3),
        ("LD_X=1 echo $LD_X; echo \"[$LD_X]\"", "\n[]\n", 0),
        ("cd /data/local/tmp && echo hi > f && cat f && cat < f && sha256sum f >/dev/null; rm -f f", "hi\nhi\n", 0),
        ("test -f /none; echo $?; [ -d /sys/class/thermal ]; echo $?", "1\n0\n", 0),
        ("cat /sys/class/thermal/thermal_zone[0]/type", "cpu-simulated\n", 0),
        ("cat /sys/devices/system/cpu/cpu[37]/cpufreq/cpuinfo_max_freq | cat", "1785000\n2841000\n", 0),
        ("echo a # no\necho '#yes'", "a\n#yes\n", 0),
        ("mkdir -p /data/local/tmp/d/e && ls /data/local/tmp/d; rm -rf /data/local/tmp/d", "e\n", 0),
        ("echo 'open", "", 2),
        ("echo `id`", "", 2),
    ],
)  # fmt: skip
def test_what_a_script_does(machine: Machine, script: str, out: str, status: int) -> None:
    told = ran(machine, script)
    assert (told[0], told[2]) == (out, status), told[1]


def test_another_program_does_not_run(machine: Machine, tmp_path: Path) -> None:
    local = machine.storage.local("/data/local/tmp/prog")
    assert local is not None
    local.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    assert ran(machine, "/data/local/tmp/prog")[2] == 126
    assert ran(machine, "chmod 755 /data/local/tmp/prog && /data/local/tmp/prog")[2] == 126
    assert not (tmp_path / "ran").exists()
