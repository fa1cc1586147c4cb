"""One sitting of a worker: owns the event stream, the lock, the cancel flag and the one broad except."""

from __future__ import annotations

import contextlib
import errno
import importlib
import importlib.metadata
import json
import os
import traceback
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from engine.contract.device.wheel import CPU_WHEEL, GPU_WHEEL
from engine.contract.queue.gate import Gate
from engine.contract.run.events import CancelledEvent, Failed, Finished, Hello
from engine.contract.run.folder import RunFolder, begin_sitting, folder_gone, read_job
from engine.contract.run.lock import LockRecord, RunLock, read_record
from engine.contract.run.memory import IN_A_LOG, no_memory
from engine.contract.system.cores import core_count, processor
from engine.contract.system.files import write_atomically
from engine.contract.system.processes import leads_group, start_time
from engine.contract.text.messages import Argument, Cancelled, JobFailed, Message, UserError
from engine.run.context import JobContext
from engine.run.stop_signal import StopSignal
from engine.run.stream import EventWriter

JobFunction = Callable[[Any, JobContext], dict[str, object]]
RESULT_SCHEMA = 1
_NO_ACCESS = (errno.EACCES, errno.EPERM, errno.EROFS)
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_OF_A_PHONE = ("bench",)
"""Jobs that mostly wait for a phone, and say themselves when this machine computes."""
_PACKAGES = ("espalier", CPU_WHEEL, GPU_WHEEL, "paddledet", "paddleslim", "paddlelite")


def run(run_dir: Path, *, jobs: Mapping[str, JobFunction] | None = None, lock: RunLock | None = None) -> int:
    """Do the job of a run folder and return the exit status: 0 done, 1 failed, 2 bad input, 130 cancelled.

    `jobs` maps a job's kind to its function; by default that is `run` of `engine.jobs.KIND`. `lock` is the
    run's, if the caller has it. Raises UserError as `begin_sitting` does, and then writes nothing.
    """
    folder = RunFolder(run_dir)
    lock = lock or begin_sitting(folder)
    try:
        with EventWriter(folder.events) as stream, StopSignal() as stop:
            _sign(folder, lock)
            stream.emit(_hello())
            sitting = len(stream.earlier.sittings) + 1
            gate = Gate.of_this_machine()
            context = JobContext(folder.root, stream.emit, sitting=sitting, stop_asked=stop.asked, gate=gate)
            terminal, status = _attempt(folder, context, jobs, stop)
            if context.homeless:
                # Told into the stream that is open: it is read where the folder was moved to.
                terminal, status = _failed(folder_gone(folder).message), 1
            stream.emit(terminal)
            return status
    except OSError as error:
        # No room for even one line of the stream: the run reads as lost, its checkpoints stand. The end of the log is
        # what is told of it.
        _log(folder, _explain(error, folder) if error.errno in _DISK_FULL else error)
        return 1
    finally:
        lock.close()


def _attempt(
    folder: RunFolder, context: JobContext, jobs: Mapping[str, JobFunction] | None, stop: StopSignal
) -> tuple[Finished | CancelledEvent | Failed, int]:
    try:
        job = read_job(folder)
        function = jobs[job.kind] if jobs else importlib.import_module(f"engine.jobs.{job.kind}").run
        with nullcontext() if job.kind in _OF_A_PHONE else context.computing():
            result = {"schema": RESULT_SCHEMA, **function(job, context)}
        context.flush()
        write_atomically(folder.result, json.dumps(result, indent=2, allow_nan=False))
        return Finished(), 0
    except Cancelled:
        return CancelledEvent(), 130
    except UserError as error:
        return _failed(error.message, usage=True), 2
    except JobFailed as error:
        _log(folder, error)
        return (CancelledEvent(), 130) if stop.asked() else (_failed(error.message), 1)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the one place where any failure becomes an event
        _log(folder, error)
        return (CancelledEvent(), 130) if stop.asked() else (_failed(_explain(error, folder)), 1)


def _failed(message: Message, *, usage: bool = False) -> Failed:
    return Failed(message=message, text=message.text(), usage=usage)


def _explain(error: BaseException, folder: RunFolder) -> Message:
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return Message(code="run.disk_full", args={"path": str(error.filename or folder.root)})
    if isinstance(error, OSError) and error.errno in _NO_ACCESS and error.filename:
        path, reason = os.fsdecode(error.filename), error.strerror or str(error)
        return Message(code="run.no_access", args={"path": path, "reason": reason})
    if _wants_memory(error):
        try:
            return no_memory(read_job(folder))
        except UserError:
            return no_memory(None)
    args: dict[str, Argument] = {"error": type(error).__name__, "reason": str(error), "log": str(folder.log)}
    return Message(code="run.crashed", args=args)


def _wants_memory(error: BaseException) -> bool:
    """Whether memory ran out: Paddle and numpy raise MemoryError, OpenCV and the system tell it in words."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return any(word in str(error) for word in (*IN_A_LOG, "Insufficient memory"))


def _log(folder: RunFolder, error: BaseException | Message) -> None:
    with contextlib.suppress(OSError), folder.log.open("a", encoding="utf-8") as log:
        if isinstance(error, Message):
            print(error.text(), file=log)
        else:
            traceback.print_exception(error, file=log)


def _sign(folder: RunFolder, lock: RunLock) -> None:
    """Write into the lock file who works here, so that the run can be stopped."""
    pid = os.getpid()
    update = {"pid": pid, "started": start_time(pid), "leads": leads_group()}
    lock.write((read_record(folder.lock) or LockRecord()).model_copy(update=update))


def _hello() -> Hello:
    versions = {}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return Hello(pid=os.getpid(), versions=versions, device=f"CPU, {core_count()} cores, {processor().name}")
