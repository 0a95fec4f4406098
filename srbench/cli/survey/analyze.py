"""`srbench survey analyze`."""

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srbench.cli import options
from srbench.cli.survey import ratings as ratings_file
from srbench.cli.survey.reporting import Full, finish
from srbench.errors import UserError
from srbench.ratings.rules import require_known

if TYPE_CHECKING:
    from srbench.ratings.files import Ratings
    from srbench.ratings.options import Options


def analyze(
    ratings: ratings_file.RatingsPaths,
    metrics: Annotated[
        Path | None,
        typer.Option(help="CSV file with a column stimulus and a column for each metric, to compare with the ratings."),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a run of the same models: compare its metrics with the ratings, and add MOS to its rows."
        ),
    ] = None,
    screen: Annotated[
        list[str] | None,
        typer.Option(
            help="Rules that reject raters, whose votes then do not count; comma-separated or repeated: bt500, "
            "correlation, traps, straight, fast; or none. Default: bt500; of paired comparisons traps, the only rule."
        ),
    ] = None,
    repetitions: Annotated[
        Literal["mean", "pool", "first"],
        typer.Option(
            help="How repeated votes of a rater on a stimulus count: their mean as one vote, each as a vote (pool), or "
            "the first alone. Of paired comparisons the first counts, or each (pool)."
        ),
    ] = "mean",
    remove_bias: Annotated[
        bool, typer.Option("--remove-bias", help="Subtract each rater's bias before screening (ITU-T P.913).")
    ] = False,
    estimator: Annotated[
        Literal["mos", "p910"],
        typer.Option(help="How scores are estimated: mean of votes (mos), or maximum likelihood (p910)."),
    ] = "mos",
    least_votes: Annotated[
        int, typer.Option(min=3, help="Maximum likelihood leaves out raters with fewer votes than this.")
    ] = 3,
    relative: Annotated[
        Literal["none", "dmos", "crushed"],
        typer.Option(
            help="Whether models are compared by scores relative to hidden references: none, dmos, or crushed DMOS."
        ),
    ] = "none",
    ddof: Annotated[
        int, typer.Option(min=0, max=1, help="Divisor of the standard deviation in the rule bt500: n - 1 (1) or n (0).")
    ] = 1,
    unanimous: Annotated[
        Literal["skip", "count"],
        typer.Option(help="Whether the rule bt500 skips or counts stimuli on which all raters agree."),
    ] = "skip",
    least_correlation: Annotated[
        float,
        typer.Option(
            min=-1,
            max=1,
            help="Correlation with the mean of all raters below which the rule correlation rejects a rater.",
        ),
    ] = 0.75,
    trap_misses: Annotated[
        int, typer.Option(min=0, help="Number of missed traps that the rule traps allows a rater.")
    ] = 0,
    test: Annotated[
        Literal["two-way", "wilcoxon", "permutation"],
        typer.Option(
            help="Test of differences between models: t test over raters and images (two-way); or, over images with "
            "these raters held fixed, Wilcoxon signed ranks as the SRGAN paper has it, or permutation of the signs."
        ),
    ] = "two-way",
    resamples: Annotated[
        int,
        typer.Option(
            min=0,
            max=1_000_000,
            help="Number of bootstrap draws of raters and images; 0 leaves out their intervals and test.",
        ),
    ] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random number generator.")] = 0,
    also: Annotated[
        list[str] | None,
        typer.Option(
            help="Further analyses, comma-separated or repeated: z (means of the raters' z-scores), sos (scatter of "
            "votes over the scale), order (drift, and the effect of the picture before; needs a column order)."
        ),
    ] = None,
    jod: Annotated[
        bool,
        typer.Option(
            "--jod",
            help="Scores of paired comparisons in just-objectionable differences (1 is a preference of 75 %), in place "
            "of standard deviations.",
        ),
    ] = False,
    margin: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Test which models are as good as the originals: worse by less than this, in steps of the scale "
            "(non-inferiority).",
        ),
    ] = None,
    as_good_as: Annotated[
        str, typer.Option(help="With --margin: model to compare with, in place of the hidden references.")
    ] = "",
    mixed: Annotated[
        bool,
        typer.Option(
            "--mixed",
            help="Fit mixed models too, linear and ordinal, with raters and contents random, and print how much votes "
            "differ by rater, by content, and by each of them with the model.",
        ),
    ] = False,
    scale: ratings_file.ScaleOption = "1-5",
    columns: ratings_file.Columns = None,
    references: ratings_file.References = None,
    model_from: ratings_file.ModelFrom = "",
    content_from: ratings_file.ContentFrom = "",
    stimuli: ratings_file.StimuliFile = None,
    words: ratings_file.Words = None,
    wide: ratings_file.Wide = None,
    repetitions_by: ratings_file.RepetitionsBy = None,
    ignore: ratings_file.Ignore = None,
    only: ratings_file.Only = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Of a package: count raters who have not finished too.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the report; runs/survey/NAME by default.")] = None,
    full: Full = False,
    json: options.Json = False,
) -> None:
    """Analyse ratings: scores, agreement, screening, differences between models, metrics against ratings."""
    rules = None if screen is None else tuple(rule for rule in options.split(screen) if rule != "none")
    require_known(rules or ())
    from srbench.ratings import files
    from srbench.ratings.options import Options
    from srbench.ratings.pair_traps import screened

    chosen = Options(
        screen=Options().screen if rules is None else rules,
        repetitions=repetitions,
        remove_bias=remove_bias,
        estimator=estimator,
        least_votes=least_votes,
        relative=relative,
        ddof=1 if ddof else 0,
        unanimous=unanimous,
        least_correlation=least_correlation,
        trap_misses=trap_misses,
        test=test,
        resamples=resamples,
        seed=seed,
        margin=margin,
        as_good_as=as_good_as,
        mixed=mixed,
        also=tuple(options.split(also)) if also else (),
    )
    if package := _package(ratings):
        given = _given(columns=columns, references=references, stimuli=stimuli, words=words, wide=wide, only=only)
        if given:
            raise UserError(f"{package} says itself how it is to be read; --{given[0]} goes with files of ratings")
        from srbench.survey.package import reading as packages

        answers, planned = packages.collected(package, unfinished=unfinished).analysed(rules)
        wished = replace(chosen, screen=planned.screen)
        _refuse_idle(answers, replace(wished, screen=Options().screen) if answers.pairs else wished, [], jod=jod)
        finish(answers, wished, metrics, run, out, full=full, json=json, jod=jod)
        return
    if unfinished:
        raise UserError("--unfinished goes with a package that `srbench survey export` wrote")
    reading = ratings_file.import_options(
        *(scale, columns, references, model_from, content_from, stimuli, words, wide, repetitions_by, ignore, only)
    )
    read = files.read(ratings, reading)
    _refuse_idle(read, chosen, [*_given(metrics=metrics, run=run, references=references, stimuli=stimuli)], jod=jod)
    if read.pairs and rules != ():
        read = screened(read)
    finish(read, chosen, metrics, run, out, full=full, json=json, jod=jod)


def _package(paths: list[Path]) -> Path | None:
    """Return the one path of a package; None where files of ratings are given."""
    from srbench.survey.package.reading import is_package

    packages = [path for path in paths if is_package(path)]
    if packages and len(paths) > 1:
        raise UserError(f"{packages[0]} is a package; expected it alone, a study of its own")
    return packages[0] if packages else None


def _given(**values: object) -> list[str]:
    return [name for name, value in values.items() if value]


def _refuse_idle(read: "Ratings", chosen: "Options", given: list[str], *, jod: bool) -> None:
    """Options that this kind of file has no use for.

    Raises:
        UserError: There are some.
    """
    from srbench.ratings.options import Options

    if jod and not read.pairs:
        raise UserError(f"{read.name} holds no paired comparisons; --jod goes with them")
    if read.votes is not None:
        return
    usual = Options()
    changed = [field.name for field in fields(chosen) if getattr(chosen, field.name) != getattr(usual, field.name)]
    if read.triplets:
        used = ("seed", *(["screen"] if set(chosen.screen) <= {"traps"} else []))
        idle, what = [*(name for name in changed if name not in used), *given], "triplets"
    elif read.pairs:
        used = ("repetitions", "seed", *(["screen"] if set(chosen.screen) <= {"traps"} else []))
        idle, what = [*(name for name in changed if name not in used), *given], "paired comparisons"
    else:
        idle, what = [name for name in changed if name not in ("test", "seed")], "averages"
    if idle:
        raise UserError(f"{read.name} holds {what}; --{idle[0].replace('_', '-')} needs single votes on a scale")
