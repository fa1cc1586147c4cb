"""Job `predict`: boxes on pictures, drawn and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.assembly import load
from engine.context import JobContext
from engine.contract.job import PredictJob
from engine.contract.project import write_atomically


def run(job: PredictJob, context: JobContext) -> dict[str, object]:
    """Write `boxes.json` and one drawn picture each into `out`."""
    from engine.detector.depthwise import fast_depthwise
    from engine.detector.drawing import draw_boxes, write_picture
    from engine.detector.evaluation import network_predictor
    from engine.detector.pictures import read_picture, to_inputs
    from engine.detector.runtime import set_threads

    set_threads(0)
    model, _ = load(Path(job.run))
    predict = network_predictor(model.network)
    out = Path(job.out)
    out.mkdir(parents=True, exist_ok=True)
    context.stage("predict.running", pictures=len(job.pictures))
    pictures: list[dict[str, Any]] = []
    for number, path in enumerate(job.pictures, start=1):
        context.check_cancelled()
        picture = read_picture(path)
        with fast_depthwise():
            rows = predict(to_inputs(picture, model.config))[0]
        boxes = [
            {"class": model.choice.classes[int(row[0])], "score": float(row[1]), "box": [float(v) for v in row[2:6]]}
            for row in rows
            if row[1] >= job.threshold
        ]
        drawn = out / f"{number:03d}-{Path(path).stem}.png"
        write_picture(drawn, draw_boxes(picture, boxes, model.choice.classes))
        pictures.append({"path": path, "drawn": str(drawn), "boxes": boxes})
        context.progress(number, len(job.pictures), "picture")
    write_atomically(out / "boxes.json", json.dumps({"pictures": pictures}, ensure_ascii=False, indent=1))
    return {"pictures": pictures}
