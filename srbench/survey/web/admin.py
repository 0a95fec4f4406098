"""The administrator's page: how far the study is, what it says so far, and who rates oddly.

The token is typed into a form, never part of an address; a signed cookie keeps the page open in that browser.
"""

import asyncio
import hmac
import time
from collections.abc import Callable
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from srbench.errors import BadStudy
from srbench.ratings import records, table_io
from srbench.survey.export import ratings
from srbench.survey.progress import rater_rows, stop_rule, study_progress
from srbench.survey.vote_store import VoteStore
from srbench.survey.web.rate_limits import RateLimits, client_address, too_many
from srbench.survey.web.render import NO_STORE, Renderer
from srbench.survey.web.security import Cookies

_HOURS = 12
_MOST_INVITATIONS, _REST = 500, 4


class Admin:
    """The handlers.

    Args:
        store: Of the study.
        token: Opens the page.
        cookies: Of the raters: the preview becomes one, and the same key signs the administrator's.
        renderer: Of its pages.
        limits: How often one may knock.
    """

    def __init__(self, store: VoteStore, token: str, cookies: Cookies, renderer: Renderer, limits: RateLimits) -> None:
        self.store, self.token, self.cookies, self.renderer, self.limits = store, token, cookies, renderer, limits
        self.cookie = f"{cookies.name}-admin"
        self.computing, self.known = asyncio.Lock(), (0.0, dict[str, Any]())
        self.signer = URLSafeTimedSerializer(cookies.key, salt="admin")

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/admin", self.page),
            Route("/admin/enter", self.enter, methods=["POST"]),
            Route("/admin/live", self.live),
            Route("/admin/do", self.do, methods=["POST"]),
            Route("/admin/ratings.csv", self.ratings),
            Route("/admin/raters.csv", self.raters),
        ]

    def _inside(self, request: Request) -> bool:
        try:
            return bool(self.signer.loads(request.cookies.get(self.cookie, ""), max_age=_HOURS * 3600) == "admin")
        except BadSignature:
            return False

    def _refused(self, request: Request, *, wrong: bool = False, status: int = 403) -> Response:
        return self.renderer.page(request, "login.html", status=status, wrong=wrong)

    async def page(self, request: Request) -> Response:
        """The state of the study; without the cookie a form that asks for the token."""
        if not self._inside(request):
            return self._refused(request, status=200)
        return self.renderer.page(request, "admin.html", **await self._state())

    async def live(self, request: Request) -> Response:
        """The part of the page that changes."""
        if not self._inside(request):
            return self._refused(request)
        return self.renderer.page(request, "progress.html", **await self._state())

    async def _state(self) -> dict[str, Any]:
        """Counted by one at a time, and no more than a fifth of the time: a large study takes seconds."""
        async with self.computing:
            begun = time.monotonic()
            if begun > self.known[0]:
                found = await run_in_threadpool(self._counted)
                ended = time.monotonic()
                self.known = (ended + _REST * (ended - begun), found)
            return {**self.known[1], "study_status": await run_in_threadpool(self.store.status)}

    def _counted(self) -> dict[str, Any]:
        found = study_progress(self.store)
        return {
            "progress": found,
            "unit": self.store.study.method.score_heading,
            "stop": stop_rule(self.store.study, found),
        }

    async def enter(self, request: Request) -> Response:
        """Check the token."""
        async with request.form(max_files=0, max_fields=5) as form:
            given = form.get("token", "")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), self.token.encode()):
            if not self.limits.hit("wrong token", client_address(request)):
                return too_many()
            return self._refused(request, wrong=True)
        response = self.renderer.to("admin")
        made = self.signer.dumps("admin")
        response.set_cookie(
            self.cookie,
            made if isinstance(made, str) else made.decode(),
            httponly=True,
            samesite="strict",
            secure=self.cookies.secure,
            path=f"{self.renderer.base}/admin",
        )
        return response

    async def do(self, request: Request) -> Response:
        """Open, pause, close, invite or look; forms of other sites have been refused before."""
        if not self._inside(request):
            return self._refused(request)
        async with request.form(max_files=0, max_fields=5) as form:
            what, number = str(form.get("what", "")), str(form.get("number", "1"))
        if what in ("open", "pause", "close"):
            await run_in_threadpool(self.store.record_event, what)
            return self.renderer.to("admin")
        if what == "preview":
            return await self._preview()
        if what == "invite" and number.isdecimal() and len(number) < 5 and 0 < int(number) <= _MOST_INVITATIONS:
            return await self._invited(request, int(number))
        return self._refused(request, status=400)

    async def _preview(self) -> Response:
        token = await run_in_threadpool(lambda: self.store.invite(preview=True))
        rater = await run_in_threadpool(self.store.find, token)
        response = self.renderer.to("next")
        self.cookies.remember(response, rater or "")
        return response

    async def _invited(self, request: Request, number: int) -> Response:
        tokens = await run_in_threadpool(lambda: [self.store.invite() for _ in range(number)])
        links = [self.renderer.link(request, token) for token in tokens]
        return self.renderer.page(request, "links.html", links=links)

    async def ratings(self, request: Request) -> Response:
        """All answers as CSV."""
        if not self._inside(request):
            return self._refused(request)
        return await run_in_threadpool(_csv, lambda: records.records(ratings(self.store, unfinished=True)))

    async def raters(self, request: Request) -> Response:
        """All raters as CSV."""
        if not self._inside(request):
            return self._refused(request)
        return await run_in_threadpool(_csv, lambda: rater_rows(study_progress(self.store)))


def _csv(read: Callable[[], list[dict[str, Any]]]) -> Response:
    try:
        return Response(table_io.comma_separated(read()), media_type="text/csv", headers=NO_STORE)
    except BadStudy as error:
        return PlainTextResponse(f"{error}\n", 404, headers=NO_STORE)
