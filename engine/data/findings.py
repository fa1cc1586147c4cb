"""How readers and checks report what they find, by severity."""

from __future__ import annotations

from engine.contract.dataset import Action, Finding, Severity
from engine.contract.text.messages import Argument, Message


def error(code: str, file: str, place: str = "", *, mend: Action | None = None, **args: Argument) -> Finding:
    """A finding that stops an import unless `--fix` can `mend` it."""
    return _finding("error", code, file, place, "stopped", mend, args)


def warning(
    code: str,
    file: str,
    place: str = "",
    *,
    action: Action = "kept",
    mend: Action | None = None,
    **args: Argument,
) -> Finding:
    """A finding that a person should act on; the import goes on."""
    return _finding("warning", code, file, place, action, mend, args)


def info(code: str, file: str = "", place: str = "", *, action: Action = "kept", **args: Argument) -> Finding:
    """A finding that tells a choice that was made."""
    return _finding("info", code, file, place, action, None, args)


def _finding(
    severity: Severity,
    code: str,
    file: str,
    place: str,
    action: Action,
    mend: Action | None,
    args: dict[str, Argument],
) -> Finding:
    message = Message(code=f"data.{code}", args={"file": file, "place": place, **args})
    return Finding(severity=severity, message=message, file=file, place=place, action=action, mend=mend)
