"""The simulated `benchmark_bin`: a file that stands for it, an ELF header and words that say what it is; and what it
does: the flags, checks and output of the real one of 2.13, with estimated times."""

from __future__ import annotations

import json
import math
import re
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.contract.text.messages import JobFailed, UserError
from engine.simulated_phone.machine import KILLED, Machine, Process, Streams
from engine.simulated_phone.model import Asked, open_model

_DEFAULTS = {
    "optimized_model_file": "", "model_file": "", "param_file": "", "uncombined_model_dir": "", "input_shape": "",
    "input_data_path": "", "input_data_type": "float", "output_data_path": "", "warmup": "0", "repeats": "1",
    "run_delay": "0", "power_mode": "0", "threads": "1", "result_path": "", "backend": "", "cpu_precision": "fp32",
    "gpu_precision": "fp16", "opencl_cache_dir": "", "opencl_kernel_cache_file": "", "opencl_tuned_file": "",
    "opencl_tune_mode": "normal", "enable_memory_profile": "false", "show_output_elem": "false",
}  # fmt: skip
_ABORTED, _ILLEGAL = 134, 132
_MARK = b"\nespalier simulated benchmark_bin: no program; only a simulated phone answers for it\n"
# 64-bit little-endian ELF, an executable for aarch64 (183), without any segment: no Linux runs it.
_HEADER = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 183, 1, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0)


class Refused(Exception):
    """The tool ends with this status and these words."""

    def __init__(self, words: str, status: int = _ABORTED) -> None:
        self.words, self.status = words, status


@dataclass(frozen=True)
class Times:
    """Milliseconds of one process: loading, the first run, and every counted one."""

    init: float
    first: float
    runs: list[float]


@dataclass(frozen=True)
class StandIn:
    """What the tool says and needs: its version, `old` output format (2.9 and before, no result file), libraries."""

    version: str = "v2.13-rc"
    old: bool = False
    libraries: tuple[str, ...] = ()


def simulated_tool(
    path: Path, version: str = "v2.13-rc", *, old: bool = False, libraries: tuple[str, ...] = ()
) -> Path:
    """Write the stand-in as `path`; returns it."""
    path.write_bytes(_HEADER + _MARK + json.dumps(asdict(StandIn(version, old, libraries))).encode() + b"\n")
    path.chmod(0o755)
    return path


def stand_in_of(path: Path) -> StandIn | None:
    """What a file stands for; None if it is another program, or a broken stand-in."""
    data = path.read_bytes()[:65536]
    head, mark, rest = data.partition(_MARK)
    if not mark or head != _HEADER:
        return None
    try:
        told = json.loads(rest)
        return StandIn(str(told["version"]), bool(told["old"]), tuple(map(str, told["libraries"])))
    except (ValueError, KeyError, TypeError):
        return None


def run_tool(stand_in: StandIn, words: list[str], process: Process, streams: Streams) -> int:
    """One run of the tool; its exit status."""
    try:
        process.stage("run")
        text = _measured(process, stand_in, _flags(words))
    except Refused as refused:
        streams.complain(f"benchmark_bin (simulated): {refused.words}\n")
        return refused.status
    except (UserError, JobFailed) as error:
        streams.complain(f"benchmark_bin (simulated): Check failed: {error.message.text()}\n")
        return _ABORTED
    if process.aborted.is_set():
        return KILLED
    streams.say(text)
    return 0


def _flags(words: list[str]) -> dict[str, str]:
    flags = dict(_DEFAULTS)
    for word in words:
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("--") or name not in flags:
            raise Refused(f"ERROR: unknown command line flag '{name}'", 1)
        flags[name] = value if equals else "true"
    for name in ("warmup", "repeats", "threads", "power_mode"):
        if not re.fullmatch(r"\d{1,6}", flags[name]):
            raise Refused(f"ERROR: illegal value '{flags[name]}' specified for int32 flag '{name}'", 1)
    return flags


def _measured(process: Process, stand_in: StandIn, flags: dict[str, str]) -> str:
    machine, faults = process.machine, process.machine.misbehaviour
    _check_libraries(process, stand_in)
    if not flags["backend"]:
        raise Refused("Check failed: backend is not set", 1)
    if "opencl" in flags["backend"]:
        raise Refused("Check failed: no kernel for opencl: a simulated phone has no GPU")
    if not flags["optimized_model_file"]:
        raise Refused("Check failed: a simulated phone runs --optimized_model_file only")
    fp16 = flags["cpu_precision"] == "fp16"
    if fp16 and (not machine.body.soc.fp16 or faults.has("sigill")):
        raise Refused("Illegal instruction", _ILLEGAL)
    if faults.has("model_format"):
        raise Refused(
            "The model format cannot be recognized. Please make sure you use the correct interface and model file."
        )
    read = Asked(lambda path: machine.storage.local(process.path(path)), flags)
    model = open_model(read, fp16)
    times = _times(machine, model.milliseconds(machine.body.soc.key, int(flags["threads"])), flags)
    version = "v2.9" if faults.has("wrong_version") else stand_in.version
    text = _report(machine, version, stand_in.old, flags, times, model.megabytes())
    if flags["show_output_elem"] == "true":
        text += model.outputs_text()
    if faults.has("garbage"):
        text = "\x1b[0m\ufffd\ufffd simulated garbage 0xdeadbeef min = nan max = -1\n"
    if faults.has("truncated"):
        text = text[: len(text) // 3]
    if flags["result_path"] and not stand_in.old:
        try:
            machine.storage.writable(process.path(flags["result_path"])).write_text(text, encoding="utf-8")
        except OSError as error:
            raise Refused(f"{flags['result_path']}: {error.strerror}", 1) from error
    return text


def _check_libraries(process: Process, stand_in: StandIn) -> None:
    folders = [folder for folder in process.variables.get("LD_LIBRARY_PATH", "").split(":") if folder]
    for name in stand_in.libraries:
        if not any(process.machine.storage.exists(process.path(f"{folder}/{name}")) for folder in folders):
            raise Refused(f'CANNOT LINK EXECUTABLE "benchmark_bin": library "{name}" not found', 1)


def _times(machine: Machine, base: float, flags: dict[str, str]) -> Times:
    """A few percent of spread, a slow first run, and slower ones where the phone is hot."""
    body = machine.body

    def one() -> float:
        return base / body.clock_share * math.exp(body.random.gauss(0.0, 0.02))

    first = one() * 1.6
    warm, repeats = int(flags["warmup"]), max(1, int(flags["repeats"]))
    runs = [one() for _ in range(min(repeats, 1000))]
    body.work((warm + repeats) * base / 1000)
    return Times(20.0 + 2.0 * base, first, runs)


def _report(
    machine: Machine, version: str, old: bool, flags: dict[str, str], times: Times, memory: tuple[float, float]
) -> str:
    low, high, mean = min(times.runs), max(times.runs), math.fsum(times.runs) / len(times.runs)
    note = "This is simulated: times are estimates of Espalier's, no phone was measured.\n"
    if old:
        return f"{note}model, min = {low:.5f}, max = {high:.5f}, average = {mean:.5f}\n"
    told = machine.body.properties()
    lines = [
        note,
        "======= Opt Info =======",
        f"Load optimized model: {flags['optimized_model_file']}\n",
        "======= Device Info =======",
        f"Brand: {told['ro.product.brand']}",
        f"Device: {told['ro.product.device']}",
        f"Model: {told['ro.product.model']}",
        f"Android Version: {told['ro.build.version.release']}",
        f"Android API Level: {told['ro.build.version.sdk']}\n",
        "======= Model Info =======",
        f"optimized_model_file: {flags['optimized_model_file']}",
        f"input_data_path: {flags['input_data_path'] or 'All 1.f'}",
        f"input_shape: {flags['input_shape']}\n",
        "======= Runtime Info =======",
        f"benchmark_bin version: {version}",
        f"threads: {flags['threads']}",
        f"power_mode: {flags['power_mode']}",
        f"warmup: {flags['warmup']}",
        f"repeats: {flags['repeats']}\n",
        "======= Backend Info =======",
        f"backend: {flags['backend']}",
        f"cpu precision: {flags['cpu_precision']}\n",
        "======= Perf Info =======",
        "Time(unit: ms):",
        *(f"{name:<6}= {value:<12.3f}".rstrip() for name, value in _perf(times, low, high, mean)),
    ]
    if flags["enable_memory_profile"] == "true":
        lines += ["\nMemory Usage(unit: MB):", f"init  = {memory[0]:.3f}", f"peak  = {memory[1]:.3f}"]
    return "\n".join(lines) + "\n\n"


def _perf(times: Times, low: float, high: float, mean: float) -> list[tuple[str, float]]:
    return [("init", times.init), ("first", times.first), ("min", low), ("max", high), ("avg", mean)]
