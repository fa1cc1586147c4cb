"""The simulated phone as real adb sees it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.simulated_phone.phone import SimulatedPhone

NAMES = ["two words", 'it\'s "quoted"', "a;b && c", "$(id)", "`id`", "图片 一", "line\nbreak", "-rf", "*?[a]"]


class Adb:
    """adb with a server of its own, on a port and in a home of its own."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = os.environ | {"ANDROID_ADB_SERVER_PORT": str(self.port), "HOME": str(home)}

    def __call__(self, *words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        # Files, for the server that a first call starts would hold pipes open.
        with (
            Path(self.environment["HOME"], "out").open("w+b") as out,
            Path(self.environment["HOME"], "err").open("w+b") as err,
        ):
            done = subprocess.run(["adb", *words], input=data, stdout=out, stderr=err, env=self.environment, timeout=60)
            out.seek(0), err.seek(0)
            return subprocess.CompletedProcess(words, done.returncode, out.read(), err.read())


@pytest.fixture(scope="module")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adb]:
    assert shutil.which("adb"), "Debian's package adb is missing; .ci/run installs it"
    program = Adb(tmp_path_factory.mktemp("home"))
    try:
        yield program
    finally:
        program("kill-server")


@pytest.fixture
def phone(adb: Adb, tmp_path: Path) -> Iterator[SimulatedPhone]:
    with SimulatedPhone("SD855", record=tmp_path / "record.jsonl") as running:
        assert b"connected to" in adb("connect", running.serial).stdout
        yield running
        adb("disconnect", running.serial)


@pytest.fixture
def shell(adb: Adb, phone: SimulatedPhone) -> Callable[[str], subprocess.CompletedProcess[bytes]]:
    return lambda script: adb("-s", phone.serial, "shell", script)


def quoted(name: str) -> str:
    return "'" + name.replace("'", "'\\''") + "'"


def test_it_is_listed_and_says_that_it_is_simulated(adb: Adb, phone: SimulatedPhone) -> None:
    line = next(line for line in adb("devices", "-l").stdout.decode().splitlines() if phone.serial in line)
    assert " device " in line and "model:simulated_SD855" in line
    told = adb("-s", phone.serial, "shell", "getprop ro.espalier.simulated; getprop ro.soc.model").stdout
    assert told == b"1\nSM8150\n"


def test_streams_and_the_exit_status_come_apart(shell: Callable) -> None:
    done = shell("echo out; cat /none")
    assert (done.stdout, done.stderr) == (b"out\n", b"cat: /none: No such file or directory\n")
    assert done.returncode == 1
    done = shell("frobnicate")
    assert (done.stderr, done.returncode) == (b"sh: frobnicate: not found\n", 127)


def test_a_defect_in_a_command_ends_the_command_and_not_the_line(
    shell: Callable, phone: SimulatedPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise KeyError("weight")

    monkeypatch.setattr("engine.simulated_phone.shell.call", broken)
    assert shell("benchmark_bin").returncode == 134
    monkeypatch.undo()
    assert shell("echo there").stdout == b"there\n"


def test_exec_out_gives_raw_bytes(adb: Adb, phone: SimulatedPhone, tmp_path: Path) -> None:
    file = tmp_path / "raw"
    file.write_bytes(bytes(range(256)) * 4000)
    assert adb("-s", phone.serial, "push", str(file), "/data/local/tmp/raw").returncode == 0
    assert adb("-s", phone.serial, "exec-out", "cat /data/local/tmp/raw").stdout == file.read_bytes()


def test_folders_and_hostile_names_go_there_and_come_back(adb: Adb, phone: SimulatedPhone, tmp_path: Path) -> None:
    source = tmp_path / "source 源"
    for number, name in enumerate(NAMES):
        (source / "inner").mkdir(parents=True, exist_ok=True)
        (source / "inner" / name).write_text(f"{number}")
    assert adb("-s", phone.serial, "push", str(source), "/data/local/tmp/").returncode == 0
    assert adb("-s", phone.serial, "pull", "/data/local/tmp/source 源", str(tmp_path / "back")).returncode == 0
    back = {path.name: path.read_text() for path in (tmp_path / "back" / "inner").iterdir()}
    assert back == {name: str(number) for number, name in enumerate(NAMES)}
    for number, name in enumerate(NAMES):
        path = f"/data/local/tmp/source 源/inner/{name}"
        assert adb("-s", phone.serial, "shell", f"cat {quoted(path)}").stdout == str(number).encode()
    lines = [json.loads(line) for line in (tmp_path / "record.jsonl").read_text().splitlines()]
    asked = [line["words"] for line in lines if "words" in line]
    assert asked == [["cat", f"/data/local/tmp/source 源/inner/{name}"] for name in NAMES]


def test_what_is_absent_is_told(adb: Adb, phone: SimulatedPhone, shell: Callable, tmp_path: Path) -> None:
    done = adb("-s", phone.serial, "pull", "/data/local/tmp/none", str(tmp_path / "none"))
    assert done.returncode == 1 and b"No such file" in done.stdout + done.stderr
    assert shell("cat /data/local/tmp/none").returncode == 1


@pytest.mark.parametrize("path", ["/etc/passwd", "/data/local/tmp/../../../etc/passwd", "../../../../etc/passwd"])
def test_nothing_outside_is_reached(
    adb: Adb, phone: SimulatedPhone, shell: Callable, tmp_path: Path, path: str
) -> None:
    assert shell(f"cd /data/local/tmp; cat {path}").stdout == b""
    assert adb("-s", phone.serial, "pull", path, str(tmp_path / "out")).returncode == 1
    assert adb("-s", phone.serial, "push", str(tmp_path / "record.jsonl"), path).returncode == 1


def test_a_link_out_of_the_folder_is_not_followed(phone: SimulatedPhone, shell: Callable, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    inside = phone.machine.storage.local("/data/local/tmp/link")
    assert inside is not None
    inside.symlink_to(tmp_path)
    assert shell("cat /data/local/tmp/link/secret").stdout == b""
    assert shell("echo x > /data/local/tmp/link/secret").returncode == 1
    assert shell("cat /data/local/tmp/link/*").returncode == 1
    assert (tmp_path / "secret").read_text() == "secret"


def test_a_strange_computer_waits_until_it_is_let_in(adb: Adb) -> None:
    with SimulatedPhone("SD855", require_auth=True) as locked:
        adb("connect", locked.serial)
        assert f"{locked.serial}\tunauthorized" in adb("devices").stdout.decode()
        locked.authorise()
        adb("-s", locked.serial, "wait-for-device")
        assert adb("-s", locked.serial, "shell", "echo in").stdout == b"in\n"
        adb("disconnect", locked.serial)
        adb("connect", locked.serial)  # by its signature now
        assert adb("-s", locked.serial, "shell", "echo again").stdout == b"again\n"
        adb("disconnect", locked.serial)


def test_a_cable_pulled_out_in_mid_push_can_be_put_in_again(adb: Adb, phone: SimulatedPhone, tmp_path: Path) -> None:
    file = tmp_path / "big"
    file.write_bytes(bytes(500_000))
    phone.switch("unplugged:push")
    assert adb("-s", phone.serial, "push", str(file), "/data/local/tmp/big").returncode != 0
    adb("disconnect", phone.serial)
    for _ in range(20):
        adb("connect", phone.serial)
        if adb("-s", phone.serial, "push", str(file), "/data/local/tmp/big").returncode == 0:
            break
        time.sleep(0.2)
    told = adb("-s", phone.serial, "shell", "sha256sum < /data/local/tmp/big").stdout
    assert told.split()[0].decode() == hashlib.sha256(bytes(500_000)).hexdigest()


@pytest.mark.parametrize(("fault", "words"), [("no_space", b"No space left"), ("read_only", b"Read-only file system")])
def test_a_phone_that_takes_nothing_says_why(
    adb: Adb, phone: SimulatedPhone, tmp_path: Path, fault: str, words: bytes
) -> None:
    (tmp_path / "file").write_bytes(bytes(1000))
    phone.switch(fault)
    done = adb("-s", phone.serial, "push", str(tmp_path / "file"), "/data/local/tmp/file")
    assert done.returncode == 1 and words in done.stdout + done.stderr
    phone.switch(None)
    assert adb("-s", phone.serial, "push", str(tmp_path / "file"), "/data/local/tmp/file").returncode == 0


@pytest.mark.parametrize(("fault", "taken"), [("no_space", True), ("read_only", False)])
def test_that_room_is_made_on_a_full_phone_and_nothing_changes_on_a_read_only_one(
    adb: Adb, phone: SimulatedPhone, tmp_path: Path, fault: str, taken: bool
) -> None:
    (tmp_path / "file").write_bytes(bytes(1000))
    adb("-s", phone.serial, "push", str(tmp_path / "file"), "/data/local/tmp/file")
    phone.switch(fault)
    adb("-s", phone.serial, "shell", "rm -f /data/local/tmp/file")
    phone.switch(None)
    assert (adb("-s", phone.serial, "shell", "ls /data/local/tmp/file").returncode != 0) is taken


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_verb_is_a_phone_until_it_is_ended(adb: Adb, ending: signal.Signals) -> None:
    words = [sys.executable, "-m", "engine", "simulate-phone", "sd865", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        assert told["serial"] == f"127.0.0.1:{told['port']}" and Path(told["tool"]).is_file()
        adb("connect", told["serial"])
        assert adb("-s", told["serial"], "shell", "getprop ro.product.model").stdout == b"simulated SD865\n"
        with socket.create_connection(("127.0.0.1", told["control_port"])) as control:
            control.sendall(b"fault silence\nfault nothing\nclear\n")
            control.shutdown(socket.SHUT_WR)
            lines = control.makefile().readlines()
        assert [line.split()[0] for line in lines] == ["ok", "error", "ok"]
        child.send_signal(ending)
        assert child.wait(20) == 0
    assert not Path(told["tool"]).exists()
    adb("disconnect", told["serial"])
