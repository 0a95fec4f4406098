"""The list of a study's invitations."""

from collections.abc import Sequence

from srbench.report.table import Page, Table, text_column, text_rows
from srbench.survey.store.invitations import Invited
from srbench.survey.study import Study

_COLUMNS = ("rater", "label", "state", "link", "expires (UTC)")


def page(study: Study, listed: Sequence[Invited]) -> Page:
    """Arrange what `srbench survey invitations` prints."""
    rows = [
        (one.rater, one.label, one.state, one.link, one.expires.strftime("%Y-%m-%d %H:%M") if one.expires else "")
        for one in listed
    ]
    table = Table("invitations", "Invitations", tuple(map(text_column, _COLUMNS)), text_rows(rows))
    return Page(title=study.title, lead=(f"{len(listed)} invited",), tables=(table,) if rows else ())
