"""The verbs of `srbench survey`."""

import typer

from srbench.cli.survey.admin_token import token
from srbench.cli.survey.analyze import analyze
from srbench.cli.survey.backup import backup, restore
from srbench.cli.survey.check import check
from srbench.cli.survey.collected import export, report, status
from srbench.cli.survey.convert import convert
from srbench.cli.survey.create import create
from srbench.cli.survey.demo import demo
from srbench.cli.survey.extend import extend
from srbench.cli.survey.invitations import invitations, invite
from srbench.cli.survey.methods import methods
from srbench.cli.survey.personal_data import forget, person
from srbench.cli.survey.plan import plan
from srbench.cli.survey.raters import exclude, include, reconcile, withdraw
from srbench.cli.survey.serve import serve
from srbench.cli.survey.simulate import simulate

survey = typer.Typer(help="Human ratings: plan, run and analyse surveys, and simulate raters.", no_args_is_help=True)
for verb in (
    *(demo, methods, create, plan, invite, invitations, check, serve, status, export, report, extend),
    *(exclude, include, withdraw, person, forget, reconcile, token, backup, restore, analyze, convert, simulate),
):
    survey.command()(verb)
