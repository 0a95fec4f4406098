"""HTTPS without a proxy: the certificate, and connections that count as slow ones until they have shaken hands."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

from srbench.errors import UserError, first_line
from srbench.survey.web.connections import HEADER_S, Connections, WatchedProtocol


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a TLS context of a server.

    Args:
        certificate: PEM file with the certificate, and those of its issuers below it.
        key: PEM file with its key, without a password.

    Raises:
        UserError: A file cannot be read, or the two do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password="")  # so that nobody is asked for one
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else first_line(error)
        raise UserError(
            f"--tls {certificate} {key} cannot be used ({what}); expected a certificate and its key as PEM files, the "
            "key without a password"
        ) from error
    return context


class TlsProtocol(asyncio.Protocol):
    """The handshake of a connection, which then goes on as a `WatchedProtocol`.

    Args:
        connections: All connections of the server.
        context: TLS context of the server.
        arguments: What uvicorn gives to a protocol.
    """

    def __init__(self, connections: Connections, context: ssl.SSLContext, **arguments: Any) -> None:
        self._all, self._context, self._arguments = connections, context, arguments
        self._transport: asyncio.Transport | None = None
        self._handshake: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the handshake."""
        self._transport = transport
        transport.pause_reading()  # what comes before the handshake begins would be lost
        self._all.add(self)
        self._handshake = asyncio.get_running_loop().create_task(self._shake_hands(transport))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection that was closed before its handshake."""
        self._all.remove(self)

    def end(self) -> None:
        """Close the connection at once."""
        self._all.remove(self)
        if self._transport is not None:
            self._transport.abort()

    async def _shake_hands(self, transport: asyncio.Transport) -> None:
        inner = _SecuredProtocol(self._all, **self._arguments)
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, inner, self._context, server_side=True, ssl_handshake_timeout=HEADER_S
            )
        except (OSError, TimeoutError):  # no TLS, too slow, or gone
            self.end()
            return
        self._all.remove(self)
        if secured is not None:
            inner.begin(secured)


class _SecuredProtocol(WatchedProtocol):
    """A protocol whose first bytes may arrive before its transport does."""

    def __init__(self, connections: Connections, **arguments: Any) -> None:
        super().__init__(connections, **arguments)
        self._early = bytearray()

    def begin(self, transport: asyncio.Transport) -> None:
        """Take over a connection after its handshake."""
        self.connection_made(transport)
        if self._early:
            super().data_received(bytes(self._early))

    def data_received(self, data: bytes) -> None:
        """Take bytes, or keep them until the connection has begun."""
        if self.transport is None:
            self._early += data
        else:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, where it has begun."""
        if self.transport is not None:
            super().connection_lost(exc)
