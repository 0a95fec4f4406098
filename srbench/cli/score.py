"""`srbench score`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench import protocol as protocols
from srbench.cli import console, options
from srbench.cli.names import refuse_unknown
from srbench.core.paths import weights_roots
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.datasets.locate import ImageSet
    from srbench.evaluation.external import Scored
    from srbench.evaluation.results import RunFolder
    from srbench.report.runs.publish import RunReport


def score(
    folders: Annotated[
        list[str],
        typer.Argument(
            metavar="[SR_DIR] HR_DIR",
            help="Folder of the images to score, whose names hold those of their originals; and folder of the "
            "originals, or the id of a data set.",
        ),
    ],
    models: Annotated[
        list[str] | None,
        typer.Option(help="Comma-separated, or repeated: folders to score in place of SR_DIR, each as NAME=FOLDER."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the outputs in tables; by default that of their folder.")] = "",
    pairs: options.Pairs = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder of a run to add the scores and pictures to, beside its models.")
    ] = None,
    limit: options.Limit = None,
    protocol: options.ProtocolName = protocols.DEFAULT,
    metrics: options.Metrics = options.USUAL_METRICS,
    device: options.Device = "auto",
    data_root: options.DataRoot = None,
    weights_root: options.WeightsRoot = None,
    json: options.Json = False,
) -> None:
    """Score images that any other software made, by comparing them with their originals."""
    refuse_unknown(datasets=folders[-1:], metrics=options.split(metrics))
    conventions = protocols.find(protocol)
    from srbench.core.assets import AssetStore
    from srbench.core.device import pick_device, scoring_device
    from srbench.datasets.locate import locate
    from srbench.evaluation import caveats, channels, external, scoring, set_names
    from srbench.evaluation.plan import names_given
    from srbench.evaluation.results import RunFolder
    from srbench.models import naming
    from srbench.report.runs import publish

    outputs, originals = _outputs(folders, models, name)
    if out is not None:
        RunFolder(out).require_place()
    store = AssetStore(weights_roots(weights_root))
    with console.fetching(store):
        images = locate(originals, store, scale=conventions.scale, data_root=data_root, limit=limit)
        if out is not None:
            images = set_names.named([images], names_given(RunFolder(out), "datasets", set_names.reserved()))[0]
        scorers = scoring.scorers(options.split(metrics), conventions, store)
    chosen = scoring_device(pick_device(device))
    names = names_given(RunFolder(out), "models", naming.reserved()) if out is not None else None
    with console.bars() as progress:
        all_scored = [
            external.score_folder(
                folder, images, conventions, scorers, chosen, progress, name=called, names=names, pattern=pairs
            )
            for called, folder in outputs
        ]
    measured = [scorer.metric for scorer in scorers]
    for scored in all_scored:
        unstored = [*images.remarks, *channels.grey_line(images, conventions)]
        scored.notes += caveats.collect([], [images], conventions, measured) if out else unstored
    rows = [row for scored in all_scored for row in scored.rows]
    if out is None:
        notes = list(dict.fromkeys(note for scored in all_scored for note in scored.notes))
        failed = [entry for scored in all_scored for entry in scored.failed]
        report = publish.scores(conventions, rows, (len(images.items), images.total), notes, failed)
    else:
        for scored in all_scored:
            external.store(scored, images, conventions, scorers, chosen, RunFolder(out))
        report = _beside(RunFolder(out), images, all_scored, conventions)
    if json:
        per_image = [
            {"model": r.model, "image": r.image, "metric": r.metric, "value": r.finite(), "flags": r.warnings}
            for r in rows
        ]
        console.print_json(report.as_dict(str(out) if out else None) | {"images": per_image})
    else:
        console.show(report.page)
    if any(scored.failed for scored in all_scored):
        raise typer.Exit(3)


def _outputs(folders: list[str], models: list[str] | None, name: str) -> tuple[list[tuple[str, Path]], str]:
    """Return the folders of outputs with their names in tables, and the originals."""
    if models:
        if len(folders) != 1 or name:
            raise UserError("with --models NAME=FOLDER give HR_DIR alone, without SR_DIR and --name")
        named = [part.rpartition("=") for part in options.split(models)]
        outputs = [(called or Path(folder).resolve().name, Path(folder)) for called, _, folder in named]
        if len({called for called, _ in outputs}) < len(outputs):
            raise UserError(
                f"--models {','.join(models)} gives two folders one name; expected a name for each, as NAME=FOLDER"
            )
        return outputs, folders[0]
    if len(folders) != 2:
        raise UserError(f"{len(folders)} folders are given; expected SR_DIR and HR_DIR, or --models NAME=FOLDER HR_DIR")
    return [(name, Path(folders[0]))], folders[1]


def _beside(
    folder: "RunFolder", images: "ImageSet", all_scored: "list[Scored]", protocol: protocols.Protocol
) -> "RunReport":
    """Write the report and sheets of a run anew, with what was added to it."""
    from srbench.evaluation.beside import beside_of
    from srbench.evaluation.shown import shown
    from srbench.report.runs import kept_sheets, publish

    chosen = shown(folder)
    rows = chosen.rows
    notes = dict.fromkeys([*(note for call in folder.head()["calls"] for note in call["notes"]), *chosen.notes])
    failed = [entry for scored in all_scored for entry in scored.failed]
    report = publish.report(folder, rows, list(notes), {}, failed)
    publish.write(report, folder)
    items = {(images.id, item.name): item for item in images.items}
    originals = {place: item.hr for place, item in items.items()}
    of_set = [row for row in rows if (row.dataset, row.image) in originals]
    kept_sheets.write(folder, of_set, originals, partial(beside_of, items, protocol))
    return report
