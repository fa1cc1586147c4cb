"""The verb that has another machine take part in a training that was started with --nodes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli.arguments import count
from engine.cli.language import say
from engine.cli.projects import open_project
from engine.contract.queue.gate import Gate
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import TrainJob
from engine.contract.text.messages import UserError
from engine.run.ranks.joining import awaited_plan
from engine.run.ranks.processes import RankProcesses, command_of

NAME = "join"
HELP = "take part in a training on several machines (train --nodes), as another of them"
EPILOG = """
The project must lie on this machine at the same path as on the first one, as a shared folder does: checkpoints and
what is found at an evaluation go through it. What the ranks compute goes over the network, unencrypted. Ends when the
training does; after a run that was lost is resumed, it is joined again.
"""


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
    print(say("ranks.join_waits", run=run_dir.name), file=sys.stderr)
    plan = awaited_plan(folder)
    ranks = range(args.node * len(plan.devices), (args.node + 1) * len(plan.devices))
    told = {"node": args.node, "nodes": len(nodes), "address": nodes[args.node], "size": plan.size}
    print(say("ranks.join_begins", first=ranks[0], last=ranks[-1], **told), file=sys.stderr)
    gate = Gate.of_this_machine()
    with folder.log.open("ab") as log, gate.computing():
        processes = RankProcesses(run_dir, lambda: False, log)
        processes.start(ranks, lambda rank: command_of(run_dir, rank))
        try:
            processes.wait()
        except KeyboardInterrupt:
            processes.ask_to_stop()
            processes.wait()
    return 0
