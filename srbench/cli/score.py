"""`srbench score`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench import protocol as protocols
from srbench.cli import console, options
from srbench.core.paths import weights_roots


def score(
    sr_dir: Annotated[
        Path, typer.Argument(help="Folder of the images to score, named as their originals; a name may end in x4.")
    ],
    hr_dir: Annotated[str, typer.Argument(help="Folder of the original images, or the id of a data set.")],
    protocol: options.ProtocolName = protocols.DEFAULT,
    metrics: options.Metrics = "psnr,ssim,lpips",
    device: options.Device = "auto",
    data_root: options.DataRoot = None,
    weights_root: options.WeightsRoot = None,
    json: options.Json = False,
) -> None:
    """Score images that any other software made, by comparing them with their originals."""
    from srbench.core.assets import AssetStore
    from srbench.core.device import pick_device
    from srbench.datasets.locate import locate
    from srbench.evaluation import scoring
    from srbench.evaluation.external import score_folder
    from srbench.report.runs import publish

    conventions = protocols.find(protocol)
    store = AssetStore(weights_roots(weights_root))
    with console.fetching(store):
        images = locate(hr_dir, store, scale=conventions.scale, data_root=data_root)
        scorers = scoring.scorers(options.split(metrics), conventions, store)
    with console.bars() as progress:
        chosen = pick_device(device)
        rows = score_folder(sr_dir, images, conventions, scorers, chosen, progress)
    report = publish.scores(conventions, rows, images.total)
    if json:
        per_image = [{"image": r.image, "metric": r.metric, "value": r.finite(), "flags": r.warnings} for r in rows]
        console.print_json(report.as_dict(None) | {"images": per_image})
    else:
        console.show(report.page)
