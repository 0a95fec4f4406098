"""`srbench survey check`: whether a study can be run as it stands."""

from dataclasses import asdict
from typing import Annotated

import typer

from srbench.cli import console, options
from srbench.cli.survey.collected import Database, open_votes
from srbench.cli.survey.plan import StudyFolder
from srbench.errors import BadStudy, UserError
from srbench.report.table import Table, text_column, text_rows


def check(
    study: StudyFolder,
    url: Annotated[
        str, typer.Option(help="Address at which raters reach the study, which is being served; not asked if empty.")
    ] = "",
    redirects: Annotated[
        bool, typer.Option(help="Ask the addresses at which raters end; nothing of the study is sent there.")
    ] = True,
    database: Database = "",
    json: options.Json = False,
) -> None:
    """Check pictures, secrets, disk, database, address, certificate and redirects; exit code 2 where one is bad."""
    from srbench.survey import checks
    from srbench.survey.people.addresses import is_address
    from srbench.survey.study import load

    if url and not is_address(url):
        raise UserError(f"--url '{url}' is no address; expected http:// or https:// with a host")
    loaded = load(study)
    found = list(checks.folder_findings(loaded))
    try:
        with open_votes(study, database) as store:
            reason = store.status_reason()
            said = f"{store.status()}, {len(store.raters())} raters" + (f"; {reason}" if reason else "")
        found.append(checks.Finding("database", "bad" if reason else "good", said))
    except BadStudy as error:
        found.append(checks.Finding("database", "bad", str(error)))
    found += [*checks.address_findings(url)] if url else []
    found += [*checks.redirect_findings(loaded)] if redirects else []
    if json:
        console.print_json([asdict(finding) for finding in found])
    else:
        rows = ((finding.thing, finding.verdict, finding.said) for finding in found)
        columns = (text_column("what"), text_column("verdict"), text_column("found"))
        console.show_table(Table("checks", "", columns, text_rows(rows)))
    bad = [finding.thing for finding in found if finding.verdict == "bad"]
    if bad:
        raise BadStudy(f"not as they should be: {', '.join(bad)}")
