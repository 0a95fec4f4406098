"""`srbench throughput`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.core.paths import weights_roots
from srbench.errors import MissingWeights, UserError
from srbench.evaluation.results import RunFolder
from srbench.speed.records import SCENARIOS, SIZES, Scenario

if TYPE_CHECKING:
    from srbench.core.timing import TimeBudget
    from srbench.report.speed.trade_off import Quality
    from srbench.speed.records import Session
    from srbench.speed.scenario import Size


_MATRIX = ("all", "usual", "latency,throughput")
"""Models, modes and scenarios where nobody asks for others."""


def throughput(
    models: Annotated[str, typer.Option(help="Comma-separated, as for `srbench run`.")] = _MATRIX[0],
    modes: Annotated[
        str,
        typer.Option(
            help="Comma-separated; words joined by '+': fp32, tf32, bf16, fp16; split (layers that need it stay in "
            "fp32); channels_last; compile, graph (CUDA graphs), onnx. 'usual' or 'all' for what the device has."
        ),
    ] = _MATRIX[1],
    size: Annotated[
        str, typer.Option(help="LR HEIGHTxWIDTH, comma-separated; 'all': 180x320,270x480,360x640,540x960,256x256.")
    ] = "180x320",
    scenario: Annotated[str, typer.Option(help="latency (batch 1), throughput (the largest batch that fits).")] = (
        _MATRIX[2]
    ),
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            help="Two contestants in interleaved rounds, each MODEL or MODEL+MODE ('srresnet srresnet+bf16+split').",
        ),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Images a call, for --compare.")] = 1,
    max_batch: Annotated[int, typer.Option(min=1, help="Where doubling of the batch ends.")] = 64,
    seconds: Annotated[float, typer.Option(min=0.05, help="At least so long is each figure measured.")] = 1.0,
    quality: Annotated[
        Path | None, typer.Option(help="Folder of a run, whose figures stand beside the speed; else builtin images.")
    ] = None,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="Where a network's weights cannot be had, take random ones.")
    ] = False,
    scale: Annotated[int | None, typer.Option(min=1, help="Upscaling factor; 4 by default.")] = None,
    device: options.Device = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Of the CPU; torch's choice by default.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for JSON, CSV, Markdown and plots; runs/speed/<time> by default."),
    ] = None,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Measure speed that stands up to scrutiny: the model alone, warmed up, synchronised, with spread and price.

    Each figure is the median of calls on an input that is on the device. Rows that are not to be believed say why.
    """
    import torch

    from srbench.core import allocator
    from srbench.core.device import pick_device
    from srbench.core.timing import TimeBudget
    from srbench.speed.scenario import Size

    allocator.keep_freed_memory()
    if threads:
        torch.set_num_threads(threads)
    asked = _Asked(
        scale=scale,
        device=str(pick_device(device)),
        patience=TimeBudget(seconds, 10 * seconds),
        trust_unpinned=trust_unpinned,
        random_weights=random_weights,
        weights_root=weights_root,
    )
    listed = ",".join(SIZES) if size == "all" else size
    sizes = [Size.parse(text) for text in options.split(listed)]
    if compare:
        if (models, modes, scenario) != _MATRIX or len(sizes) > 1 or quality:
            raise UserError(
                "--compare names its two contestants itself, at one --size; leave out --models, --modes, --scenario "
                "and --quality"
            )
        _compare(asked, compare, sizes[0], batch, out, json)
        return
    folder = out or Path("runs/speed") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    _matrix(
        asked, options.split(models), modes, sizes, _scenarios(scenario), max_batch, _quality(quality), folder, json
    )


@dataclass(frozen=True)
class _Asked:
    """What both kinds of call need."""

    scale: int | None
    device: str
    patience: "TimeBudget"
    trust_unpinned: bool
    random_weights: bool
    weights_root: Path | None


def _matrix(
    asked: _Asked,
    models: list[str],
    modes: str,
    sizes: list["Size"],
    scenarios: "list[Scenario]",
    most_batch: int,
    beside: "Quality | None",
    out: Path,
    json: bool,
) -> None:
    from srbench.core.assets import AssetStore
    from srbench.models import mode
    from srbench.models.card import USUAL_SCALE
    from srbench.models.select import select, select_for_speed
    from srbench.report.speed import page, publish
    from srbench.speed import session

    named = {"usual": session.USUAL_MODES, "all": session.ALL_MODES}
    kind = "cuda" if asked.device.startswith("cuda") else "cpu"
    listed = named[modes][kind] if modes in named else options.split(modes)
    wanted = list({mode.parse(words): words for words in listed}.values())
    store = AssetStore(weights_roots(asked.weights_root), trust_unpinned=asked.trust_unpinned)
    with console.fetching(store):
        choose = select_for_speed if asked.random_weights else select
        try:
            found = choose(models, asked.scale or USUAL_SCALE, store)
        except MissingWeights as error:
            raise MissingWeights(f"{error}. Its speed alone: --random-weights") from error
    if not found.models:
        raise UserError(f"none of the models can run. {'; '.join(found.unavailable.values())}")
    matrix = session.Matrix(
        models=found.models,
        modes=wanted,
        sizes=sizes,
        scenarios=scenarios,
        device=asked.device,
        patience=asked.patience,
        most_batch=most_batch,
        unavailable=found.unavailable,
        named=modes not in named,
    )
    made: Session | None = None
    interrupted = False
    with console.bars() as progress:
        try:
            for so_far in session.run(matrix, store, progress):
                made = so_far
                publish.keep(made, out)
        except KeyboardInterrupt:
            interrupted = True
    if made is None:
        raise typer.Exit(130)
    files = publish.write(made, out, beside)
    if json:
        console.print_json(publish.content(made))
    else:
        console.show(page.build(made, beside).page)
    console.err.print(f"Written: {', '.join(str(path) for path in files)}", soft_wrap=True)
    if interrupted:
        raise typer.Exit(130)
    if _incomplete(made, matrix.named):
        raise typer.Exit(3)


def _incomplete(made: "Session", named: bool) -> bool:
    """Of modes that were asked for by name each row counts; of usual ones, whether a model has any figure at all."""
    models = {row.model for row in made.rows}
    measured = {row.model for row in made.rows if not row.failure}
    return any(row.failure for row in made.rows) if named else models != measured


def _compare(asked: _Asked, compare: tuple[str, str], size: "Size", batch: int, out: Path | None, json: bool) -> None:
    from srbench.core.assets import AssetStore
    from srbench.models.memory import ran_out
    from srbench.models.select import select_one
    from srbench.report.speed import ab_comparison as report
    from srbench.report.speed import publish
    from srbench.speed import ab_comparison, nvml

    store = AssetStore(weights_roots(asked.weights_root), trust_unpinned=asked.trust_unpinned)
    with console.fetching(store), console.bars() as progress, progress.task("", 3) as task:
        fighters = []
        for name in compare:
            task.describe(f"{name}: load")
            id_, words = ab_comparison.contestant(name)
            model = select_one(id_, store, asked.scale, random_weights=asked.random_weights)
            fighters.append(ab_comparison.ready(model, words, asked.device, store))
            task.advance()
        task.describe(f"{compare[0]} and {compare[1]} in turn")
        try:
            found = ab_comparison.fight(compare, fighters[0], fighters[1], size, batch, asked.patience)
        except Exception as error:
            if not ran_out(error):
                raise
            raise UserError(f"memory ran out with {batch} images a call; give a smaller --batch or --size") from error
    facts = nvml.facts(fighters[0].device)
    files = publish.write_duel(found, facts, out) if out else []
    if json:
        console.print_json({"device": facts, "duel": found.as_dict()})
    else:
        console.show(report.page(found))
    if files:
        console.err.print(f"Written: {', '.join(map(str, files))}", soft_wrap=True)


def _scenarios(text: str) -> "list[Scenario]":
    known: list[Scenario] = [name for name in SCENARIOS if name in options.split(text)]
    wrong = [name for name in options.split(text) if name not in SCENARIOS]
    if wrong:
        raise UserError(f"'{wrong[0]}' is no scenario; expected {' or '.join(SCENARIOS)}")
    return known


def _quality(folder: Path | None) -> "Quality | None":
    """The figures of a run."""
    from srbench.evaluation.results import latest
    from srbench.evaluation.summary import summarise
    from srbench.report.speed.trade_off import Quality

    if folder is None:
        return None
    run = RunFolder(folder)
    protocol = run.head()["protocol"]
    return Quality(summarise(latest(run.rows())), protocol["name"], protocol["scale"])
