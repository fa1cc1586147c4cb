"""What one piece of work is, on the machine that does it: a run folder brought to its end.

Who is killed at any moment may be given the same piece again: a run that is finished is left alone, one that somebody
works on is followed to its end, and everything else is gone on with from its last checkpoint.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from engine.contract.run.folder import RunFolder, Status, start
from engine.contract.run.lock import this_host
from engine.contract.run.stopping import stop
from engine.contract.system.environment import TOKEN, TOKEN_PATH
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import Message, UserError

POLL_S = 0.1
_KEYS = (TOKEN, TOKEN_PATH)
Begin = Callable[[Path], object]


def work(run: str, gpus: int = 0, witness: str = "") -> dict[str, object] | None:
    """Bring a run to its end, tied to this process; None, or what keeps it from being begun, as a message's fields.

    `gpus` is how many GPUs this process was given; without any, none is seen. `witness` is a file that whoever asks for
    this holds locked. A KeyboardInterrupt, which is how a fleet cancels, stops the run and is raised on.
    """
    folder = RunFolder(Path(run))
    seen: dict[str, str | None] = dict.fromkeys(_KEYS)
    if not gpus:
        seen["CUDA_VISIBLE_DEVICES"] = ""
    try:
        refuse_what_is_not_shared(folder, witness)
        bring_to_its_end(folder, lambda path: start(path, environment=seen, tied=True))
    except UserError as error:
        return error.message.model_dump()
    except KeyboardInterrupt:
        with contextlib.suppress(UserError):
            stop(folder.root)
        raise
    return None


def bring_to_its_end(folder: RunFolder, begin: Begin) -> Status:
    """Begin the run, or follow who is at it already, until it has ended; raises UserError as `start` does."""
    ours = False
    while True:
        status = folder.status()
        if not is_locked(folder.lock):
            status = folder.status()  # what was told before the lock was let go
            if status == "finished" or ours:
                return status
            ours = _begun(folder, begin)
        time.sleep(POLL_S)


def _begun(folder: RunFolder, begin: Begin) -> bool:
    """Begin it; False where somebody else was quicker, who is then followed."""
    try:
        begin(folder.root)
    except UserError as error:
        if error.message.code not in ("run.locked", "run.finished"):
            raise
        return False
    return True


def refuse_what_is_not_shared(folder: RunFolder, witness: str) -> None:
    """Raises UserError where this machine does not see the run's folder, or not who holds a lock in it."""
    if not folder.job.is_file():
        raise UserError("fleet.no_folder", path=str(folder.root), host=this_host())
    if witness and not is_locked(Path(witness)):
        raise UserError("fleet.no_locks", path=os.fspath(Path(witness).parent), host=this_host())


def message_of(told: dict[str, object] | None) -> Message | None:
    """What `work` has returned, as it was before it was sent."""
    return None if told is None else Message.model_validate(told)
