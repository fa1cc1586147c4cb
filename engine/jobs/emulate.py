"""Job `emulate`: a run's exports for ARM under emulation, compared with this machine; no phone, and no times."""

from __future__ import annotations

import tempfile
from pathlib import Path

from engine.bench.comparison import compare_models
from engine.bench.emulator import Emulator
from engine.bench.exports import Exports
from engine.bench.linux_tool import MEMORY, check_linux_tool
from engine.contract.emulation import Emulation, Refusal
from engine.contract.run.job import EmulateJob, Precision
from engine.contract.text.messages import Message, UserError
from engine.phone.tool import find_tool
from engine.run.context import JobContext


def run(job: EmulateJob, context: JobContext) -> dict[str, object]:
    """Look at qemu and the tool, export what is missing, compare; raises UserError, PhoneFault or JobFailed."""
    tool = find_tool(job.tool, job.libs, check_linux_tool, MEMORY)
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        side = Emulator(tool, Path(scratch), limit_s=job.limit_s, check=context.check_cancelled)
        exports = Exports(job, context)
        refused = _refused(job, exports, side.core)
        chosen = [exports.get(one, "arm") for one in job.precisions if one not in refused]
        rows = tuple(compare_models(job, context, exports, chosen, side))
    result = Emulation(
        run=Path(job.run).name,
        core=side.core,
        input=f"{exports.choice.size}x{exports.choice.size}",
        runtime=side.runtime,
        rows=rows,
        refused=tuple(Refusal(precision=one, problem=why) for one, why in refused.items()),
        quantised_here=any(export.quantised_here for export in chosen),
        note=Message(code="emulation.note", args={"core": side.core}),
    )
    return {"figures": [], "emulation": result.model_dump(mode="json", exclude_none=True)}


def _refused(job: EmulateJob, exports: Exports, core: str) -> dict[Precision, Message]:
    """The precisions that cannot be tried, with the reason; raises UserError with the first if none is left."""
    why = {one: exports.refusal(one, "arm", True, core) for one in job.precisions}
    refused = {one: message for one, message in why.items() if message is not None}
    if len(refused) == len(why):
        message = next(iter(refused.values()))
        raise UserError(message.code, **message.args)
    return refused
