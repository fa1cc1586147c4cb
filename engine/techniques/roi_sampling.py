"""How many RoIs of a picture a two-stage detector's box head learns from: most of what its training costs."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.contract.parameters import parameter
from engine.technique.base import Phase, Technique


class RoiSampling(Technique):
    """Train the box head on fewer RoIs of each picture: faster steps, the same detector."""

    key: ClassVar[str] = "roi_sampling"
    phase: ClassVar[Phase] = Phase.SCHEDULE
    trains: ClassVar[bool] = True
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "roi_sampling.one_stage"

    class Params(Technique.TrainingParams):
        """The default suits small inputs and few objects; ppdet's is 512, of which a quarter at most hold an object."""

        rois: int = parameter("roi_sampling.rois", 128, ge=8, le=2000, simple=True)

    def configure(self, config: dict[str, Any]) -> None:
        """Set the number; in a cascade the later stages take what the first one passes on."""
        config["head"]["targets"]["batch_size_per_im"] = self.params.rois
