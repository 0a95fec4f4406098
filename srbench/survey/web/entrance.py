"""How raters come in: the first page, panels' links, the open link, invitations, and the language of the pages."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from srbench.survey.people.panel import Arrival, arrival
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.languages import COOKIE as LANGUAGE_COOKIE
from srbench.survey.web.rate_limits import RateLimits, client_address, too_many
from srbench.survey.web.render import Renderer
from srbench.survey.web.security import Cookies

_YEAR_S = 31_536_000


class Entrance:
    """Handlers of the pages by which raters enter.

    Args:
        store: Votes of the study.
        cookies: Signer of the cookies that say who a browser is.
        renderer: Renderer of the study's pages.
        execute: Runs functions of the store in a thread.
        limits: Rate limits of entries and guesses.
        open_limit: Number of raters who may enter by the open link.
    """

    def __init__(
        self,
        store: VoteStore,
        cookies: Cookies,
        renderer: Renderer,
        execute: Callable[..., Awaitable[Any]],
        limits: RateLimits,
        open_limit: int,
    ) -> None:
        self.store, self.cookies, self.renderer, self.execute = store, cookies, renderer, execute
        self.limits, self.open_limit = limits, open_limit

    def routes(self) -> list[Route]:
        """Return the addresses of the pages and their handlers."""
        return [
            Route("/", self.home),
            Route("/join", self.join, methods=["POST"]),
            Route("/i/{token}", self.invited),
            Route("/entered", self.entered),
            Route("/language/{language}", self.language),
        ]

    async def home(self, request: Request) -> Response:
        """Let in who comes by a panel's link; show the first page to who comes without any."""
        panel = self.store.study.participation.panel
        if panel is not None and request.method == "GET" and set(panel.names) & request.query_params.keys():
            arrived = arrival(panel, request.query_params)
            if arrived is None:
                return self.renderer.page(request, "arrival.html", status=400)
            return await self._arrived(request, arrived)
        rater = self.cookies.rater(request)
        if rater is not None and await self.execute(self.store.has_rater, rater):
            return self.renderer.redirect("next")
        room = await self.execute(self.store.accepts_newcomers, self.open_limit)
        return self.renderer.page(request, "home.html", open=room)

    async def join(self, request: Request) -> Response:
        """Let a rater in by the open link, and show the personal link, without which there is no way back later."""
        if not self.limits.hit("join", client_address(request)):
            return too_many()
        token = await self.execute(self.store.join, self.open_limit)
        if token is None:
            return self.renderer.page(request, "home.html", status=403, open=False)
        return self.renderer.page(request, "link.html", link=self.renderer.link(request, token))

    async def invited(self, request: Request) -> Response:
        """Enter by an invitation; the token leaves the address bar at once."""
        rater = await self.execute(self.store.find, request.path_params["token"])
        if rater is None:
            if not self.limits.hit("wrong invitation", client_address(request)):
                return too_many()
            return self.renderer.page(request, "not_found.html", status=404)
        panel = self.store.study.participation.panel
        arrived = arrival(panel, request.query_params) if panel is not None and request.method == "GET" else None
        if arrived is not None:
            return await self._arrived(request, arrived, rater)
        return self._entered(rater)

    async def _arrived(self, request: Request, arrived: Arrival, rater: str = "") -> Response:
        """Keep a panel's ids at first contact; the redirect takes them out of the address bar."""
        if not self.limits.hit("join", client_address(request)):
            return too_many()
        found = await self.execute(self.store.arrive, arrived, rater)
        if not await self.execute(self.store.has_rater, found):
            return self.renderer.page(request, "withdrawn.html")
        return self._entered(found)

    def _entered(self, rater: str) -> Response:
        response = self.renderer.redirect("entered")
        self.cookies.remember(response, rater)
        return response

    async def entered(self, request: Request) -> Response:
        """Go on where the browser has kept the cookie; say that it is needed where it has not."""
        if self.cookies.rater(request) is None:
            return self.renderer.page(request, "cookies.html", status=400)
        return self.renderer.redirect("next")

    async def language(self, request: Request) -> Response:
        """Remember the language that was chosen."""
        chosen = request.path_params["language"]
        response = self.renderer.redirect("next")
        if chosen in self.renderer.languages:
            response.set_cookie(
                LANGUAGE_COOKIE, chosen, max_age=_YEAR_S, httponly=True, samesite="lax", path=self.cookies.path
            )
        return response
