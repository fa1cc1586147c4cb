"""Runs benchmark_bin on a phone, one short process at a time."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine.contract.run.job import Backend, Precision
from engine.phone.adb import Device
from engine.phone.faults import PhoneFault, fault_of, shorten
from engine.phone.program import Answer
from engine.phone.words import RemotePath, Script, option
from engine.phone.workspace import PID, RESULT, TOOLS, WORK

PROGRAM = TOOLS / "benchmark_bin"
_BACKENDS: dict[Backend, str] = {"arm": "arm", "opencl": "opencl,arm"}

_VERSION = r"not consistent with current Paddle-Lite version|model format cannot be recognized"
_NO_KERNEL = r"no kernel for|kernels\.size\(\)|op not supported|Unsupported op|no op found"
LIBRARY = r"CANNOT LINK EXECUTABLE|error while loading shared libraries|library \".*\" not found"
_NOT_EXECUTABLE = r"Permission denied|not executable|Exec format error|inaccessible or not found|: not found"
_UNKNOWN_FLAG = r"unknown command line flag"
SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 9: "SIGKILL", 11: "SIGSEGV"}
SIGILL = 4


@dataclass(frozen=True)
class Request:
    """What one process of the tool is to do: which model, on which inputs (one file each, in order), how often.

    `outputs`: print every element of what it finds. `power_mode` is the tool's own, 0 for the big cores, 3 for any.
    `result` is the file that it writes.
    """

    model: RemotePath
    precision: Precision
    backend: Backend
    threads: int
    shapes: str
    inputs: tuple[RemotePath, ...]
    warmup: int
    repeats: int
    outputs: bool = False
    power_mode: int = 0
    result: RemotePath = RESULT


def run_tool(device: Device, request: Request, *, limit_s: float) -> str:
    """The text of the result file of one process; raises PhoneFault with what went wrong and its remedy."""
    flags = flags_of(request)
    script = Script(
        "cd {} && rm -f {} && echo $$ > {} && export LD_LIBRARY_PATH={} && exec {}" + " {}" * len(flags),
        WORK,
        request.result,
        PID,
        TOOLS,
        PROGRAM,
        *flags,
    )
    answer = device.shell(script, limit_s=limit_s, pulse=True, doing="benchmark_bin")
    if failed(answer):
        raise failure(device, request, answer)
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        local = Path(scratch) / "result.txt"
        try:
            device.pull(request.result, local)
        except PhoneFault as fault:
            if not re.search("No such file|does not exist", str(fault.message.args.get("words", ""))):
                raise
            return answer.out  # it left no result file, as tools before 2.10 do not: it is all in its words
        return local.read_text(encoding="utf-8", errors="replace")


def flags_of(request: Request) -> list[str]:
    """The flags of benchmark_bin of 2.13, each one word."""
    flags = [
        option("optimized_model_file", request.model),
        option("input_shape", request.shapes),
        option("input_data_path", list(request.inputs)),
        option("backend", _BACKENDS[request.backend]),
        option("threads", request.threads),
        option("power_mode", request.power_mode),
        option("warmup", request.warmup),
        option("repeats", request.repeats),
        option("enable_memory_profile", "true"),
        option("result_path", request.result),
    ]
    if request.backend == "opencl":
        flags += [option("gpu_precision", request.precision), option("opencl_cache_dir", request.model.parent)]
    else:
        flags.append(option("cpu_precision", "fp16" if request.precision == "fp16" else "fp32"))
    if request.outputs:
        flags.append(option("show_output_elem", "true"))
    return flags


def failure(device: Device, request: Request, answer: Answer) -> PhoneFault:
    """Why a process of the tool failed, by its exit status and its words."""
    words, short = answer.words, shorten(answer.words)
    signal = answer.status - 128 if answer.status > 128 else 0
    if answer.status == 255:
        device.pulse()  # raises when it is the phone that is gone
    if signal == SIGILL or "Illegal instruction" in words:
        return PhoneFault("phone.sigill", precision=request.precision)
    if (told := own_words(request, words)) is not None:
        return told
    if re.search(LIBRARY, words):
        return PhoneFault("phone.library", words=short)
    if re.search("No space left on device", words):
        return PhoneFault("phone.no_space", serial=device.serial)
    if answer.status in (126, 127) or re.search(_NOT_EXECUTABLE, words):
        return PhoneFault("phone.not_executable", serial=device.serial, words=short)
    if signal in SIGNALS:
        return PhoneFault("phone.crashed", signal=SIGNALS[signal], words=short)
    known = fault_of(answer.words, device.serial, "benchmark_bin")
    if known.code != "phone.adb_failed":
        return known
    return PhoneFault("phone.crashed", signal=f"exit status {answer.status}", words=short)


def failed(answer: Answer) -> bool:
    """Whether a process of the tool is not to be believed: it ended badly, or says that the model is another's."""
    return answer.status != 0 or re.search(_VERSION, answer.words) is not None


def own_words(request: Request, words: str) -> PhoneFault | None:
    """What the tool itself says of a model or a flag that it cannot take; None if it says nothing of the kind."""
    if re.search(_VERSION, words):
        return PhoneFault("phone.opt_version", words=shorten(words))
    if re.search(_NO_KERNEL, words) and request.backend == "opencl":
        return PhoneFault("phone.no_opencl", words=shorten(words))
    if re.search(_NO_KERNEL, words):
        return PhoneFault("phone.no_kernel", precision=request.precision, words=shorten(words))
    if re.search(_UNKNOWN_FLAG, words):
        return PhoneFault("phone.unknown_flag", words=shorten(words))
    return None
