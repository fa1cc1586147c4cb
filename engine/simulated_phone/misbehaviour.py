"""What a simulated phone can be asked to do wrong, by name and by the stage at which it does it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from engine.contract.text.messages import UserError

FAULTS: dict[str, tuple[str, ...]] = {
    "unauthorized": (),
    "offline": (),
    "unplugged": ("push", "run", "pull"),
    "silence": ("connect", "push", "run", "pull"),
    "no_space": (),
    "read_only": (),
    "slow": (),
    "not_executable": (),
    "wrong_version": (),
    "model_format": (),
    "sigill": (),
    "garbage": (),
    "truncated": (),
    "throttling": (),
}
"""Every fault with the stages that it can be told; the first is meant where none is named."""


@dataclass(frozen=True)
class Fault:
    """One fault; `stage` is empty where the fault has none."""

    name: str
    stage: str = ""

    @classmethod
    def parse(cls, text: str) -> Fault:
        """`NAME` or `NAME:STAGE`; raises UserError that lists the known ones."""
        name, _, stage = text.strip().partition(":")
        stages = FAULTS.get(name)
        if stages is None:
            raise UserError("simulated.unknown_fault", name=name, known=", ".join(FAULTS))
        if stage and stage not in stages:
            raise UserError("simulated.unknown_stage", name=name, stage=stage, known=", ".join(stages) or "-")
        return cls(name, stage or (stages[0] if stages else ""))


class Misbehaviour:
    """The fault that is on now; any thread may ask and switch."""

    def __init__(self, fault: Fault | None = None) -> None:
        self._lock = threading.Lock()
        self._fault = fault

    @property
    def fault(self) -> Fault | None:
        """The fault, None for a phone that behaves."""
        return self._fault

    def switch(self, fault: Fault | None) -> None:
        """Another fault from now on, or none."""
        with self._lock:
            self._fault = fault

    def has(self, name: str, stage: str = "") -> bool:
        """Whether that fault is on, at that stage if one is named."""
        fault = self._fault
        return fault is not None and fault.name == name and stage in ("", fault.stage)

    def take(self, name: str, stage: str) -> bool:
        """Whether that fault is on; if so it is over: a cable is pulled out once."""
        with self._lock:
            if not self.has(name, stage):
                return False
            self._fault = None
            return True
