"""`srbench survey invite` and `invitations`: links for raters, their labels, and links that are taken back."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.cli.survey.collected import Database, open_votes
from srbench.cli.survey.plan import StudyFolder
from srbench.core.files import absent_or, require_place, write_private
from srbench.errors import UserError, first_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from srbench.survey.store.invitations import FreshLink, Invited

Url = Annotated[str, typer.Option(help="Address at which raters reach the study.")]
Out = Annotated[
    Path | None,
    typer.Option(
        help="New file for the links, which only its owner can read; one that ends in .csv has the columns "
        "rater,label,link. Printed by default."
    ),
]
Days = Annotated[float | None, typer.Option(min=0.01, max=3650, help="Days after which the links no longer work.")]
_LOCAL = "http://127.0.0.1:8000"


def invite(
    study: StudyFolder,
    number: Annotated[int, typer.Argument(min=1, max=10_000, help="Number of links.")] = 1,
    url: Url = _LOCAL,
    labels: Annotated[
        Path | None,
        typer.Option(help="Text file with a label in each line, a link for each: whom it is for. It replaces NUMBER."),
    ] = None,
    days: Days = None,
    out: Out = None,
    database: Database = "",
) -> None:
    """Make invitation links, one for each rater; only their hashes are stored."""
    root = _root(url)
    texts = _labels(labels) if labels else [""] * number
    if out is not None:
        _require_new(out)
    with open_votes(study, database) as store:
        _give(store.invite_labelled(texts, _in_days(days)), root, out)


def invitations(
    study: StudyFolder,
    revoke: Annotated[
        list[str] | None, typer.Option(help="Comma-separated, or repeated: raters whose links are taken back.")
    ] = None,
    expire: Annotated[
        list[str] | None,
        typer.Option(help="Comma-separated, or repeated: raters whose links work for --days more; or unfinished."),
    ] = None,
    fresh: Annotated[
        list[str] | None,
        typer.Option(
            help="Comma-separated, or repeated: raters who get new links in place of the old ones; or unfinished. "
            "Sessions go on where they stopped."
        ),
    ] = None,
    days: Days = None,
    url: Url = _LOCAL,
    out: Out = None,
    database: Database = "",
    json: options.Json = False,
) -> None:
    """List invitations with rater, label and whether the link works; take links back, or make new ones."""
    given = [name for name, value in (("revoke", revoke), ("expire", expire), ("fresh", fresh)) if value]
    if len(given) > 1:
        raise UserError(f"--{given[0]} and --{given[1]} do different things; give one of them")
    if expire and days is None:
        raise UserError("--expire needs --days; give the number of days that the links still work")
    root = _root(url)
    if out is not None:
        _require_new(out)
    with open_votes(study, database) as store:

        def chosen(typed: list[str]) -> list[str]:
            names = options.split(typed)
            return [] if names == ["unfinished"] else [store.identify(name) for name in names]

        if fresh:
            _give(store.renew(chosen(fresh), _in_days(days)), root, out)
            return
        if revoke:
            store.revoke([store.identify(name) for name in options.split(revoke)])
        if expire:
            store.expire(chosen(expire), _in_days(days))
        listed = store.invitations()
        if json:
            console.print_json([_record(one) for one in listed])
            return
        from srbench.report.survey import invitations as report

        console.show(report.page(store.study, listed))


def _record(one: "Invited") -> dict[str, str | None]:
    times = {name: None if at is None else at.isoformat(timespec="seconds") for name, at in _times(one)}
    return {"rater": one.rater, "label": one.label, "state": one.state, "link": one.link, **times}


def _times(one: "Invited") -> "tuple[tuple[str, datetime | None], ...]":
    return ("expires", one.expires), ("revoked", one.revoked)


def _give(links: "Sequence[FreshLink]", root: str, out: Path | None) -> None:
    """Print links, or write them to a file; they stand nowhere else."""
    if out is not None and out.suffix.lower() == ".csv":
        from srbench.core.comma_separated import comma_separated
        from srbench.core.spreadsheet import inert

        rows = [{"rater": one.rater, "label": inert(one.label), "link": f"{root}/i/{one.token}"} for one in links]
        write_private(out, comma_separated(("rater", "label", "link"), rows))
        return
    lines = [f"{one.label}\t{root}/i/{one.token}" if one.label else f"{root}/i/{one.token}" for one in links]
    if out is not None:
        write_private(out, "".join(f"{line}\n" for line in lines))
        return
    for line in lines:
        console.out.print(line, markup=False, soft_wrap=True)


def _in_days(days: float | None) -> "datetime | None":
    from srbench.survey.store.connection import now

    return None if days is None else now() + timedelta(days=days)


def _labels(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = absent_or(path, f"cannot be read ({first_line(error)})")
        raise UserError(f"{path} {what}; expected a text in UTF-8 with a label in each line") from error
    found = [" ".join(line.split()) for line in lines if line.strip()]
    if not found:
        raise UserError(f"{path} has no labels; expected one in each line")
    return found


def _root(url: str) -> str:
    """The address without a slash at its end.

    Raises:
        UserError: It is no address to which a path can be added.
    """
    from srbench.survey.people.addresses import is_address

    if not is_address(url) or "?" in url or "#" in url:
        raise UserError(f"--url '{url}' is no address; expected http:// or https:// with a host, as https://host/study")
    return url.rstrip("/")


def _require_new(path: Path) -> None:
    """Check that a file is not there and can be written, before its links are made.

    Raises:
        UserError: It is there; its links stand nowhere else.
        OSError: It cannot be written.
    """
    if path.exists() or path.is_symlink():
        raise UserError(f"--out {path} is there already; give a new file's name")
    if not path.parent.is_dir():
        raise UserError(f"--out {path}: there is no folder {path.parent}; make it, or give another file")
    require_place(path)
