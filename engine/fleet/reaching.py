"""Whether a cluster of Ray can be had, found out in seconds before Ray is asked.

Ray itself tries an address where nobody is for minutes, hears no Ctrl-C meanwhile, and tells of it on stderr in lines
of its own. So first a plain connection is tried, then a child asks the head, for a limited time and unheard.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from engine.contract.system.environment import TOKEN, TOKEN_PATH, studio_environment
from engine.contract.text.messages import UserError
from engine.fleet.asking import NO_RAY, WRONG_TOKEN

CONNECT_S = 5.0
ASK_S = 20.0
"""A head answers in less than a second; a busy machine takes some to load Ray."""
CLIENT = "ray://"
_ADDRESS = re.compile(r"(?:ray://)?(?:\[([0-9a-fA-F:]+)\]|([^\s/:\[\]]+)):(\d{1,5})")
_MOST = 65535


def ends_of(address: str) -> tuple[str, int] | None:
    """Host and port of HOST:PORT, [IP]:PORT, or either behind ray://; None for anything else.

    Raises UserError for a port that cannot be.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    port = int(found[3])
    if not 0 < port <= _MOST:
        raise UserError("fleet.no_port", address=address, port=port, most=_MOST)
    return found[1] or found[2], port


def refuse_unreachable(address: str) -> None:
    """Raises UserError where nobody is at the address, or nobody who lets us in."""
    ends = ends_of(address)
    assert ends is not None, "the word was checked"
    try:
        socket.create_connection(ends, timeout=CONNECT_S).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError("fleet.nobody_there", address=address, reason=reason, port=ends[1]) from error
    _refuse_without_token(address)
    if not address.startswith(CLIENT):  # another protocol, for which Ray has a limit of its own
        _answer(address)


def _refuse_without_token(address: str) -> None:
    """As Ray looks for it: by value, in a file that is named, in the usual file."""
    if os.environ.get("RAY_AUTH_MODE", "token").lower() != "token" or os.environ.get(TOKEN):
        return
    named = os.environ.get(TOKEN_PATH)
    if named and not Path(named).is_file():
        raise UserError("fleet.no_token_file", path=named)
    if not named and not (Path.home() / ".ray" / "auth_token").is_file():
        raise UserError("fleet.no_token", address=address)


def _answer(address: str) -> None:
    """Have a child ask the head, which is ended where it gets no answer; what Ray prints there is read by nobody."""
    command, unheard = [sys.executable, "-m", "engine.fleet.asking", address], subprocess.PIPE
    try:
        asked = subprocess.run(
            command, env=studio_environment(), stdout=unheard, stderr=unheard, text=True, timeout=ASK_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UserError("fleet.no_head", address=address, seconds=round(ASK_S)) from error
    if asked.returncode == NO_RAY:
        raise UserError("fleet.no_ray")
    if asked.returncode == WRONG_TOKEN:
        raise UserError("fleet.wrong_token", address=address)
    if asked.returncode:
        reason = asked.stdout.strip() or f"status {asked.returncode}"
        raise UserError("fleet.unreachable", address=address, reason=reason)
