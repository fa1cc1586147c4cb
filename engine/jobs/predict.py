"""Job `predict`: boxes on pictures, drawn and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.contract.run.job import PredictJob
from engine.contract.system.files import write_atomically
from engine.jobs.device import begin_on, quantised
from engine.model.prediction import Finder
from engine.run.context import JobContext


def run(job: PredictJob, context: JobContext) -> dict[str, object]:
    """Write `boxes.json` and one drawn picture each into `out`."""
    from engine.detector.base.runtime import set_threads
    from engine.detector.predict.drawing import draw_boxes, write_picture
    from engine.detector.predict.pictures import read_picture

    set_threads(0)
    begin_on(job.device, context, only_cpu=quantised(Path(job.run)))
    out = Path(job.out)
    context.check_cancelled()  # an `out` in a project that is gone by now would make it anew
    out.mkdir(parents=True, exist_ok=True)
    pictures: list[dict[str, Any]] = []
    context.stage("predict.running", pictures=len(job.pictures))
    with Finder(Path(job.run)) as finder:
        for number, path in enumerate(job.pictures, start=1):
            context.check_cancelled()
            picture = read_picture(path)
            boxes = finder.boxes(picture, job.threshold)
            drawn = out / f"{number:03d}-{Path(path).stem}.png"
            write_picture(drawn, draw_boxes(picture, boxes, finder.model.choice.classes))
            pictures.append({"path": path, "drawn": str(drawn), "boxes": boxes})
            context.progress(number, len(job.pictures), "picture")
    write_atomically(out / "boxes.json", json.dumps({"pictures": pictures}, ensure_ascii=False, indent=1))
    return {"pictures": pictures}
