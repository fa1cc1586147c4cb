"""What a machine that joins a training goes by: the plan of the sitting that is going on, waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from engine.contract.run.folder import RunFolder
from engine.contract.run.ranks import Plan, read_plan
from engine.contract.run.watch import POLL_S
from engine.contract.system.locks import alone
from engine.contract.text.messages import UserError
from engine.run.ranks.meeting import read_state

REMINDED_S = 30.0
_BROKEN_OFF = ("cancelled", "failed")


def awaited_plan(folder: RunFolder, remind: Callable[[], None] = lambda: None) -> Plan:
    """What the first node planned for the sitting that is going on, or for the next one.

    A run that was cancelled or failed is waited for, since it is joined as it is resumed. `remind` is called now and
    then, for somebody may wait in a folder that is not shared. Raises UserError
    `ranks.join_finished` for a finished one, and `ranks.join_over` where the sitting waited for ends without us.
    """
    resumed_soon = folder.status() in _BROKEN_OFF
    seen: tuple[Plan, int, int] | None = None
    reminded = time.monotonic()
    while True:
        if time.monotonic() - reminded > REMINDED_S:
            remind()
            reminded = time.monotonic()
        now = _beat(folder)
        if now is not None and seen is not None and now[1] == seen[1] and now[2] > seen[2]:
            return now[0]
        seen = seen if now is None or (seen is not None and seen[1] == now[1]) else now
        status = folder.status()
        if status == "finished":
            raise UserError("ranks.join_finished", run=folder.root.name)
        if status not in _BROKEN_OFF:
            resumed_soon = False
        elif not resumed_soon:
            raise UserError("ranks.join_over", run=folder.root.name)
        time.sleep(POLL_S)


@contextmanager
def as_node(folder: RunFolder, plan: Plan, node: int) -> Iterator[None]:
    """Nobody else joins as that node meanwhile; raises UserError `ranks.node_taken` where somebody has."""
    with ExitStack() as held:
        try:
            held.enter_context(alone(plan.folder(folder.root) / f"node{node}.lock", 0.0))
        except BlockingIOError:
            raise UserError("ranks.node_taken", node=node, run=folder.root.name) from None
        yield


def _beat(folder: RunFolder) -> tuple[Plan, int, int] | None:
    """The plan that stands there, its sitting, and how far rank 0's counter is; None where that is over.

    A plan stands there after its sitting was lost, too: one is going on where the counter does.
    """
    plan = read_plan(folder.root)
    told = read_state(plan.folder(folder.root), 0) if plan is not None else {}
    return None if plan is None or "beat" not in told or told.get("over") else (plan, plan.sitting, int(told["beat"]))
