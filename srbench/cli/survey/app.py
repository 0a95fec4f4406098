"""The verbs of `srbench survey`."""

import typer

from srbench.cli.survey.analyze import analyze
from srbench.cli.survey.convert import convert
from srbench.cli.survey.simulate import simulate

survey = typer.Typer(help="Human ratings: analyse them, report them, draw panels by chance.", no_args_is_help=True)
for verb in (analyze, convert, simulate):
    survey.command()(verb)
