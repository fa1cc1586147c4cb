"""ARM on this machine: a person's own benchmark_bin for Linux on aarch64, run by qemu's user-mode emulation.

The tool gets an ARMv8.2 processor with half precision and dot products, as recent phones have, and is told so: Paddle
Lite chooses kernels by the part numbers in the system's list of processors, where qemu before 8.2 shows this machine's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.bench.linux_tool import folder_of_loader, loader_of
from engine.bench.qemu import core_of, find_qemu
from engine.lite.child.process import last_words
from engine.phone.faults import PhoneFault
from engine.phone.parity import Findings
from engine.phone.program import Answer, run_program
from engine.phone.tool import Tool, check_version
from engine.phone.tool_run import LIBRARY, SIGILL, SIGNALS, Request, failed, flags_of, own_words
from engine.phone.transcript import version_of
from engine.phone.words import RemotePath
from engine.phone.workspace import Cargo

if TYPE_CHECKING:
    from engine.bench.exports import Export

FINDINGS = Findings(
    "emulation.agrees", "emulation.nearly", "phone.parity_nothing", "emulation.differs", "emulation.map_differs"
)
# A Cortex-A55's, which Paddle Lite knows; the part number that it takes for an A76 is another processor's.
_CPUINFO = """processor\t: 0
Features\t: fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x1
CPU part\t: 0xd05
CPU revision\t: 0
"""
_ANY_CORE = 3


class EmulationFault(PhoneFault):
    """Something went wrong under emulation."""

    @property
    def fatal(self) -> bool:
        """False for what concerns one model only."""
        return self.code == "emulation.library"


class Emulator:
    """A tool under qemu; a side of a comparison. `folder` is for its files, and is emptied by who made it.

    `check` is called while waiting and may raise. Raises UserError if qemu is not there or knows no such processor.
    """

    findings = FINDINGS

    def __init__(self, tool: Tool, folder: Path, *, limit_s: float, check: Callable[[], None]) -> None:
        self._tool, self._folder, self._limit_s, self._check = tool, folder, limit_s, check
        self._program = find_qemu()
        self.core = core_of(self._program)
        loader = loader_of(tool.program)
        self._system = _system(folder / "system", folder_of_loader(loader) if loader else None)
        self.runtime: str | None = None

    def text(self, export: Export, fed: Sequence[Cargo]) -> str:
        """What the tool prints of one picture; raises PhoneFault with what went wrong and its remedy."""
        from engine.phone.inputs import shapes_of

        result = self._folder / "result.txt"
        result.unlink(missing_ok=True)
        request = Request(
            RemotePath(str(export.nb)),
            export.precision,
            export.backend,
            1,
            shapes_of(export.card),
            tuple(RemotePath(str(item.local)) for item in fed),
            warmup=0,
            repeats=1,
            outputs=True,
            power_mode=_ANY_CORE,
            result=RemotePath(str(result)),
        )
        answer = self._run(request)
        if failed(answer):
            raise failure(request, answer)
        text = result.read_text(encoding="utf-8", errors="replace") if result.is_file() else answer.out
        self.runtime = version_of(text) or self.runtime
        check_version(self.runtime)
        return text

    def _run(self, request: Request) -> Answer:
        words = [self._program, "-cpu", self.core, "-L", str(self._system), str(self._tool.program.resolve())]
        libraries = {"LD_LIBRARY_PATH": str(self._tool.libraries[0].parent.resolve())} if self._tool.libraries else {}
        # The folder is its own, for qemu leaves what was in memory there when the tool crashes.
        return run_program(
            [*words, *flags_of(request)], self._wait, folder=self._folder, environment=os.environ | libraries
        )

    def _wait(self, seconds: float) -> None:
        self._check()
        if seconds > self._limit_s:
            raise EmulationFault("emulation.timeout", seconds=round(self._limit_s, 1))


def failure(request: Request, answer: Answer) -> PhoneFault:
    """Why the tool failed, by its exit status and its words; a signal's number is the status below 0 or above 128."""
    if (told := own_words(request, answer.words)) is not None:
        return told
    words = last_words(answer.err if answer.err.strip() else answer.out)
    if re.search(LIBRARY, words):
        return EmulationFault("emulation.library", words=words)
    signal = -answer.status if answer.status < 0 else answer.status - 128
    if signal == SIGILL:
        return EmulationFault("emulation.sigill", precision=request.precision)
    return EmulationFault("emulation.crashed", signal=SIGNALS.get(signal, f"exit status {answer.status}"), words=words)


def _system(folder: Path, libraries: Path | None) -> Path:
    """A folder that qemu looks into before this machine's root: the tool's libraries, and the list of processors."""
    folder.mkdir()
    if libraries is not None and libraries != Path(libraries.anchor):
        for entry in libraries.iterdir():
            (folder / entry.name).symlink_to(entry)
    told = folder / "proc" / "cpuinfo"
    if not told.parent.exists():
        told.parent.mkdir()
        told.write_text(_CPUINFO, encoding="ascii")
    return folder
