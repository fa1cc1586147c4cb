"""Job `evaluate`: the COCO figures of a run on one split, kept beside the run."""

from __future__ import annotations

from pathlib import Path

from engine.assembly import Model, load
from engine.context import JobContext
from engine.contract.figures import Conditions, Figure
from engine.contract.job import EvaluateJob
from engine.contract.messages import UserError
from engine.contract.project import write_atomically


def run(job: EvaluateJob, context: JobContext) -> dict[str, object]:
    """Evaluate the run's best checkpoint with Paddle."""
    from engine.data.index import Index
    from engine.detector.depthwise import fast_depthwise
    from engine.detector.evaluation import evaluate, network_predictor
    from engine.detector.runtime import set_threads

    set_threads(0)
    index = Index.open(Path(job.index))
    pictures = index.pictures(job.split)[: job.limit or None]
    if not pictures:
        raise UserError("train.no_pictures", path=job.index, split=job.split)
    model, _ = load(Path(job.run))
    context.stage("evaluate.running", split=job.split, pictures=len(pictures))

    def progress(done: int, total: int) -> None:
        context.check_cancelled()
        context.progress(done, total, "picture")

    with fast_depthwise():
        figures = evaluate(
            network_predictor(model.network),
            pictures,
            model.config,
            model.choice.classes,
            conditions=conditions_of(model, job.split),
            progress=progress,
        )
    figures += computed_figures(model)
    context.figures("final", figures)
    result: dict[str, object] = {"figures": [figure.model_dump(exclude_none=True) for figure in figures]}
    keep_evaluation(Path(job.run), job.split, figures)
    return result


def keep_evaluation(run: Path, split: str, figures: list[Figure]) -> None:
    """Keep a split's figures with the run that they speak of."""
    import json

    lines = [figure.model_dump(exclude_none=True) for figure in figures]
    write_atomically(run / "evaluations" / f"{split}.json", json.dumps(lines, indent=1))


def conditions_of(model: Model, split: str) -> Conditions:
    """What Paddle's figures of a model hold under."""
    size = model.choice.size
    precision = "int8" if any(record and "quantised" in record for record in model.records) else "fp32"
    return Conditions(runtime="Paddle 2.6.2", precision=precision, input=f"{size}x{size}", split=split, nms=True)


def computed_figures(model: Model) -> list[Figure]:
    """MACs and parameters of the network in memory, counted by hooks."""
    from engine.detector.counting import count_by_hooks

    macs, conv_macs, params = count_by_hooks(model.network, model.config)
    size = model.choice.size
    conditions = Conditions(input=f"{size}x{size}")
    return [
        Figure(name="macs", value=macs, unit="MACs", source="computed", conditions=conditions),
        Figure(name="conv_macs", value=conv_macs, unit="MACs", source="computed", conditions=conditions),
        Figure(name="params", value=params, unit="parameters", source="computed", conditions=conditions),
    ]
