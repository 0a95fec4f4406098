"""`srbench survey extend`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, options
from srbench.cli.survey.collected import Database, open_votes
from srbench.cli.survey.picture_sources import originals
from srbench.cli.survey.plan import StudyFolder
from srbench.errors import UserError


def extend(
    study: StudyFolder,
    raters: Annotated[int | None, typer.Option(min=1, max=10_000, help="Number of raters wanted from now on.")] = None,
    run: Annotated[
        Path | None, typer.Option(help="Folder of a run with more models or images, made by srbench run --save-images.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of images in place of a run: <model>/<image>.png, the originals in hr/.")
    ] = None,
    models: Annotated[
        list[str] | None, typer.Option(help="Comma-separated, or repeated: models to take; all by default.")
    ] = None,
    datasets: Annotated[
        list[str] | None, typer.Option(help="Comma-separated, or repeated: data sets of the run; all by default.")
    ] = None,
    data_root: options.DataRoot = None,
    database: Database = "",
) -> None:
    """Give a study more raters, pictures or models. Begun sessions stay; new ones ask what was asked least so far."""
    if run and images:
        raise UserError("pictures come from --run RUN or from --images DIR; give one of them")
    if raters is None and run is None and images is None:
        raise UserError("nothing is new; give --raters N, --run RUN or --images DIR")
    from srbench import protocol as protocols
    from srbench.survey.plan.extension import extend as write
    from srbench.survey.stimuli import pictures

    with open_votes(study, database) as store:
        plan = store.study
        wanted = options.split(models) if models else []
        sources: list[pictures.Source] = []
        left_out: list[str] = []
        if run:
            sources, left_out = pictures.from_run(run, originals(run, datasets, plan.scale, data_root), wanted)
        elif images:
            sources, left_out = pictures.from_folders(images, wanted)
        if not any(picture.stimulus.reference for picture in plan.pictures if picture.role == "rated"):
            sources = [source for source in sources if not source.reference]
        sources = pictures.with_anchors(sources, plan.method.anchors)
        for line in left_out:
            console.err.print(line, soft_wrap=True, markup=False)
        extended = write(plan, raters or plan.raters, sources, protocols.find(f"classical_x{plan.scale}"))
        added = len(extended.plain) - len(plan.plain)
        facts = {"revision": extended.revision, "raters": extended.raters, "pictures": added}
        store.record_event("extend", facts=facts)
    console.out.print(
        f"{plan.title} is revision {extended.revision}: {extended.raters} raters wanted, {added} new pictures. A "
        "server that runs has to be started anew: srbench survey serve",
        markup=False,
        soft_wrap=True,
    )
