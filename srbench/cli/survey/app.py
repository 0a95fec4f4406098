"""The verbs of `srbench survey`."""

import typer

from srbench.cli.survey.analyze import analyze
from srbench.cli.survey.backup import backup, restore
from srbench.cli.survey.collected import export, report, status, withdraw
from srbench.cli.survey.convert import convert
from srbench.cli.survey.create import create
from srbench.cli.survey.demo import demo
from srbench.cli.survey.methods import methods
from srbench.cli.survey.plan import plan
from srbench.cli.survey.serve import invite, serve
from srbench.cli.survey.simulate import simulate

survey = typer.Typer(help="Human ratings: plan, run and analyse surveys, and simulate raters.", no_args_is_help=True)
for verb in (
    *(demo, methods, create, plan, invite, serve, status, export, report),
    *(withdraw, backup, restore, analyze, convert, simulate),
):
    survey.command()(verb)
