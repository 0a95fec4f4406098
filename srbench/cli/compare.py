"""`srbench compare`."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srbench.cli import console, options
from srbench.errors import BadRun, UserError
from srbench.evaluation.results import RunFolder

if TYPE_CHECKING:
    from srbench.evaluation.conditions import Differences
    from srbench.evaluation.matched import Matches
    from srbench.report.runs.comparison import ComparisonReport
    from srbench.report.runs.differences import DifferenceReport

_FEW_PAIRS = 10
"""Pairs of models up to which a terminal shows them all."""


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Folders of runs; their models are united, or set apart by conditions.")
    ],
    baseline: Annotated[
        str, typer.Option(help="Model with which each other is compared; without it, every two models are.")
    ] = "",
    baseline_run: Annotated[
        Path | None, typer.Option(help="Folder of an older run: each model is compared with itself there.")
    ] = None,
    margin: Annotated[
        list[str],
        typer.Option(
            help="Smallest difference that matters, for each metric: psnr=0.05,ssim=0.001. Models that are certainly "
            "less apart are called the same."
        ),
    ] = [],  # noqa: B006  (typer reads it, nothing writes to it)
    models: Annotated[list[str], typer.Option(help="Compare these only; comma-separated, or repeated.")] = [],  # noqa: B006
    datasets: Annotated[list[str], typer.Option(help="Compare on these data sets only.")] = [],  # noqa: B006
    metrics: Annotated[list[str], typer.Option(help="Compare in these metrics only.")] = [],  # noqa: B006
    test: Annotated[
        Literal["t", "sign-flip"], typer.Option(help="Test of the mean difference: paired t, or exchange of signs.")
    ] = "t",
    interval: Annotated[
        Literal["t", "hall", "bootstrap-t", "percentile", "bca"], typer.Option(help="Method of the 95 % intervals.")
    ] = "t",
    fail_if_worse: Annotated[
        bool,
        typer.Option("--fail-if-worse", help="Exit with 3 where a model is worse than the baseline or its older self."),
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Print a line for every pair, however many there are.")] = False,
    form: options.Format = "terminal",
    json: options.Json = False,
) -> None:
    """Tell which models are better, worse or the same, and how surely.

    Every two models are compared on the images that both have, in the mean of each metric; p values are corrected for
    the number of comparisons. Runs of the same models under other protocols, machines or versions are shown as
    differences, without a test.
    """
    form = options.format_of(form)
    _require(runs, baseline, baseline_run, fail_if_worse=fail_if_worse)
    margins = _margins(margin)
    from srbench.evaluation import comparison
    from srbench.evaluation.conditions import differences
    from srbench.evaluation.matched import match
    from srbench.report.runs.comparison import ComparisonReport
    from srbench.report.runs.differences import DifferenceReport

    folders = [RunFolder(run) for run in [*runs, *([baseline_run] if baseline_run else [])]]
    kept = [options.split(names) if names else [] for names in (models, datasets, metrics)]
    kept[0] += [baseline] if baseline and kept[0] else []
    if not baseline_run and (found := differences(folders, models=kept[0], datasets=kept[1], metrics=kept[2])):
        _require_no_test(found, baseline, margins, test=test, interval=interval)
        _print_differences(DifferenceReport(found), form, json=json)
        return
    matches = match(folders, models=kept[0], datasets=kept[1], metrics=kept[2])
    _require_metrics(margins, matches)
    partners = matches.partners(str(runs[0]), str(baseline_run)) if baseline_run else None
    question = comparison.Question(baseline, partners, margins, test, interval)
    compared = comparison.compare(matches, question)
    report = ComparisonReport(matches, question, compared, comparison.ranks(matches))
    _print(report, form, json=json, full=full)
    if fail_if_worse and any(pair.verdict == "worse" for one in compared for pair in one.comparisons):
        raise typer.Exit(3)
    if fail_if_worse and (unknown := comparison.unanswered(matches, question)):
        raise BadRun(f"{unknown[0]}; --fail-if-worse needs every comparison that is asked for. Run the models again")


def _print(report: "ComparisonReport", form: str, *, json: bool, full: bool) -> None:
    from srbench.report.formats import csv
    from srbench.report.publish import PAGES

    if json:
        console.print_json(report.as_dict())
    elif form == "terminal":
        most = max((len(one.comparisons) for one in report.compared), default=0)
        console.show(report.page(pairs=full or most <= _FEW_PAIRS))
    else:
        console.print_text(csv.records(report.records()) if form == "csv" else PAGES[form](report.page()))


def _print_differences(report: "DifferenceReport", form: str, *, json: bool) -> None:
    from srbench.report.formats import csv
    from srbench.report.publish import PAGES

    if json:
        console.print_json(report.as_dict())
    elif form == "terminal":
        console.show(report.page())
    else:
        console.print_text(csv.records(report.records()) if form == "csv" else PAGES[form](report.page()))


def _require_no_test(
    found: "Differences", baseline: str, margins: dict[str, float], *, test: str, interval: str
) -> None:
    """Refuse options of tests where values are of several conditions."""
    given = {"--baseline": baseline, "--margin": margins, "--test": test != "t", "--interval": interval != "t"}
    if asked := [option for option, value in given.items() if value]:
        raise UserError(
            f"{' and '.join(found.runs)} hold the same models under other conditions ({', '.join(found.conditions)}), "
            f"which are shown as differences and not tested; leave out {' and '.join(asked)}, or name models that only "
            "one run holds with --models"
        )


def _require(runs: Sequence[Path], baseline: str, baseline_run: Path | None, *, fail_if_worse: bool) -> None:
    if baseline and baseline_run:
        raise UserError("--baseline and --baseline-run ask two different questions; give one of them")
    if baseline_run and len(runs) != 1:
        raise UserError(f"--baseline-run compares one run with an older one; {len(runs)} were given")
    if baseline_run and runs[0].resolve() == baseline_run.resolve():
        raise UserError(f"{baseline_run} is the run itself; expected the folder of an older one")
    if fail_if_worse and not (baseline or baseline_run):
        raise UserError("--fail-if-worse needs something to be worse than; add --baseline MODEL or --baseline-run RUN")


def _margins(texts: Sequence[str]) -> dict[str, float]:
    """Read margins as typed: psnr=0.05,ssim=0.001."""
    margins = {}
    for text in options.split(texts) if texts else []:
        metric, _, value = text.partition("=")
        try:
            margins[metric.strip().lower()] = float(value)
        except ValueError:
            raise UserError(f"'{text}' is no margin; expected METRIC=NUMBER, as in psnr=0.05") from None
        if not 0 < margins[metric.strip().lower()] < math.inf:
            raise UserError(f"'{text}' is no margin; expected a number above 0, in the unit of the metric")
    return margins


def _require_metrics(margins: dict[str, float], matches: "Matches") -> None:
    metrics = {table.metric for table in matches.tables}
    for metric in margins:
        if metric not in metrics | {name.partition(".")[0] for name in metrics}:
            raise BadRun(f"no value of '{metric}' is compared; expected margins of: {', '.join(sorted(metrics))}")
