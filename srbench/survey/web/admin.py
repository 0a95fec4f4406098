"""The administrator's pages: how far the study is, its scores so far, and whom screening rules would reject.

The token is typed into a form, never part of an address; a signed cookie keeps the page open in that browser.
"""

import asyncio
import hashlib
import hmac
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from anyio import move_on_after, to_thread
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from srbench.errors import BadStudy
from srbench.ratings import records, table_io
from srbench.survey import secrets
from srbench.survey.export import exclusion_note, ratings
from srbench.survey.monitor import monitor
from srbench.survey.package import writing
from srbench.survey.progress import quota_rule, rater_rows, stop_rule, study_progress
from srbench.survey.stimuli.files import pause_if_damaged
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.executor import LONGEST_S, Unavailable, VoteExecutor
from srbench.survey.web.rate_limits import RateLimits, client_address, too_many
from srbench.survey.web.render import NO_STORE, Renderer
from srbench.survey.web.security import Cookies

_LOGIN_HOURS = 12
_MAX_INVITATIONS = 500
_IDLE_FACTOR = 4
"""Pause between two counts, in durations of a count."""


class Admin:
    """Handlers of the administrator's pages.

    Args:
        store: Votes of the study.
        token: Secret that opens the pages.
        cookies: Signer of the raters' cookies: the preview becomes a rater, and the same key signs the administrator's.
        renderer: Renderer of the study's pages.
        execute: Runs functions of the store in a thread.
        limits: Rate limits of wrong tokens.
    """

    def __init__(
        self,
        store: VoteStore,
        token: str,
        cookies: Cookies,
        renderer: Renderer,
        execute: VoteExecutor,
        limits: RateLimits,
    ) -> None:
        self.store, self.token, self.cookies, self.renderer, self.limits = store, token, cookies, renderer, limits
        self.execute = execute
        self.cookie = f"{cookies.name}-admin"
        self.counting: asyncio.Task[None] | None = None
        self.counted = (0.0, dict[str, Any]())
        self.signer = URLSafeTimedSerializer(cookies.key, salt="admin")

    def routes(self) -> list[Route]:
        """Return the addresses of the pages and their handlers."""
        return [
            Route("/admin", self.page),
            Route("/admin/login", self.login, methods=["POST"]),
            Route("/admin/logout", self.logout, methods=["POST"]),
            Route("/admin/progress", self.progress),
            Route("/admin/action", self.action, methods=["POST"]),
            Route("/admin/ratings.csv", self.ratings),
            Route("/admin/raters.csv", self.raters),
            Route("/admin/package.zip", self.package),
        ]

    def _logged_in(self, request: Request) -> bool:
        try:
            opened_by = self.signer.loads(request.cookies.get(self.cookie, ""), max_age=_LOGIN_HOURS * 3600)
        except BadSignature:
            return False
        return bool(opened_by == _digest(self._current_token()))

    def _current_token(self) -> str:
        """The token that is valid now: a new one may have been made while the study is served."""
        with suppress(BadStudy):
            self.token = secrets.load(self.store.study.folder).admin
        return self.token

    def _login_page(self, request: Request, *, wrong: bool = False, status: int = 403) -> Response:
        return self.renderer.page(request, "login.html", status=status, wrong=wrong)

    async def page(self, request: Request) -> Response:
        """Show the state of the study; without the cookie a form that asks for the token."""
        if not self._logged_in(request):
            return self._login_page(request, status=200)
        return self.renderer.page(request, "admin.html", **await self._state())

    async def progress(self, request: Request) -> Response:
        """Send the part of the page that changes."""
        if not self._logged_in(request):
            return self._login_page(request)
        return self.renderer.page(request, "progress.html", **await self._state())

    async def _state(self) -> dict[str, Any]:
        """Count one at a time, and no more than a fifth of the time, since a large study takes seconds.

        Raises:
            Unavailable: The database does not answer, or the first count takes longer than a page may.
        """
        status = await self.execute.aside(self._status)
        if time.monotonic() > self.counted[0] and (self.counting is None or self.counting.done()):
            self.counting = asyncio.create_task(self._recount())
        if self.counting is not None:
            with move_on_after(LONGEST_S):
                await asyncio.shield(self.counting)
        if not self.counted[1]:
            raise Unavailable
        return {**self.counted[1], **status}

    async def _recount(self) -> None:
        started = time.monotonic()
        counts = await to_thread.run_sync(self._count)
        ended = time.monotonic()
        self.counted = (ended + _IDLE_FACTOR * (ended - started), counts)

    def _status(self) -> dict[str, str]:
        return {"study_status": self.store.status(), "reason": self.store.status_reason()}

    def _count(self) -> dict[str, Any]:
        progress = study_progress(self.store)
        return {
            "progress": progress,
            "unit": self.store.study.method.score_heading,
            "closes": quota_rule(self.store.study),
            "stop": stop_rule(self.store.study, progress),
            "excluded": exclusion_note(progress.excluded),
            "monitor": monitor(self.store),
        }

    async def login(self, request: Request) -> Response:
        """Check the token, and set the cookie where it is right."""
        async with request.form(max_files=0, max_fields=5) as form:
            token = form.get("token", "")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self._current_token().encode()):
            if not self.limits.hit("wrong token", client_address(request)):
                return too_many()
            return self._login_page(request, wrong=True)
        response = self.renderer.redirect("admin")
        self._remember(response)
        return response

    async def logout(self, request: Request) -> Response:
        """Forget the cookie of this browser."""
        if not self._logged_in(request):
            return self._login_page(request)
        response = self.renderer.redirect("admin")
        response.delete_cookie(self.cookie, path=f"{self.renderer.base}/admin")
        return response

    async def _renewed(self, request: Request) -> Response:
        """Make a new token, show it once, and keep this browser alone logged in."""
        renewed = await to_thread.run_sync(secrets.renew_admin, self.store.study.folder)
        await self.execute(self.store.record_event, "token")
        response = self.renderer.page(request, "token.html", new=renewed.admin)
        self._remember(response)
        return response

    def _remember(self, response: Response) -> None:
        signed = self.signer.dumps(_digest(self._current_token()))
        response.set_cookie(
            self.cookie,
            signed if isinstance(signed, str) else signed.decode(),
            httponly=True,
            samesite="strict",
            secure=self.cookies.secure,
            path=f"{self.renderer.base}/admin",
        )

    async def action(self, request: Request) -> Response:
        """Open, pause or close the study, make invitations or a new token, or begin a preview."""
        if not self._logged_in(request):
            return self._login_page(request)
        async with request.form(max_files=0, max_fields=5) as form:
            action, number = str(form.get("action", "")), str(form.get("number", "1"))
        if action in ("open", "pause", "close"):
            if action != "open" or not await self._unhurried(pause_if_damaged, self.store):
                await self.execute(self.store.record_event, action)
            return self.renderer.redirect("admin")
        if action == "preview":
            return await self._preview()
        if action == "token":
            return await self._renewed(request)
        if action == "invite" and number.isdecimal() and len(number) < 5 and 0 < int(number) <= _MAX_INVITATIONS:
            return await self._invited(request, int(number))
        return self._login_page(request, status=400)

    async def _preview(self) -> Response:
        token = await self.execute(lambda: self.store.invite(preview=True))
        rater = await self.execute(self.store.find, token)
        response = self.renderer.redirect("next")
        self.cookies.remember(response, rater or "")
        return response

    async def _invited(self, request: Request, number: int) -> Response:
        tokens = await self._unhurried(lambda: [self.store.invite() for _ in range(number)])
        links = [self.renderer.link(request, token) for token in tokens]
        return self.renderer.page(request, "links.html", links=links)

    async def ratings(self, request: Request) -> Response:
        """Send all answers as CSV."""
        if not self._logged_in(request):
            return self._login_page(request)
        return await self._sent(
            lambda: table_io.comma_separated(records.records(ratings(self.store, unfinished=True))), "text/csv"
        )

    async def raters(self, request: Request) -> Response:
        """Send all raters as CSV."""
        if not self._logged_in(request):
            return self._login_page(request)
        return await self._sent(lambda: table_io.comma_separated(rater_rows(study_progress(self.store))), "text/csv")

    async def package(self, request: Request) -> Response:
        """Send everything that was collected as a Data Package, without pictures."""
        if not self._logged_in(request):
            return self._login_page(request)
        return await self._sent(self._package, "application/zip")

    def _package(self) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "package.zip"
            writing.write(self.store, target, writing.PackageOptions())
            return target.read_bytes()

    async def _sent(self, read: Callable[[], str | bytes], kind: str) -> Response:
        """Send what a function reads from the store; 404 with the reason where there is nothing yet."""
        try:
            return Response(await self._unhurried(read), media_type=kind, headers=NO_STORE)
        except BadStudy as error:
            return PlainTextResponse(f"{error}\n", 404, headers=NO_STORE)

    async def _unhurried(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run what may take longer than a page, once the database answers.

        Raises:
            Unavailable: The database does not answer.
        """
        await self.execute.aside(self.store.status)
        return await to_thread.run_sync(function, *arguments)


def _digest(token: str) -> str:
    """What a cookie says of the token that has opened the page, so that a new token closes it."""
    return hashlib.sha256(f"admin:{token}".encode()).hexdigest()
