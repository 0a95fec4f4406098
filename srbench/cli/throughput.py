"""`srbench throughput`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, names, options
from srbench.core.files import require_folder
from srbench.core.paths import weights_roots
from srbench.core.wording import counted
from srbench.errors import MissingWeights, UserError
from srbench.evaluation.results import RunFolder
from srbench.models import mode as modes
from srbench.speed.ab_record import MARGIN
from srbench.speed.records import SCENARIOS, SIZES, Scenario

if TYPE_CHECKING:
    from srbench.core.timing import TimeBudget
    from srbench.report.speed.trade_off import Quality
    from srbench.speed.psnr_drop import PsnrReference
    from srbench.speed.records import SpeedSession
    from srbench.speed.scenario import Size


_MATRIX = (["all"], ["usual"], ["latency,throughput"])
"""Models, modes and scenarios by default."""

_SIZE = ["180x320"]


def throughput(
    models: Annotated[
        list[str], typer.Option(help="Comma-separated, or repeated: models, named as for `srbench run`.")
    ] = _MATRIX[0],
    mode: Annotated[
        list[str],
        typer.Option(
            help=f"Comma-separated, or repeated: modes, or 'usual' or 'all' for those of the device. {modes.HELP}"
        ),
    ] = _MATRIX[1],
    size: Annotated[
        list[str],
        typer.Option(
            help="Comma-separated, or repeated: sizes of LR as HEIGHTxWIDTH; 'all' for 180x320,270x480,360x640,"
            "540x960,256x256."
        ),
    ] = _SIZE,
    scenario: Annotated[
        list[str],
        typer.Option(help="Comma-separated, or repeated: latency (batch of 1), throughput (largest batch that fits)."),
    ] = (_MATRIX[2]),
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            help="Compare two candidates in interleaved rounds, each MODEL or MODEL+MODE: srresnet srresnet+bf16.",
        ),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Number of images in a call, for --compare.")] = 1,
    margin: Annotated[
        float,
        typer.Option(
            min=0, max=100, help="Difference in time, in %, below which two count as the same, for --compare."
        ),
    ] = 100 * MARGIN,
    max_batch: Annotated[int, typer.Option(min=1, help="Largest batch to try.")] = 64,
    seconds: Annotated[
        float, typer.Option(min=0.05, max=3_600, help="Least time in seconds for which each measurement is repeated.")
    ] = 1.0,
    quality: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a run whose quality is shown beside the speed; by default that of the builtin images."
        ),
    ] = None,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="Use random weights for networks whose weights are not available.")
    ] = False,
    scale: Annotated[int | None, typer.Option(min=1, help="Upscaling factor; 4 by default.")] = None,
    device: options.Device = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, max=4096, help="Number of CPU threads; torch's choice by default.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to which JSON, CSV, Markdown and plots are written; runs/speed/<time> by default."),
    ] = None,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Measure the speed of models: warmed up, synchronised, with its spread and the change in PSNR by each mode.

    Each value is the median of calls on an input that is on the device. Rows that cannot be trusted say why.
    """
    names.refuse_unknown(models=options.split(models))
    scenarios = _scenarios(scenario)
    asked_modes = options.split(mode)
    if asked_modes not in (["usual"], ["all"]):
        asked_modes = list(dict.fromkeys(modes.parse(words).name for words in asked_modes))
    import torch

    from srbench.core import allocator
    from srbench.core.device import pick_device
    from srbench.core.timing import TimeBudget
    from srbench.speed.scenario import Size

    allocator.keep_freed_memory()
    folder = out or Path("runs/speed") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    if out or not compare:
        require_folder(folder)
    if threads:
        torch.set_num_threads(threads)
    asked = _Asked(
        scale=scale,
        device=str(pick_device(device)),
        budget=TimeBudget(seconds, 10 * seconds),
        trust_unpinned=trust_unpinned,
        random_weights=random_weights,
        weights_root=weights_root,
    )
    listed = options.split(size)
    sizes = [Size.parse(text) for text in (SIZES if listed == ["all"] else listed)]
    if compare:
        if (models, mode, scenario) != _MATRIX or len(sizes) > 1 or quality:
            raise UserError(
                "--compare takes two candidates and one --size; leave out --models, --mode, --scenario and --quality"
            )
        _compare(asked, compare, sizes[0], batch, margin / 100, out, json)
        return
    _matrix(asked, options.split(models), asked_modes, sizes, scenarios, max_batch, _quality(quality), folder, json)


@dataclass(frozen=True)
class _Asked:
    """Options that both kinds of call share."""

    scale: int | None
    device: str
    budget: "TimeBudget"
    trust_unpinned: bool
    random_weights: bool
    weights_root: Path | None


def _matrix(
    asked: _Asked,
    models: list[str],
    asked_modes: list[str],
    sizes: list["Size"],
    scenarios: "list[Scenario]",
    max_batch: int,
    quality: "Quality | None",
    out: Path,
    json: bool,
) -> None:
    from srbench.core.assets import AssetStore
    from srbench.models.card import USUAL_SCALE
    from srbench.models.select import select, select_for_speed
    from srbench.report.speed import page, publish
    from srbench.speed import session as sessions

    named = {"usual": sessions.USUAL_MODES, "all": sessions.ALL_MODES}
    kind = "cuda" if asked.device.startswith("cuda") else "cpu"
    listed = named[asked_modes[0]][kind] if asked_modes[0] in named else asked_modes
    wanted = list(dict.fromkeys(modes.parse(words).name for words in listed))
    store = AssetStore(weights_roots(asked.weights_root), trust_unpinned=asked.trust_unpinned)
    with console.fetching(store):
        choose = select_for_speed if asked.random_weights else select
        try:
            selection = choose(models, asked.scale or USUAL_SCALE, store)
        except MissingWeights as error:
            raise MissingWeights(f"{error}. To measure its speed without them: --random-weights") from error
    if not selection.models:
        raise UserError(f"none of the models can run. {'; '.join(selection.unavailable.values())}")
    matrix = sessions.Matrix(
        models=selection.models,
        modes=wanted,
        sizes=sizes,
        scenarios=scenarios,
        device=asked.device,
        budget=asked.budget,
        max_batch=max_batch,
        unavailable=selection.unavailable,
        named=listed is asked_modes,
    )
    session: SpeedSession | None = None
    interrupted = False
    with console.bars() as progress:
        try:
            for so_far in sessions.run(matrix, store, progress):
                session = so_far
                publish.keep(session, out)
        except KeyboardInterrupt:
            interrupted = True
    if session is None:
        raise typer.Exit(130)
    files = publish.write(session, out, quality)
    if json:
        console.print_json(publish.content(session))
    else:
        console.show(page.build(session, quality).page)
    console.err.print(f"Written: {', '.join(str(path) for path in files)}", soft_wrap=True)
    if interrupted:
        raise typer.Exit(130)
    if _incomplete(session, matrix.named):
        raise typer.Exit(3)


def _incomplete(session: "SpeedSession", named: bool) -> bool:
    """Return whether a mode asked for by name failed, or a model failed in all of the usual ones."""
    models = {row.model for row in session.rows}
    measured = {row.model for row in session.rows if not row.failure}
    return any(row.failure for row in session.rows) if named else models != measured


def _compare(
    asked: _Asked,
    compare: tuple[str, str],
    size: "Size",
    batch: int,
    margin: float,
    out: Path | None,
    json: bool,
) -> None:
    import torch

    from srbench.core.assets import AssetStore
    from srbench.models.memory import ran_out
    from srbench.models.select import select_one
    from srbench.report.speed import ab_comparison as report
    from srbench.report.speed import publish
    from srbench.speed import ab_comparison, nvml, psnr_drop

    store = AssetStore(weights_roots(asked.weights_root), trust_unpinned=asked.trust_unpinned)
    with console.fetching(store), console.bars() as progress, progress.task("", 3) as task:
        candidates = []
        prices: PsnrReference | None = None
        for name in compare:
            task.describe(f"{name}: load")
            id_, words = ab_comparison.parse_candidate(name)
            model = select_one(id_, store, asked.scale, random_weights=asked.random_weights)
            if prices is None or prices.protocol.scale != model.scale:
                prices = psnr_drop.reference(model.scale, store)
            task.describe(f"{name}: load, and the change in PSNR")
            candidates.append(ab_comparison.load_candidate(name, model, words, asked.device, prices))
            task.advance()
        task.describe(f"{compare[0]} and {compare[1]} in turn")
        first, second = candidates
        try:
            comparison = ab_comparison.compare(first, second, size, batch, asked.budget, margin)
        except Exception as error:
            if not ran_out(error):
                raise
            raise UserError(
                f"memory ran out with {counted(batch, 'image')} in a call; give a smaller --batch or --size"
            ) from error
    facts = nvml.facts(torch.device(asked.device))
    files = publish.write_ab_comparison(comparison, facts, out) if out else []
    if json:
        console.print_json(publish.ab_content(comparison, facts))
    else:
        console.show(report.page(comparison))
    if files:
        console.err.print(f"Written: {', '.join(map(str, files))}", soft_wrap=True)


def _scenarios(texts: list[str]) -> "list[Scenario]":
    known: list[Scenario] = [name for name in SCENARIOS if name in options.split(texts)]
    wrong = [name for name in options.split(texts) if name not in SCENARIOS]
    if wrong:
        raise UserError(f"'{wrong[0]}' is no scenario; expected {' or '.join(SCENARIOS)}")
    return known


def _quality(folder: Path | None) -> "Quality | None":
    """Return the quality of the models in a run."""
    from srbench.evaluation.shown import shown
    from srbench.evaluation.summary import summarise
    from srbench.report.speed.trade_off import Quality

    if folder is None:
        return None
    run = RunFolder(folder)
    protocol = run.head()["protocol"]
    return Quality(summarise(shown(run).rows), protocol["name"], protocol["scale"])
