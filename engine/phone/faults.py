"""What goes wrong between this machine and a phone, each as a code with its remedy."""

from __future__ import annotations

import re

from engine.contract.text.messages import Argument, JobFailed, Message

_LONGEST_WORDS = 240
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

# What adb says (29 to 35), in the order in which it is asked; the first that is found names the fault.
# fmt: off
_SAYINGS: tuple[tuple[str, str], ...] = (
    (r"this adb server's \$ADB_VENDOR_KEYS|device unauthorized|unauthorized", "phone.unauthorized"),
    (r"no permissions|insufficient permissions", "phone.no_permissions"),
    (r"more than one (device|emulator)", "phone.several"),
    (r"device offline|error: closed before|device still (connecting|authorizing)", "phone.offline"),
    (r"no devices(/emulators)? found|device '.*' not found|device not found", "phone.gone"),
    (r"No space left on device|ENOSPC", "phone.no_space"),
    (r"cannot connect to daemon|failed to (start|check server)", "phone.server"),
    (r"could not (read ok|install \*smartsocket)", "phone.server"),
    (r"protocol fault|connection (reset|refused)|error: closed|no such transport", "phone.unplugged"),
    (r"broken pipe|\bEOF\b", "phone.unplugged"),
    (r"couldn't (read from|write to) device|failed to read copy response|device .*disconnected", "phone.unplugged"),
    (r"couldn't create file|secure_mkdirs|Read-only file system|Operation not permitted", "phone.not_writable"),
    (r"Permission denied", "phone.not_writable"),
)
# fmt: on


class PhoneFault(JobFailed):
    """Something went wrong on or before a phone. `fatal`: nothing more can be asked of that phone just now."""

    def __init__(self, code: str, **args: Argument | Message) -> None:
        super().__init__(code, **args)

    @property
    def code(self) -> str:
        """The code of the fault."""
        return self.message.code

    @property
    def fatal(self) -> bool:
        """False for what concerns one row of a bench only."""
        return self.code not in ROW_FAULTS


ROW_FAULTS = frozenset(
    f"phone.{name}" for name in ("sigill", "crashed", "no_kernel", "no_opencl", "garbage", "no_outputs", "push_broken")
)


def fault_of(words: str, serial: str, doing: str) -> PhoneFault:
    """The fault that adb's own words tell of; `phone.adb_failed` with those words where they tell nothing known."""
    # Names of files stand in quotation marks and may hold anything.
    bare = re.sub(r"'[^']*'", "''", words)
    for pattern, code in _SAYINGS:
        if re.search(pattern, bare, re.IGNORECASE):
            return _fault(code, serial, words)
    return PhoneFault("phone.adb_failed", serial=serial, doing=doing, words=shorten(words))


def _fault(code: str, serial: str, words: str) -> PhoneFault:
    if code == "phone.several":
        return PhoneFault(code, known="-")
    if code == "phone.server":
        return PhoneFault(code, words=shorten(words))
    return PhoneFault(code, serial=serial)


def shorten(words: str) -> str:
    """Words of a program as one short line of what can be shown; the end, where a program says why it ended."""
    bare = _COLOUR.sub("", words)
    line = " ".join("".join(c if c.isprintable() else " " for c in bare).split()).rstrip(".") or "-"
    return line if len(line) <= _LONGEST_WORDS else "... " + line[-_LONGEST_WORDS:]
