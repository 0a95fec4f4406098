"""Security of responses and forms: headers, signed cookies, CSRF tokens, a limit on bodies."""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With "no-referrer" browsers would send this site's own forms with "Origin: null", as if they were foreign ones.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_ENCODED = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
MAX_BODY_BYTES = 16_384
_KNOWN_COOKIES = 4_096  # each comes with every request of its rater
_HALF_A_YEAR_S = 15_552_000
_USUAL_PORTS = {"http": 80, "https": 443}

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class SecurityMiddleware:
    """ASGI middleware that adds security headers and refuses bodies above 16 KiB and forms of other sites."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_ENCODED]
            await send(message)

        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            await PlainTextResponse("too large", 413)(scope, receive, send_with_headers)
            return
        if scope["method"] == "POST" and not _same_site(Request(scope)):
            await _foreign_form(Request(scope))(scope, receive, send_with_headers)
            return
        received_bytes = 0

        async def limited() -> Any:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            # Without a length a body may be endless: it is cut off, and the form that it breaks is refused.
            return {**message, "body": b"", "more_body": False} if received_bytes > MAX_BODY_BYTES else message

        await self.app(scope, limited, send_with_headers)


def _same_site(request: Request) -> bool:
    """Whether a form is of this very site; SameSite cookies would also allow another port or a sister domain.

    Browsers send Sec-Fetch-Site to HTTPS and to this machine only; over plain HTTP the origin tells.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    sender = request.headers.get("origin") or request.headers.get("referer")
    if sender is None:
        return True
    scheme, _, _ = sender.partition("://")
    place = _place(sender)
    return place is not None and place == _place(f"{scheme}://{request.headers.get('host', '')}")


def _place(address: str) -> tuple[str, int | None] | None:
    """Host and port of an address, without a port that its scheme implies; None for what is no address."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (host, None if port == _USUAL_PORTS.get(parts.scheme) else port) if host else None


def _foreign_form(request: Request) -> Response:
    """The answer to a form of another site; it tells an administrator what a proxy has to change."""
    sender, host = request.headers.get("origin", "another site"), request.headers.get("host", "no host")
    return PlainTextResponse(
        f"This form came from {sender}, and this server is asked for {host}: it is refused. A proxy in between must "
        "pass on the Host header together with its port.\n",
        403,
        headers={"Cache-Control": "no-store"},
    )


class Cookies:
    """Signer of the cookies that say who a browser is, and of the tokens in forms.

    Args:
        study: Id of the study; it is part of the cookie's name, so that two studies on one host do not meet.
        key: Secret key of the study.
        secure: Whether cookies go over HTTPS only.
        path: Path under which the study is served.
    """

    def __init__(self, study: str, key: str, *, secure: bool, path: str) -> None:
        self.name = f"srbench-{study}"
        self.signer = URLSafeSerializer(key, salt="rater")
        self.key, self.secure, self.path = key, secure, path or "/"
        self._rater = lru_cache(_KNOWN_COOKIES)(self._signed)

    def rater(self, request: Request) -> str | None:
        """Return the rater's id; None without a cookie, or with a forged one."""
        return self._rater(request.cookies.get(self.name, ""))

    def _signed(self, value: str) -> str | None:
        try:
            rater = self.signer.loads(value)
        except BadSignature:
            return None
        return rater if isinstance(rater, str) else None

    def remember(self, response: Response, rater: str) -> None:
        """Set the cookie for half a year: HttpOnly, and SameSite=Lax so that the link in a mail works."""
        value = self.signer.dumps(rater)
        text = value if isinstance(value, str) else value.decode()
        response.set_cookie(
            self.name, text, max_age=_HALF_A_YEAR_S, httponly=True, samesite="lax", secure=self.secure, path=self.path
        )

    def forget(self, response: Response) -> None:
        """Delete the cookie."""
        response.delete_cookie(self.name, path=self.path)

    def token(self, rater: str) -> str:
        """Return the token that a form of this rater must hold."""
        return hmac.new(self.key.encode(), f"form:{rater}".encode(), hashlib.sha256).hexdigest()

    def opaque(self, text: str) -> str:
        """Return a key of 22 characters that tells nothing about the text, and is another one in every study."""
        digest = hmac.new(self.key.encode(), f"picture:{text}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode()[:22]

    def genuine(self, rater: str, token: str) -> bool:
        """Return whether a form's token is the rater's."""
        return hmac.compare_digest(self.token(rater).encode(), token.encode())
