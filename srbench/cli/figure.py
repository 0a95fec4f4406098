"""`srbench figure`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from srbench.cli import console, options
from srbench.cli.export import check_free
from srbench.core.files import atomic_write, require_place
from srbench.errors import UserError


def figure(
    runs: Annotated[
        list[Path], typer.Argument(help="Folders of runs under one protocol, made by srbench run --save-images.")
    ],
    out: Annotated[Path, typer.Option(help="File to write, which ends in .pdf, .svg or .png.")],
    image: Annotated[
        list[str],
        typer.Option(help="Images, a row each; names, or set14/baboon where a name is not enough. Comma-separated."),
    ] = [],  # noqa: B006  (typer reads it, nothing writes to it)
    crop: Annotated[
        list[str],
        typer.Option(
            help="x,y,width,height in HR pixels; one for each image, or several of one. Default: where models differ."
        ),
    ] = [],  # noqa: B006
    models: Annotated[
        list[str],
        typer.Option(help="Models in the order of the crops; hr and lr too. Default: all models, and hr."),
    ] = [],  # noqa: B006
    labels: Annotated[
        list[str], typer.Option(help="Texts below the crops in place of the models' names, one for each.")
    ] = [],  # noqa: B006
    metrics: Annotated[
        list[str], typer.Option(help="Metrics below the crops; none for no values. Default: psnr,ssim,lpips.")
    ] = [],  # noqa: B006
    values: Annotated[
        Literal["crop", "image"], typer.Option(help="Whether values are of the crop or of the whole image.")
    ] = "crop",
    dataset: Annotated[str, typer.Option(help="Data set of the images.")] = "",
    disputed: Annotated[
        int, typer.Option(min=0, help="Find so many crops where models or metrics disagree most, in place of --image.")
    ] = 0,
    width: Annotated[
        str, typer.Option(help="single (3.25 inches) or double column (6.875 inches), or a number of inches.")
    ] = "double",
    columns: Annotated[int, typer.Option(min=0, help="Crops side by side; 0 chooses the number.")] = 0,
    force: options.Replace = False,
) -> None:
    """Write the panel of a paper: whole images with a crop marked, and the crop of every model enlarged.

    Pixels are repeated, never smoothed. Values of a crop follow the run's protocol without its border; the best are
    bold.
    """
    from srbench.paper import choice
    from srbench.paper import figure as paper
    from srbench.report.figures.crop_panel import draw
    from srbench.report.figures.panel_figure import FORMATS

    form = out.suffix[1:].lower()
    if form not in FORMATS:
        raise UserError(f"{out} ends in '{out.suffix}'; expected a file that ends in .{', .'.join(FORMATS)}")
    check_free(out, force)
    require_place(out)
    names = [options.split(texts) if texts else [] for texts in (image, models, labels, metrics)]
    measured = None if not metrics else [] if names[3] == ["none"] else names[3]
    request = paper.Request(
        *(names[0], [choice.rectangle(text) for text in crop], names[1], names[2], measured),
        *(values, dataset, disputed),
    )
    found = paper.panels(runs, request)
    drawn = draw([panel for panel, _ in found], paper.inches(width), columns)
    with atomic_write(out) as partial:
        drawn.savefig(partial, format=form)
    for panel, view in found:
        why = f": {view.why}" if view.why else ""
        console.out.print(f"{'/'.join(view.place)} {panel.part}{why}", markup=False, soft_wrap=True)
    console.out.print(f"{out}: {drawn.get_figwidth():.2f} x {drawn.get_figheight():.2f} inches", soft_wrap=True)
