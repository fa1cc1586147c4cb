"""Every fault of a simulated phone at every stage of a bench, and the codes by which it may be told."""

from __future__ import annotations

from engine.simulated_phone.misbehaviour import FAULTS

STAGES = ("phone.finding", "phone.pushing", "phone.measuring")
FAULTY = [f"{name}:{at}" if at else name for name, ats in FAULTS.items() for at in (ats or ("",))]
CASES = [(fault, stage) for fault in FAULTY for stage in STAGES]
CASES += [
    (fault, "phone.comparing") for fault in ("silence:run", "unplugged:pull", "not_executable", "garbage", "sigill")
]
SURE = {
    "unauthorized": {"phone.unauthorized", "phone.offline", "phone.gone", "phone.unplugged", "phone.unknown_serial"},
    "offline": {"phone.offline", "phone.gone", "phone.unplugged", "phone.silent", "phone.unknown_serial"},
    "unplugged": {"phone.offline", "phone.gone", "phone.unplugged", "phone.silent", "phone.adb_failed"},
    "silence": {"phone.silent", "phone.offline", "phone.unplugged", "phone.timeout", "phone.unknown_serial"},
    "no_space": {"phone.no_space"},
    "read_only": {"phone.not_writable"},
    "not_executable": {"phone.not_executable"},
    "wrong_version": {"phone.version"},
    "model_format": {"phone.opt_version"},
    "sigill": {"phone.sigill"},
    "garbage": {"phone.garbage"},
    "truncated": {"phone.garbage"},
    "slow": set(),
    "throttling": set(),
}
"""The codes that may name each fault; none for a phone that is only slow."""


def may_pass(fault: str, stage: str) -> bool:
    """Whether a bench may end well under a fault: the phone is only slow, or by then nothing is sent any more.

    Once the times are there, a tool that fails in the comparison is a red row.
    """
    name, _, at = fault.partition(":")
    late = stage in ("phone.measuring", "phone.comparing")
    in_comparison = name in ("wrong_version", "garbage", "truncated", "sigill")
    return not SURE[name] or (at == "push" and late) or (in_comparison and stage == "phone.comparing")
