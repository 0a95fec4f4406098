"""Folders of runs with given values, without running anything."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from srbench import protocol
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import Row


def write_run(
    path: Path,
    values: Mapping[str, Sequence[float]],
    *,
    metric: str = "psnr",
    dataset: str = "set",
    content: str = "",
    pictures: str = "",
    conventions: str = "classical_x4",
    pipeline: int = PIPELINE,
    method: str = "",
) -> RunFolder:
    """Write a folder of a run with one value for each model and image.

    Args:
        path: Folder; what is there is added to.
        values: Values by model.
        metric: Name of the metric.
        dataset: Name of the data set.
        content: What the models' contents are told from others of the same name by.
        pictures: The same of the originals.
        conventions: Name of the protocol.
        pipeline: Version of the pipeline.
        method: Method of which all the models are seeds.
    """
    folder = RunFolder(path)
    of_all = {"protocol": conventions, "dataset": dataset, "metric": metric, "device": "cpu", "mode": "fp32"}
    facts = {"unit": "dB" if metric == "psnr" else "", "higher_is_better": metric != "lpips", "pipeline": pipeline}
    models = {model: {"method": method} for model in values} if method else {}
    call = {"models": models, "datasets": {}, "notes": [], "unavailable": {}, "failed": []}
    folder.record(protocol.find(conventions).as_dict(), {"device": "cpu"}, call)
    rows = [
        Row(
            key=f"{model}{i}{metric}{dataset}{content}",
            model=model,
            identity=f"{model}{content}",
            image=f"im{i}",
            value=value,
            hr=f"{dataset}{i}{pictures}",
            **of_all,  # type: ignore[arg-type]
            **facts,  # type: ignore[arg-type]
        )
        for model, of_model in values.items()
        for i, value in enumerate(of_model)
    ]
    folder.append(rows)
    return folder
