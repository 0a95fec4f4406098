"""`srbench survey`: human ratings."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import console, options
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.opinion.analysis import Analysis
    from srbench.opinion.choices import Choices
    from srbench.opinion.files import Ratings, Reading
    from srbench.opinion.preference import PairAnalysis
    from srbench.opinion.votes import Scale
    from srbench.results import Row

survey = typer.Typer(help="Human ratings: analyse them, report them, draw panels by chance.", no_args_is_help=True)


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


RatingsFile = Annotated[
    Path,
    typer.Argument(
        help="CSV, JSON or Parquet: stimulus,content,rater,score[,repetition,model,dataset,time,order,reference,"
        "expected]; or content,rater,winner,loser[,tie]; or averages: stimulus,content,mos,n,std."
    ),
]
ScaleOption = Annotated[str, typer.Option("--scale", help="Lowest and highest score, as 1-5 or 0-100.")]
Columns = Annotated[str, typer.Option(help="Columns by other names, as score=vote,rater=observer.")]
References = Annotated[str, typer.Option(help="Stimuli that are hidden references, as '*_hr,*fps'.")]
ModelFrom = Annotated[str, typer.Option(help="Regular expression whose group is the model in a stimulus's name.")]
StimuliFile = Annotated[
    Path | None, typer.Option(help="CSV: stimulus,content[,model,dataset,reference,expected]; others are refused.")
]


@survey.command()
def analyze(
    ratings: RatingsFile,
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
    scale: ScaleOption = "1-5",
    columns: Columns = "",
    references: References = "",
    model_from: ModelFrom = "",
    stimuli: StimuliFile = None,
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
    read = files.read(ratings, _reading(scale, columns, references, model_from, stimuli))
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


def _reading(scale: str, columns: str, references: str, model_from: str, stimuli: Path | None) -> "Reading":
    from srbench.opinion.files import Reading

    return Reading(
        columns=_pairs(columns),
        scale=_scale(scale),
        references=tuple(options.split(references)) if references else (),
        model_from=model_from,
        stimuli=stimuli,
    )


def _pairs(text: str) -> dict[str, str]:
    found = {}
    for part in options.split(text) if text else []:
        ours, equals, theirs = part.partition("=")
        if not (ours and equals and theirs):
            raise UserError(f"--columns has '{part}'; expected ours=theirs, as score=vote")
        found[ours.strip()] = theirs.strip()
    return found


def _scale(text: str) -> "Scale":
    from srbench.opinion.votes import Scale

    low, _, high = text.rpartition("-")
    try:
        made = Scale(float(low), float(high))
    except ValueError:
        raise UserError(f"--scale '{text}' is no range; expected LOW-HIGH, as 1-5 or 0-100") from None
    if not made.low < made.high:
        raise UserError(f"--scale '{text}' goes from {low} to {high}; expected the lower end first")
    return made


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


@survey.command()
def convert(
    source: RatingsFile,
    target: Annotated[Path, typer.Argument(help="Ends in .csv, .json or .parquet.")],
    scale: ScaleOption = "1-5",
    columns: Columns = "",
    references: References = "",
    model_from: ModelFrom = "",
    stimuli: StimuliFile = None,
) -> None:
    """Write ratings as tidy CSV, JSON or Parquet, checked."""
    from srbench.opinion import files

    read = files.read(source, _reading(scale, columns, references, model_from, stimuli))
    files.write(read, target)
    for note in read.notes:
        console.err.print(note)


@survey.command()
def simulate(
    target: Annotated[Path, typer.Argument(help="Where the votes go: .csv, .json or .parquet; the truth beside them.")],
    models: Annotated[str, typer.Option(help="Comma-separated, worst first; name=score plants a true score.")] = (
        "nearest,bicubic,srresnet,srgan"
    ),
    images: Annotated[int, typer.Option(min=1)] = 20,
    raters: Annotated[int, typer.Option(min=1, help="Honest ones.")] = 24,
    bias: Annotated[float, typer.Option(min=0, help="Standard deviation of raters' biases.")] = 0.3,
    inconsistency: Annotated[float, typer.Option(min=0, help="Median standard deviation of a rater's votes.")] = 0.6,
    careless: Annotated[int, typer.Option(min=0, help="Raters more who answer by chance.")] = 0,
    adversarial: Annotated[int, typer.Option(min=0, help="Raters more who turn the scale round.")] = 0,
    share: Annotated[float, typer.Option(min=0.01, max=1, help="Of the stimuli, seen by each rater.")] = 1.0,
    repeated: Annotated[float, typer.Option(min=0, max=1, help="Of the votes, asked a second time.")] = 0.0,
    reference: Annotated[bool, typer.Option("--reference", help="Originals among the stimuli, as model hr.")] = False,
    traps: Annotated[bool, typer.Option("--traps", help="Four stimuli whose score is beyond doubt.")] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Paired comparisons instead of scores.")] = False,
    ties: Annotated[float, typer.Option(min=0, help="With --pairs: differences answered with a tie.")] = 0.0,
    scale: ScaleOption = "1-5",
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Draw a panel whose truth is known: to plan a study, or to see what an analysis finds."""
    from srbench.opinion import files, simulation

    names, quality = _planted(models)
    panel = simulation.Panel(
        names, quality, images=images, raters=raters, bias=bias, inconsistency=inconsistency, careless=careless,
        adversarial=adversarial, share=share, repeated=repeated, reference=reference, traps=traps, scale=_scale(scale),
        seed=seed,
    )  # fmt: skip
    if pairs:
        answers = simulation.draw_pairs(panel, ties)
        files.write(files.Ratings(target.stem, pairs=answers), target)
        console.err.print(f"{len(answers)} answers: {target}", soft_wrap=True)
        return
    drawn = simulation.draw(panel)
    files.write(files.Ratings(target.stem, votes=drawn.votes), target)
    truth = target.with_suffix(".truth.json")
    simulation.write_truth(panel, drawn, truth)
    console.err.print(f"{len(drawn.votes)} votes: {target}; the truth: {truth}", soft_wrap=True)


def _planted(text: str) -> tuple[list[str], list[float]]:
    names, quality = [], []
    for part in options.split(text):
        name, equals, score = part.partition("=")
        names.append(name)
        try:
            quality += [float(score)] if equals else []
        except ValueError:
            raise UserError(f"--models has '{part}'; expected a number after the =") from None
    if quality and len(quality) < len(names):
        raise UserError(f"{len(quality)} of {len(names)} models have a true score; expected all or none")
    return names, quality
