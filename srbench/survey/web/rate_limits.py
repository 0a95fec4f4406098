"""Rate limits: on guesses of tokens, on entries by the open link, and on requests of any kind.

Requests are counted in memory alone; addresses are not stored.
"""

from typing import Any

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from srbench.survey.web.security import App, Cookies, Scope

_RULES = {
    # A whole laboratory may sit behind one address; a rater's browser asks for about three things every few seconds.
    "rater": parse("1200/minute"),
    "stranger": parse("600/minute"),
    "join": parse("60/minute"),
    "wrong invitation": parse("30/minute"),
    "wrong token": parse("10/minute"),
}


class RateLimits:
    """Counts of the requests to one study."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def hit(self, rule: str, who: str) -> bool:
        """Count one more request; return False where it is one too many.

        Args:
            rule: Name of the limit.
            who: Whom it counts for: a rater's id or an address.
        """
        return self._limiter.hit(_RULES[rule], rule, who)


def client_address(request: Request) -> str:
    """Return the address of the browser, as far as the server can see it."""
    return request.client.host if request.client else ""


def too_many() -> Response:
    """Return the response to a request too many."""
    return PlainTextResponse("Too many requests. Please wait a minute.\n", 429, headers={"Retry-After": "60"})


class RateLimitMiddleware:
    """ASGI middleware that limits the requests of a rater, and of an address without a rater's cookie, each minute."""

    def __init__(self, app: App, cookies: Cookies, limits: RateLimits) -> None:
        self.app, self.cookies, self.limits = app, cookies, limits

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            request = Request(scope)
            rater = self.cookies.rater(request)
            allowed = self.limits.hit("rater", rater) if rater else self.limits.hit("stranger", client_address(request))
            if not allowed:
                await too_many()(scope, receive, send)
                return
        await self.app(scope, receive, send)
