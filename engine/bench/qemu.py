"""qemu's user-mode emulation of aarch64 on this machine: where it is, and which processor it can stand in for."""

from __future__ import annotations

import shutil

from engine.contract.text.messages import UserError
from engine.phone.program import run_program

PROGRAMS = ("qemu-aarch64-static", "qemu-aarch64")
CORES = ("cortex-a55", "cortex-a76")
"""Processors of ARMv8.2 with half precision and dot products, as recent phones have; the first that qemu has is taken.

An instruction that came later is unknown to it, as on such a phone.
"""
_LIST_S = 10.0


def find_qemu() -> str:
    """The emulator on PATH; raises UserError `emulation.no_qemu` if there is none."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise UserError("emulation.no_qemu")
    return found


def core_of(program: str) -> str:
    """The processor to emulate; raises UserError `emulation.old_qemu` if qemu lists none that will do."""
    unfit = UserError("emulation.old_qemu", path=program, cores=" / ".join(CORES))

    def wait(seconds: float) -> None:
        if seconds > _LIST_S:
            raise unfit

    known = run_program([program, "-cpu", "help"], wait).out.split()
    core = next((core for core in CORES if core in known), None)
    if core is None:
        raise unfit
    return core
