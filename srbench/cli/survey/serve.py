"""`srbench survey serve` and `invite`."""

import ipaddress
import socket
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console
from srbench.cli.survey.collected import Database, open_votes
from srbench.cli.survey.plan import StudyFolder
from srbench.errors import UserError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from srbench.survey.store.vote_store import VoteStore

_READABLE = (
    "This is plain HTTP: who is on the network between can read links, answers and the administrator's token. In a "
    "network that you do not trust, give --tls CERT KEY, or put a proxy that speaks HTTPS before it and give --https."
)

Base = Annotated[str, typer.Option(help="Path under which a proxy serves the study, as /study.")]


def serve(
    study: StudyFolder,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines reach the study.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes any free one.")] = 8_000,
    base: Base = "",
    https: Annotated[
        bool, typer.Option("--https", help="Send cookies over HTTPS only, which a proxy must speak.")
    ] = False,
    tls: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="CERT KEY",
            help="PEM files of a certificate, with its issuers' below it, and of its key: HTTPS without a proxy.",
        ),
    ] = None,
    open_limit: Annotated[int, typer.Option(min=0, help="Number of raters who may enter without an invitation.")] = 0,
    backups: Annotated[
        Path | None,
        typer.Option(help="Folder for backups, which are written meanwhile, each restored on trial; none by default."),
    ] = None,
    backup_hours: Annotated[float, typer.Option(min=0.01, max=8_760, help="Hours between two backups.")] = 6,
    keep_backups: Annotated[int, typer.Option(min=1, help="Number of backups that stay; older ones go.")] = 28,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Number of processes that serve; more than one needs PostgreSQL.")
    ] = 1,
    database: Database = "",
) -> None:
    """Serve a study to the browsers of raters. Ctrl-C or SIGTERM stops the server; every answer is kept."""
    if base and not base.startswith("/"):
        raise UserError(f"--base '{base}' does not begin with a slash; expected a path as /study")
    if workers > 1 and not database.startswith("postgresql"):
        raise UserError(
            f"--workers {workers} needs PostgreSQL, as in --database postgresql+psycopg://user@host/db: SQLite has one "
            "writer, for which a second process would only wait"
        )
    from functools import partial

    from srbench.survey.store.scheduled_backups import BackupSchedule
    from srbench.survey.web import workers as processes
    from srbench.survey.web.executor import PATIENCE_S
    from srbench.survey.web.tls import server_context

    context = server_context(*tls) if tls else None
    opened = partial(open_votes, study, database, patience_s=PATIENCE_S)
    place = Place(base.rstrip("/"), https, context, open_limit)

    def work(store: "VoteStore", number: int) -> None:
        with BackupSchedule(store, backups, backup_hours, keep_backups) if backups and not number else nullcontext():
            run_server(store, listener, place, announced=number > 0)

    def work_alone(number: int) -> None:
        with opened() as store:
            work(store, number)

    with opened() as store, listening_socket(host, port) as listener:
        if workers == 1:
            work(store, 0)
        else:
            store.close()  # each worker has connections of its own
            processes.run(workers, work_alone)


@dataclass(frozen=True)
class Place:
    """How a study is reached.

    Attributes:
        base: Path under which a proxy serves it.
        https: Whether a proxy speaks HTTPS.
        tls: Context for HTTPS without a proxy.
        open_limit: Number of raters who may enter without an invitation.
    """

    base: str = ""
    https: bool = False
    tls: "ssl.SSLContext | None" = None
    open_limit: int = 0


def run_server(store: "VoteStore", listener: socket.socket, place: Place, *, announced: bool = False) -> None:
    """Serve a study at an open socket until Ctrl-C, and say where it is unless another process does."""
    import logging

    from srbench.survey import secrets
    from srbench.survey.web import server
    from srbench.survey.web.app import application

    secure = place.https or place.tls is not None
    key = secrets.load(store.study.folder)
    app = application(store, key, base=place.base, secure=secure, open_limit=place.open_limit)
    if not announced:
        _announce(store, listener, place)
    logging.basicConfig(format="%(asctime)s %(message)s")
    server.run(app, listener, place.tls)


def _announce(store: "VoteStore", listener: socket.socket, place: Place) -> None:
    from srbench.survey import secrets

    study = store.study.folder
    root = f"{socket_url(listener, tls=place.tls is not None)}{place.base}"
    public = f"https://YOUR-HOST{place.base}" if place.https else root  # raters come through the proxy
    lines = [
        f"{store.study.title}: {root}/  (invitations: srbench survey invite {study} --url {public})",
        f"Administrator: {root}/admin  (the token is in {study / secrets.FILE})",
    ]
    if not (place.https or place.tls or _only_this_machine(listener)):
        lines.append(_READABLE)
    if reason := store.status_reason():
        lines.append(f"The study is {store.status()}: {reason}")
    for line in lines:
        console.err.print(line, soft_wrap=True)


@contextmanager
def listening_socket(host: str, port: int) -> "Iterator[socket.socket]":
    """Open a socket that takes connections, so that a browser can be sent there at once.

    Raises:
        UserError: The address is not this machine's or can be none, or the port is in use.
    """
    if not host.isascii():
        raise UserError(f"--host '{host}' is no address; expected one of this machine, such as 127.0.0.1 or 0.0.0.0")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise UserError(f"cannot listen on {host}, port {port}: {error.strerror}; choose another --port") from error
    with listener:
        yield listener


def socket_url(listener: socket.socket, *, tls: bool = False) -> str:
    """Return the address at which a browser finds a socket: this machine's name, where it listens everywhere."""
    host, port = listener.getsockname()[:2]
    scheme = "https" if tls else "http"
    if ipaddress.ip_address(host).is_unspecified:
        return f"{scheme}://{socket.gethostname()}:{port}"
    return f"{scheme}://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"{scheme}://{host}:{port}"


def _only_this_machine(listener: socket.socket) -> bool:
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback
