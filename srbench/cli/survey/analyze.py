"""`srbench survey analyze`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import console, options
from srbench.cli.survey import ratings as ratings_file
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.opinion.analysis import Analysis
    from srbench.opinion.choices import Choices
    from srbench.opinion.files import Ratings
    from srbench.opinion.preference import PairAnalysis
    from srbench.results import Row


class Repetitions(StrEnum):
    """What repeated votes count."""

    pool = "pool"
    mean = "mean"
    first = "first"


class Estimator(StrEnum):
    """Where scores come from."""

    mos = "mos"
    p910 = "p910"


class Relative(StrEnum):
    """By what models are compared."""

    none = "none"
    dmos = "dmos"
    crushed = "crushed"


class Unanimous(StrEnum):
    """What the kurtosis rule makes of stimuli on which all agree."""

    skip = "skip"
    counted = "count"


class Test(StrEnum):
    """Of differences between models."""

    wilcoxon = "wilcoxon"
    permutation = "permutation"


def analyze(
    ratings: ratings_file.RatingsFile,
    metrics: Annotated[Path | None, typer.Option(help="CSV: stimulus and a column for each metric.")] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="Folder of a run of the same models: its metrics are compared, MOS joins its rows."),
    ] = None,
    screen: Annotated[
        str, typer.Option(help="Rules that reject raters: bt500,correlation,traps,straight,fast; none.")
    ] = ("bt500"),
    repetitions: Annotated[Repetitions, typer.Option(help="Repeated votes: all, their mean, the first.")] = (
        Repetitions.pool
    ),
    remove_bias: Annotated[bool, typer.Option("--remove-bias", help="Take raters' biases off first (P.913).")] = False,
    estimator: Annotated[Estimator, typer.Option(help="Mean, or maximum likelihood of P.910.")] = Estimator.mos,
    relative: Annotated[Relative, typer.Option(help="Compare models by DMOS against references.")] = Relative.none,
    ddof: Annotated[int, typer.Option(min=0, max=1, help="Of the kurtosis rule's standard deviation.")] = 1,
    unanimous: Annotated[Unanimous, typer.Option(help="Stimuli on which all agree, in the kurtosis rule.")] = (
        Unanimous.skip
    ),
    least_correlation: Annotated[float, typer.Option(min=-1, max=1, help="Of the correlation rule.")] = 0.75,
    test: Annotated[Test, typer.Option(help="Of differences between models.")] = Test.wilcoxon,
    resamples: Annotated[int, typer.Option(min=0, help="Of the bootstrap over raters and images; 0: none.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Of everything drawn.")] = 0,
    scale: ratings_file.ScaleOption = "1-5",
    columns: ratings_file.Columns = "",
    references: ratings_file.References = "",
    model_from: ratings_file.ModelFrom = "",
    stimuli: ratings_file.StimuliFile = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; runs/survey/<name> by default.")] = None,
    json: options.Json = False,
) -> None:
    """Analyse ratings: scores, agreement, screening, differences between models, metrics against opinion."""
    from srbench.opinion import analysis, files
    from srbench.opinion.choices import Choices
    from srbench.report.opinion import publish, terminal

    choices = Choices(
        screen=() if screen == "none" else tuple(options.split(screen)),
        repetitions=repetitions.value,
        remove_bias=remove_bias,
        estimator=estimator.value,
        relative=relative.value,
        ddof=1 if ddof else 0,
        unanimous=unanimous.value,
        least_correlation=least_correlation,
        test=test.value,
        resamples=resamples,
        seed=seed,
    )
    read = files.read(ratings, ratings_file.reading(scale, columns, references, model_from, stimuli))
    made = _analysis(read, choices)
    rows: list[Row] = []
    if (metrics or run) and not isinstance(made, analysis.Analysis):
        raise UserError(f"{ratings} holds paired comparisons; --metrics and --run go with ratings on a scale")
    if isinstance(made, analysis.Analysis):
        made, rows = _with_metrics(made, metrics, run)
    folder = out or Path("runs") / "survey" / read.name
    with console.err.status("drawing figures"):
        ready = publish.report(made, rows)
        publish.write(ready, folder)
    if json:
        console.print_json(ready.content | {"report": str(folder / publish.PAGE)})
    else:
        console.out.print(terminal.page(ready.tables, made.name, made.notes, ready.methods, folder))
        console.out.print(f"\nReport with figures: {folder / publish.PAGE}", soft_wrap=True)


def _analysis(read: "Ratings", choices: "Choices") -> "Analysis | PairAnalysis":
    from srbench.opinion import analysis, preference

    if read.pairs:
        return preference.analyse_pairs(read.name, read.pairs, read.notes)
    if read.means is not None:
        return analysis.analyse_means(read.name, read.means, choices, read.notes)
    assert read.votes is not None
    with console.bars() as progress:
        task = progress.add_task("analysing", total=None)

        def show(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of)

        return analysis.analyse(read.name, read.votes, choices, read.notes, show)


def _with_metrics(made: "Analysis", metrics: Path | None, run: Path | None) -> "tuple[Analysis, list[Row]]":
    from srbench.opinion import analysis, files, join
    from srbench.results import RunFolder, latest

    values: dict[str, Any] = {}
    notes: list[str] = []
    rows: list[Row] = []
    if metrics:
        values, said = files.metrics(metrics, made.opinion)
        notes += said
    if run:
        folder = RunFolder(run)
        folder.head()
        rows = latest(folder.rows())
        found, said = join.measured(made.opinion, rows)
        values |= found
        joined = join.mos_rows(made.opinion, rows, made.name)
        folder.append(joined)
        notes += [*said, f"{len(joined)} MOS rows joined {run}; srbench show {run} prints them"]
    return (analysis.with_metrics(made, values, notes) if values else made), rows
