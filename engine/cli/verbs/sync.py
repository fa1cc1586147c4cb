"""The verb that brings a project's index up to its source, or with --look tells what that would change."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.cli.arguments import add_exif
from engine.cli.language import language, say
from engine.cli.output import emit_json
from engine.cli.projects import open_project
from engine.cli.scratch import scratch_run
from engine.contract.run.job import SyncJob
from engine.contract.source.changes import SyncResult
from engine.contract.system.files import read_json
from engine.contract.text.messages import Message

NAME = "sync"
HELP = "take in what changed in a project's data: pictures, labels, and corrections made in the studio"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("--data", metavar="FOLDER", type=Path, help="where the data lies now, if it was moved")
    parser.add_argument("--look", action="store_true", help="only tell what would change; nothing is written")
    add_exif(parser, "as it was imported")
    mend = parser.add_mutually_exclusive_group()
    mend.add_argument("--fix", action="store_true", help="mend what can be mended from now on; else as it was imported")
    mend.add_argument("--no-fix", action="store_true", help="mend nothing from now on")


def run(args: argparse.Namespace) -> int:
    """Sync in a worker; exit status 1 where only looked at and an error would stop it."""
    from engine.cli.follow import launch_and_follow
    from engine.data.files import absolute

    folder = open_project(args.dir)
    fix = True if args.fix else False if args.no_fix else None
    source = str(absolute(args.data)) if args.data else None
    job = SyncJob(project=str(folder.root), look=args.look, fix=fix, source=source, exif=args.exif)
    with scratch_run() as scratch:
        # As for `new`: elsewhere than on a terminal a refusal is one sentence and nothing before it.
        launch_and_follow(job, scratch.root, json=args.json, quiet=not sys.stderr.isatty())
        result = SyncResult.model_validate(read_json(scratch.result))
    if args.json:
        emit_json({"figures": [], **result.model_dump(mode="json")})
    else:
        print("\n".join(_lines(result, str(args.dir))))
    return 1 if result.report.has_errors else 0


def _lines(result: SyncResult, project: str) -> Iterator[str]:
    yield from result.report.lines(language())
    if not result.changes.any:
        yield say("sync.nothing")
    for kind, count in result.changes.model_dump().items():
        if count:
            yield say(f"sync.{kind}", count=count)
            shown = [example for example in result.examples if example.kind == kind]
            for example in shown:
                told = " -> ".join(filter(None, (example.before, example.after)))
                if example.before and example.before == example.after:
                    told = say("sync.boxes_moved", boxes=example.after)
                yield f"  {example.path}" + (f"  ({told})" if told else "")
            if count > len(shown):
                yield say("sync.more", count=count - len(shown))
    if not result.written:
        for mend in result.mends:
            what = Message(code=f"data.action.{mend.action}").text(language())
            yield say("sync.mend", count=mend.count, what=what, example=mend.message.text(language()))
    if result.hash_before != result.hash_after:
        yield say("sync.hash", before=result.hash_before[:8], after=result.hash_after[:8])
    errors = [finding for finding in result.report.findings if finding.severity == "error"]
    if result.written:
        yield say("sync.written", dir=project)
    elif errors:
        yield say("sync.stopped" if any(one.mend is None for one in errors) else "sync.stopped_mendable", dir=project)
    elif result.changes.any:
        yield say("sync.looked", dir=project)
