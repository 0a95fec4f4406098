"""`srbench survey create` and `srbench survey plan`."""

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from srbench import protocol as protocols
from srbench.cli import console, options
from srbench.core.paths import weights_roots
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.survey.pictures import Source
    from srbench.survey.study import Study

Method = Annotated[
    Literal["acr", "acr-hr", "dcr", "pair"],
    typer.Option(help="Five categories; with hidden references; against the reference; which of two."),
]
StudyFolder = Annotated[Path, typer.Argument(help="Folder of the study.")]
_WHOLE, _HALF = "960x720", "600x720"


def create(
    study: StudyFolder,
    run: Annotated[Path | None, typer.Option(help="Folder of a run made with --save-images.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folders instead: <model>/<image>.png, originals in hr/.")] = None,
    method: Method = "acr",
    models: Annotated[
        str, typer.Option(help="Comma-separated; all by default. hr: the originals, as one of them.")
    ] = "",
    datasets: Annotated[
        str, typer.Option(help="Comma-separated ids or folders of HR; all of the run by default.")
    ] = "",
    raters: Annotated[int, typer.Option(min=1, help="Wanted.")] = 26,
    share: Annotated[float, typer.Option(min=0.01, max=1, help="Of the contents that each rater sees.")] = 1.0,
    repeats: Annotated[float, typer.Option(min=0, max=0.5, help="Share of trials that come twice.")] = 0.05,
    traps: Annotated[int, typer.Option(min=0, max=50, help="Trap questions in a session.")] = 2,
    pairs: Annotated[
        Literal["full", "sparse", "adaptive"] | None,
        typer.Option(
            help="With --method pair: all pairs, a connected part, or what earlier answers leave open. Default: full."
        ),
    ] = None,
    display: Annotated[
        Literal["toggle", "side"] | None,
        typer.Option(help="Two pictures in turn at one place, or side by side. Default: dcr toggle, pair side."),
    ] = None,
    ties: Annotated[
        bool | None, typer.Option(help="With --method pair: no difference is an answer. Default: it is.")
    ] = None,
    area: Annotated[
        str,
        typer.Option(
            help="Viewer's area in device pixels; larger pictures are cropped. Default: 960x720; side by side: 600x720."
        ),
    ] = "",
    crops: Annotated[Path | None, typer.Option(help="CSV of chosen crops: dataset,content,top,left.")] = None,
    calibration: Annotated[Path | None, typer.Option(help="Folder of HR images that are not rated.")] = None,
    title: Annotated[str, typer.Option(help="For people.")] = "",
    ask: Annotated[
        str, typer.Option(help="In the screen check: some of card,distance,acuity,colour,age; or all.")
    ] = "",
    phones: Annotated[bool, typer.Option("--phones", help="Phones may be used.")] = False,
    keep_ip: Annotated[bool, typer.Option("--keep-ip", help="Store IP addresses; the consent page says so.")] = False,
    consent: Annotated[Path | None, typer.Option(help="Text file for the consent page: who asks, and why.")] = None,
    redirect: Annotated[
        str, typer.Option(help="Where raters go at the end, as https://...?cc={code} of a panel provider.")
    ] = "",
    stop_half: Annotated[
        float | None, typer.Option(help="Close to newcomers when every model's 95 % interval is within ± this.")
    ] = None,
    trial_seconds: Annotated[float, typer.Option(min=1, max=600, help="Expected for a trial.")] = 5.0,
    sitting_minutes: Annotated[float, typer.Option(min=1, max=600, help="Longest sitting.")] = 30.0,
    break_minutes: Annotated[float, typer.Option(min=1, max=600, help="Time between breaks.")] = 10.0,
    protocol: options.ProtocolName = protocols.DEFAULT,
    data_root: options.DataRoot = None,
    seed: Annotated[int, typer.Option(min=0, help="Of every order and crop.")] = 0,
    json: options.Json = False,
) -> None:
    """Plan a survey: pictures, who sees what, how long it takes, and what it will tell. Nothing is ever scaled."""
    from srbench.survey import pictures
    from srbench.survey.creation import create as write
    from srbench.survey.design import Design
    from srbench.survey.terms import CHECKS, Terms, checked

    _refuse_idle(method, pairs, display, ties)
    conventions = protocols.find(protocol)
    display = display or ("toggle" if method == "dcr" else "side")
    beside = method in ("dcr", "pair") and display == "side"
    area_px = _area(area or (_HALF if beside else _WHOLE))
    wanted = options.split(models) if models else []
    if (run is None) == (images is None):
        raise UserError("pictures come from --run RUN or from --images DIR; give one of them")
    if run:
        sources = pictures.from_run(run, _originals(run, datasets, conventions.scale, data_root), wanted)
    else:
        assert images is not None
        sources = pictures.from_folders(images, wanted)
    if method not in ("acr-hr", "dcr") and pictures.REFERENCE not in wanted:
        sources = [source for source in sources if not source.reference]
    design = Design(
        method=method,
        seed=seed,
        share=share,
        repeats=repeats,
        traps=traps,
        pairs=pairs or "full",
        display=display,
        ties=ties is not False,
        trial_seconds=trial_seconds,
        sitting_minutes=sitting_minutes,
        break_minutes=break_minutes,
    )
    checks = CHECKS if ask == "all" else tuple(options.split(ask)) if ask else ()
    terms = checked(Terms(checks, phones, keep_ip, _text(consent), redirect, stop_half))  # type: ignore[arg-type]
    shown = pictures.crops(sources, area_px, _crops(crops), seed)
    anchors = _calibration(calibration, sources)
    with console.bars() as progress:
        made = write(
            study,
            title or study.name,
            design,
            raters,
            sources,
            anchors,
            conventions,
            shown,
            terms,
            progress,
        )
    _show(made, json=json)


def _refuse_idle(method: str, pairs: str | None, display: str | None, ties: bool | None) -> None:
    """Options that this method has no use for.

    Raises:
        UserError: There are some.
    """
    tied = None if ties is None else "ties" if ties else "no-ties"
    for name, given in (("pairs", pairs), (tied, tied)):
        if given and method != "pair":
            raise UserError(f"--{name} does nothing with --method {method}; leave it out, or ask with --method pair")
    if display and method not in ("dcr", "pair"):
        raise UserError(f"--display does nothing with --method {method}, which shows one picture; leave it out")


def plan(
    study: StudyFolder,
    rater: Annotated[int | None, typer.Option(min=0, help="List the trials of the rater with this number.")] = None,
    json: options.Json = False,
) -> None:
    """Look at a plan before anybody rates."""
    from srbench.survey.design import practice, session, sittings
    from srbench.survey.study import load

    made = load(study)
    if rater is None:
        _show(made, json=json)
        return
    split = sittings(made.design, session(made.design, made.shown(), rater))
    first = [(1, 0, trial) for trial in practice(made.design, made.calibration())]
    asked = [(i, k, trial) for i, blocks in enumerate(split, 1) for k, block in enumerate(blocks, 1) for trial in block]
    rows = [
        {"sitting": sitting, "block": block, "kind": trial.kind, "first": trial.first, "second": trial.second}
        for sitting, block, trial in [*first, *asked]
    ]
    if json:
        console.print_json(rows)
        return
    table = Table("trial", *rows[0], box=SIMPLE_HEAD, pad_edge=False)
    for at, row in enumerate(rows, start=1):
        new = at == 1 or (row["sitting"], row["block"]) != (rows[at - 2]["sitting"], rows[at - 2]["block"])
        if new and at > 1:
            table.add_section()
        table.add_row(str(at), *(str(value) for value in row.values()))
    console.out.print(table)


def _show(made: "Study", *, json: bool) -> None:
    from srbench.report.survey import plan as report
    from srbench.survey.forecast import forecast

    with console.err.status("simulating panels"):
        expected = forecast(made)
    if json:
        console.print_json(report.record(made, expected))
    else:
        console.out.print(report.page(made, expected))


def _originals(run: Path, datasets: str, scale: int, data_root: Path | None) -> dict[tuple[str, str], Path]:
    from srbench.core.assets import AssetStore
    from srbench.datasets.locate import locate
    from srbench.evaluation.results import RunFolder

    folder = RunFolder(run)
    folder.head()
    names = options.split(datasets) if datasets else list(dict.fromkeys(row.dataset for row in folder.rows()))
    store = AssetStore(weights_roots(None))
    with console.fetching(store):
        sets = [locate(name, store, scale=scale, data_root=data_root) for name in names]
    return {(found.id, item.name): item.hr for found in sets for item in found.items}


def _text(path: Path | None) -> str:
    try:
        return path.read_text(encoding="utf-8") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); expected a text in UTF-8") from error


def _area(text: str) -> tuple[int, int]:
    size = re.fullmatch("([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", text)
    if size is None:
        raise UserError(f"--area '{text}' is no size; expected WIDTHxHEIGHT, as {_WHOLE}")
    return int(size[1]), int(size[2])


def _crops(path: Path | None) -> dict[tuple[str, str], tuple[int, int]]:
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return {(row["dataset"], row["content"]): (int(row["top"]), int(row["left"])) for row in rows}
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path} cannot be read ({error}); expected a CSV with dataset,content,top,left") from error


def _calibration(folder: Path | None, sources: "list[Source]") -> dict[str, Path]:
    from srbench.core.assets import AssetStore
    from srbench.datasets.locate import locate
    from srbench.survey.pictures import spare

    if folder:
        found = locate(f"{folder}/", AssetStore(weights_roots(None)), scale=1)
        return {item.name: item.hr for item in found.items}
    rated = {source.content for source in sources}
    builtin = locate("builtin", AssetStore(weights_roots(None)), scale=1)
    photographs = {item.name: item.hr for item in builtin.items} | spare()
    return {name: path for name, path in photographs.items() if name not in rated}
