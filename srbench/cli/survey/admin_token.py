"""`srbench survey token`: a new token for the administrator's page."""

from srbench.cli import console
from srbench.cli.survey.plan import StudyFolder


def token(study: StudyFolder) -> None:
    """Replace the token of the administrator's page; whoever is logged in with the old one no longer is."""
    from srbench.survey import secrets
    from srbench.survey.study import load

    load(study)
    renewed = secrets.renew_admin(study)
    console.out.print(renewed.admin, markup=False, soft_wrap=True)
