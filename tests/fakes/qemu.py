"""A stand-in for qemu, and programs that it can be given: it does what is written at a program's end.

`answers` computes with the twin beside the model's folder and prints as benchmark_bin does; the others are faults.
"""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import sys
import time
from pathlib import Path

from engine.contract.text.resources import ROOT

NAME = "qemu-aarch64-static"
_MARK = b"\ndoes "


def install(folder: Path, cores: str = "cortex-a53 cortex-a76") -> Path:
    """Put the stand-in, which knows those processors, into a folder that is to be on PATH; returns its record."""
    folder.mkdir()
    lines = [
        "import sys",
        f"sys.path.insert(0, {str(ROOT)!r})",
        "from tests.fakes.qemu import main",
        f"main({cores!r})",
    ]
    (folder / NAME).write_text("\n".join([f"#!{sys.executable}", *lines]) + "\n")
    (folder / NAME).chmod(0o755)
    return folder / "calls.jsonl"


def linux_tool(path: Path, does: str = "answers", *, machine: int = 183, loader: str | None = None) -> Path:
    """Write a 64-bit ELF program without code, which asks for that loader; returns it."""
    count = 0 if loader is None else 1
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, machine, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0
    )
    name = b"" if loader is None else loader.encode() + b"\0"
    interpreter = struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(name), len(name), 1) if loader is not None else b""
    path.write_bytes(header + interpreter + name + _MARK + does.encode())
    path.chmod(0o755)
    return path


def main(cores: str) -> None:
    """Do what the words of the command line ask for."""
    words = sys.argv[1:]
    if words == ["-cpu", "help"]:
        print("Available CPUs:\n  " + cores.replace(" ", "\n  "))
        return
    _, core, _, system, program, *flags = words
    told = dict(flag[2:].split("=", 1) for flag in flags)
    call = {
        "core": core,
        "flags": told,
        "system": {
            entry.name: str(entry.readlink()) if entry.is_symlink() else None for entry in Path(system).iterdir()
        },
        "cpuinfo": Path(system, "proc", "cpuinfo").read_text(encoding="ascii"),
        "libraries": os.environ.get("LD_LIBRARY_PATH"),
        "folder": str(Path.cwd()),
    }
    with Path(sys.argv[0]).with_name("calls.jsonl").open("a", encoding="utf-8") as record:
        record.write(json.dumps(call) + "\n")
    _do(Path(program).read_bytes().rpartition(_MARK)[2].decode(), told)


def _do(what: str, flags: dict[str, str]) -> None:
    if what == "crashes":
        sys.stderr.write("[I log] working\nqemu: uncaught target signal 11 (Segmentation fault) - core dumped\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGSEGV)
    elif what == "aborts":
        sys.exit("[F core] Check failed: rows == 3: 4!==3")
    elif what == "lacks fp16" and flags["cpu_precision"] == "fp16":
        os.kill(os.getpid(), signal.SIGILL)
    elif what == "lacks a library":
        sys.exit("benchmark_bin: error while loading shared libraries: libgomp.so.1: cannot open shared object file")
    elif what == "sleeps":
        time.sleep(60)
    elif what != "is silent":
        text = _outputs(flags)
        if what == "strays":
            text = re.sub(r"(?<=out\[0\])\[(\d+)\]:(\S+)", _strayed, text)
        version = "release/v2.12(c0ffee)" if what == "is old" else "v2.13-rc"
        Path(flags["result_path"]).write_text(f"benchmark_bin version: {version}\n{text}", encoding="utf-8")


def _strayed(element: re.Match[str]) -> str:
    """An element of rows of class, score and corners, with the corners 40 px off."""
    off = 40 if int(element[1]) % 6 >= 2 else 0
    return f"[{element[1]}]:{float(element[2]) + off}"


def _outputs(flags: dict[str, str]) -> str:
    from engine.simulated_phone.model import Model

    twin = Path(flags["optimized_model_file"]).parent.with_name("twin")
    shapes = [[int(number) for number in shape.split(",")] for shape in flags["input_shape"].split(":")]
    return Model(twin, "fp32", shapes, [Path(path) for path in flags["input_data_path"].split(":")]).outputs_text()
