"""Pages for when something fails: the database is away for a while, or this program has a fault.

What was sent is part of the page, which sends it again as soon as the study answers.
"""

import logging

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.executor import Unavailable, VoteExecutor
from srbench.survey.web.render import NO_STORE, Renderer
from srbench.survey.web.security import HEADERS

RETRY_S = 3
"""Seconds after which a browser is to try again."""
_LOG = logging.getLogger("srbench.survey")


class Outage:
    """Handlers of what fails, and of the question whether the study answers.

    Args:
        store: Votes of the study.
        renderer: Renderer of the study's pages.
        execute: Runs functions of the store in a thread.
    """

    def __init__(self, store: VoteStore, renderer: Renderer, execute: VoteExecutor) -> None:
        self.store, self.renderer, self.execute = store, renderer, execute

    def routes(self) -> list[Route]:
        """Return the address that says whether the study answers."""
        return [Route("/health", self.health)]

    async def health(self, _request: Request) -> Response:
        """Say "ok" where the database of the votes answers, and nothing of the study."""
        try:
            await self.execute(self.store.status)
        except Unavailable:
            headers = {**NO_STORE, "Retry-After": str(RETRY_S)}
            return PlainTextResponse("the database does not answer\n", 503, headers=headers)
        return PlainTextResponse("ok\n", headers=NO_STORE)

    async def unavailable(self, request: Request, error: Exception) -> Response:
        """Ask a rater to wait, in a page that goes on by itself and loses nothing of what was sent."""
        if not isinstance(error, Unavailable):
            self.execute.note(type(error).__name__)
        response = await self._page(request, 503, RETRY_S)
        response.headers["Retry-After"] = str(RETRY_S)
        return response

    async def fault(self, request: Request, error: Exception) -> Response:
        """Say that this program has a fault; the error goes to the log, with all that it knows."""
        response = await self._page(request, 500, 0)
        response.headers.update(HEADERS)  # this page is made outside of the other middleware
        return response

    async def _page(self, request: Request, status: int, retry_s: int) -> Response:
        sent: list[tuple[str, str]] = []
        path = request.url.path.removeprefix(self.renderer.base)
        again = request.method == "POST" and not path.startswith(("/admin", "/join"))
        if again:
            async with request.form(max_files=0, max_fields=50) as form:
                sent = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        onward = request.url.path if again else f"{self.renderer.base}/{'admin' if path.startswith('/admin') else ''}"
        return self.renderer.page(
            request, "unavailable.html", status=status, again=again, sent=sent, onward=onward, retry_s=retry_s
        )
