"""What became of a project's source: what `serve figures` is asked and answers, and what job `sync` tells."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.dataset import Action
from engine.contract.report import Report
from engine.contract.text.messages import Message

EXAMPLES = 5
"""So many pictures or files of each kind are named; the counts count all."""
Kind = Literal["added", "changed", "gone", "relabelled", "replaced", "moved", "renamed", "corrected"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(_Frozen):
    """A file or picture by its path in the source, and what it was and is: splits, an earlier path, boxes by class."""

    kind: Kind
    path: str
    before: str = ""
    after: str = ""


class ChangesRequest(BaseModel):
    """The question {"what": "changes"}: what changed in the source of the project in the folder `project`?"""

    model_config = ConfigDict(frozen=True, extra="ignore")

    what: Literal["changes"] = "changes"
    project: str


class SourceChanges(_Frozen):
    """Files of the source that are not what they were when the index was made, by their sizes and times alone.

    A `source` that is not there is no change: the counts are 0 then. `labels` are pictures whose labels were corrected
    in the project, or given back to the source, since. `pictures` of the changed and gone files are pictures that the
    index names: training reads those from the source. `old_counts` tells that an earlier Espalier made the index, which
    counted crowds and difficult boxes among those that are to be found.
    """

    source: str
    source_there: bool
    added: int = 0
    changed: int = 0
    gone: int = 0
    pictures: int = 0
    examples: tuple[Example, ...] = ()
    labels: int = 0
    old_counts: bool = False

    @property
    def any(self) -> bool:
        """Whether a sync may find something to do."""
        return bool(self.source_there and (self.added or self.changed or self.gone)) or self.labels > 0


class SyncCounts(_Frozen):
    """How many pictures of the index a sync changes, and in what.

    `relabelled` have other boxes in the source, `corrected` by what was corrected in the project; `replaced` hold
    other bytes under their old name; `moved` are in another split since the source says so; `renamed` lie elsewhere.
    """

    added: int = 0
    relabelled: int = 0
    replaced: int = 0
    gone: int = 0
    moved: int = 0
    corrected: int = 0
    renamed: int = 0

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return any(self.model_dump().values())


class Mend(_Frozen):
    """What `--fix` would do to all findings of one kind: `message` is the first of them."""

    message: Message
    file: str = ""
    action: Action
    count: int


class SyncResult(BaseModel):
    """The result of job `sync`. With `look` nothing was `written`, and `report` may hold the errors that would stop."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    written: bool
    report: Report
    changes: SyncCounts
    examples: tuple[Example, ...] = ()
    mends: tuple[Mend, ...] = ()
    hash_before: str
    hash_after: str
