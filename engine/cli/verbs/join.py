"""The verb that has another machine take part in a training that was started with --nodes."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from engine.cli.arguments import count
from engine.cli.language import say
from engine.cli.projects import open_project
from engine.contract.queue.gate import Gate
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import TrainJob
from engine.contract.run.ranks import Plan
from engine.contract.text.messages import Argument, JobFailed, UserError
from engine.run.ranks.joining import as_node, awaited_plan
from engine.run.ranks.meeting import raise_ended, read_state
from engine.run.ranks.processes import RankProcesses, command_of

NAME = "join"
HELP = "take part in a training on several machines (train --nodes), as another of them"
EPILOG = """
The project must lie on this machine at the same path as on the first one, as a shared folder does: checkpoints and
what is found at an evaluation go through it. What the ranks compute goes over the network, unencrypted. Ends when the
training does; if the first machine is lost meanwhile, it is waited for and joined again.
"""
_OTHERS_LOST = ("ranks.lost", "ranks.silent")
"""What a rank says that had no trouble of its own."""


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", help="name or number of the run (see show)")
    place = "this machine's place in the run's --nodes; 0 is the one where it was started"
    parser.add_argument("--node", metavar="I", type=count("a place"), required=True, help=place)
    parser.epilog = EPILOG


def run(args: argparse.Namespace) -> int:
    """Wait for the first node, start this one's ranks, and wait for their end."""
    run_dir = open_project(args.dir).run(args.run)
    folder = RunFolder(run_dir)
    job = read_job(folder)
    nodes = job.settings.nodes if isinstance(job, TrainJob) else ()
    if len(nodes) < 2:
        raise UserError("ranks.join_alone", run=run_dir.name)
    if args.node >= len(nodes):
        raise UserError("ranks.node_unknown", node=args.node, run=run_dir.name, known=", ".join(nodes))
    _say("ranks.join_waits", run=run_dir.name)
    remind = partial(_say, "ranks.join_still", path=str(run_dir))
    done = False
    while not done:
        plan = awaited_plan(folder, remind)
        with as_node(folder, plan, args.node):
            done = _take_part(folder, plan, args.node)
        _say("ranks.join_done" if done else "ranks.join_anew", run=run_dir.name)
    return 0


def _take_part(folder: RunFolder, plan: Plan, node: int) -> bool:
    """Whether it came to its end, and not to that of the first machine; raises what this one's ranks ended with."""
    ranks = range(node * len(plan.devices), (node + 1) * len(plan.devices))
    _say("ranks.join_begins", node=node, address=plan.nodes[node], count=len(ranks), size=plan.size)
    with folder.log.open("ab") as log, Gate.of_this_machine().computing():
        processes = RankProcesses(folder.root, lambda: False, log)
        processes.start(ranks, lambda rank: command_of(folder.root, rank))
        try:
            processes.wait()
        except KeyboardInterrupt:
            _say("cli.stopping")
            folder.cancel.touch()  # for all machines: none can go on without this one
            processes.wait()
    met = plan.folder(folder.root)
    try:
        raise_ended(met, ranks)
    except JobFailed as error:
        if error.message.code not in _OTHERS_LOST:
            raise
        return False
    return bool(read_state(met, 0).get("over"))  # what a lost sitting left is gone once the next has begun


def _say(code: str, **told: Argument) -> None:
    print(say(code, **told), file=sys.stderr, flush=True)
