"""Pictures that had boxes and whose label file is gone: a file that is missing does not say that nothing is there.

Only formats with a label file for each picture know such: to them a picture without one is a picture without boxes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from engine.contract.dataset import Finding
from engine.data.pictures import Probe
from engine.data.records import SourcePicture
from engine.data.sync.earlier import Earlier


def bereft(
    pictures: Sequence[SourcePicture], probes: Sequence[Probe], earlier: Earlier, corrected: Collection[str]
) -> dict[str, int]:
    """Where such pictures stand, by their paths; those that are `corrected` in the project need no label file."""
    return {
        picture.path: n
        for n, (picture, probe) in enumerate(zip(pictures, probes, strict=True))
        if picture.path is not None
        and picture.file == picture.path
        and not (picture.boxes or picture.lost or probe.problem)
        and probe.digest not in corrected
        and earlier.labelled(picture.path, probe.digest)
    }


def without(findings: Sequence[Finding], gone: Collection[str]) -> Iterator[Finding]:
    """What was found, but for what is said of pictures that are `gone` as if they were without boxes or astray."""
    folders = {f.message.args["folder"] for f in findings if f.message.code == "data.unlabelled_folder"}
    # Those of folders without any label are told by their folder, and not counted among the others.
    amid = [path for path in gone if (path.rpartition("/")[0] or ".") not in folders]
    for finding in findings:
        code = finding.message.code.removeprefix("data.")
        if code in ("unlabelled_folder", "label_astray") and finding.file in gone:
            continue
        if code in ("unlabelled", "unlabelled_amid"):
            left = int(str(finding.message.args["count"])) - len(gone if code == "unlabelled" else amid)
            message = finding.message.model_copy(update={"args": {**finding.message.args, "count": left}})
            finding = finding.model_copy(update={"message": message})
            if left <= 0:
                continue
        yield finding
