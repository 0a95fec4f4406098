"""`srbench survey serve` and `invite`."""

import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console
from srbench.cli.survey.collected import Database, opened
from srbench.cli.survey.create import StudyFolder
from srbench.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

Base = Annotated[str, typer.Option(help="Path under which a proxy serves the study, as /study.")]


def serve(
    study: StudyFolder,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine need 0.0.0.0.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535)] = 8_000,
    base: Base = "",
    https: Annotated[bool, typer.Option("--https", help="A proxy speaks HTTPS: cookies go no other way.")] = False,
    open_limit: Annotated[int, typer.Option(min=0, help="Raters who may enter without an invitation.")] = 0,
    database: Database = "",
) -> None:
    """Collect ratings in the browsers of raters. Ctrl-C stops; what was answered is kept."""
    import uvicorn

    from srbench.survey import secrets
    from srbench.survey.web.app import application

    if base and not base.startswith("/"):
        raise UserError(f"--base '{base}' does not begin with a slash; expected a path as /study")
    base = base.rstrip("/")
    with opened(study, database) as store, listening(host, port) as door:
        app = application(store, secrets.load(study), base=base, secure=https, open_limit=open_limit)
        root = f"{address(door)}{base}"
        for line in (
            f"{store.study.title}: {root}/  (invitations: srbench survey invite {study} --url {root})",
            f"Administrator: {root}/admin  (the token is in {study / secrets.FILE})",
        ):
            console.err.print(line, soft_wrap=True)
        config = uvicorn.Config(app, log_level="warning", server_header=False, access_log=False)
        uvicorn.Server(config).run(sockets=[door])


@contextmanager
def listening(host: str, port: int) -> "Iterator[socket.socket]":
    """A socket that takes connections, so that a browser may be sent there at once.

    Raises:
        UserError: The address is not this machine's, or the port is in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        door = socket.create_server((host, port), family=family)
    except OSError as error:
        raise UserError(f"cannot listen on {host}, port {port}: {error.strerror}; choose another --port") from error
    with door:
        yield door


def address(door: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if door.family == socket.AF_INET6 else f"http://{host}:{port}"


def invite(
    study: StudyFolder,
    number: Annotated[int, typer.Argument(min=1, max=10_000, help="How many.")] = 1,
    url: Annotated[str, typer.Option(help="Where raters reach the study.")] = "http://127.0.0.1:8000",
    out: Annotated[
        Path | None, typer.Option(help="Write the links to this file, which only its owner can read.")
    ] = None,
    database: Database = "",
) -> None:
    """Make invitation links, one a rater; only their hashes are stored."""
    with opened(study, database) as store:
        links = [f"{url.rstrip('/')}/i/{store.invite()}" for _ in range(number)]
    if out is None:
        for link in links:
            console.out.print(link, soft_wrap=True)
        return
    out.touch(0o600)
    out.chmod(0o600)
    out.write_text("\n".join(links) + "\n", encoding="utf-8")
