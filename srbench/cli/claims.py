"""`srbench claims`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, options
from srbench.core.paths import weights_roots
from srbench.evaluation.results import RunFolder


def claims(
    models: Annotated[list[str], typer.Option(help="Models; names or patterns. Default: all.")] = [],  # noqa: B006
    datasets: Annotated[list[str], typer.Option(help="Data sets; ids or patterns. Default: all.")] = [],  # noqa: B006
    protocol: Annotated[list[str], typer.Option(help="Protocols; names or patterns. Default: all.")] = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder with a run for each protocol.")] = Path("runs/claims"),
    device: options.Device = "auto",
    data_root: options.DataRoot = None,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    form: options.Format = "terminal",
    json: options.Json = False,
) -> None:
    """Measure again what the cards of models claim, each score under its protocol.

    Models whose weights are not at hand are listed as not checked. Rows are stored as they are made; the same command
    again goes on where it stopped. The exit code is 3 if a score differs.
    """
    form = options.format_of(form)
    asked = [options.split(names) for names in (models, datasets, protocol)]
    from srbench.core.assets import AssetStore
    from srbench.core.device import pick_device
    from srbench.core.environment import describe
    from srbench.datasets.locate import locate
    from srbench.evaluation import claims as claimed
    from srbench.models.mode import parse
    from srbench.report.formats import csv
    from srbench.report.publish import PAGES
    from srbench.report.runs.claims import ClaimsReport

    chosen = claimed.chosen(*asked)
    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    place = partial(locate, store=store, data_root=data_root)
    where = pick_device(device)
    mode = parse("fp32", str(where))
    with console.bars() as progress:
        checks = list(claimed.measure(chosen, lambda name: RunFolder(out / name), store, place, mode, progress))
    report = ClaimsReport(checks, describe(where))
    if json:
        console.print_json(report.as_dict())
    elif form == "terminal":
        console.show(report.page())
    else:
        console.print_text(csv.records(report.as_dict()["claims"]) if form == "csv" else PAGES[form](report.page()))
    if report.differing:
        raise typer.Exit(3)
