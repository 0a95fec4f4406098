"""The administrator's page: how far the study is, what it says so far, and who rates oddly.

The token is typed into a form, never part of an address; a signed cookie keeps the page open in that browser.
"""

import hmac
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from srbench.errors import BadStudy
from srbench.opinion import cells, files, mos, screening
from srbench.opinion.votes import Votes
from srbench.survey.export import ratings
from srbench.survey.store import Store

_COOKIE, _HOURS = "srbench-admin", 12
_MOST_INVITATIONS = 500


class Admin:
    """The handlers.

    Args:
        store: Of the study.
        token: Opens the page.
        key: Signs the cookie.
        base: Path under which a proxy serves the study.
        secure: Cookies over HTTPS only.
        render: Makes a page of a template and facts.
    """

    def __init__(self, store: Store, token: str, key: str, *, base: str, secure: bool, render: Any) -> None:
        self.store, self.token, self.base, self.secure, self.render = store, token, base, secure, render
        self.signer = URLSafeTimedSerializer(key, salt="admin")

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/admin", self.page),
            Route("/admin/enter", self.enter, methods=["POST"]),
            Route("/admin/do", self.do, methods=["POST"]),
            Route("/admin/ratings.csv", self.ratings),
        ]

    def _inside(self, request: Request) -> bool:
        try:
            return bool(self.signer.loads(request.cookies.get(_COOKIE, ""), max_age=_HOURS * 3600) == "admin")
        except BadSignature:
            return False

    async def page(self, request: Request) -> Response:
        """The state of the study; without the cookie a form that asks for the token."""
        if not self._inside(request):
            return self.render("enter.html", status=200, wrong=False)
        return self.render("admin.html", status=200, **await run_in_threadpool(self._state))

    async def enter(self, request: Request) -> Response:
        """Check the token."""
        async with request.form(max_files=0, max_fields=5) as form:
            given = form.get("token", "")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), self.token.encode()):
            return self.render("enter.html", status=403, wrong=True)
        response = self._back()
        made = self.signer.dumps("admin")
        value = made if isinstance(made, str) else made.decode()
        path = f"{self.base}/admin"
        response.set_cookie(_COOKIE, value, httponly=True, samesite="strict", secure=self.secure, path=path)
        return response

    async def do(self, request: Request) -> Response:
        """Pause, go on, or invite. The cookie is SameSite=Strict: no other site's form comes with it."""
        if not self._inside(request):
            return self.render("enter.html", status=403, wrong=False)
        async with request.form(max_files=0, max_fields=5) as form:
            what, number = form.get("what"), form.get("number", "1")
        if what in ("pause", "resume"):
            await run_in_threadpool(self.store.record, str(what))
        elif what == "invite" and isinstance(number, str) and number.isdigit() and 0 < int(number) <= _MOST_INVITATIONS:
            tokens = [await run_in_threadpool(self.store.invite) for _ in range(int(number))]
            return PlainTextResponse("".join(f"{self.base}/i/{token}\n" for token in tokens), headers=_FRESH)
        else:
            return self.render("enter.html", status=400, wrong=False)
        return self._back()

    async def ratings(self, request: Request) -> Response:
        """All answers as CSV."""
        if not self._inside(request):
            return self.render("enter.html", status=403, wrong=False)
        try:
            found = await run_in_threadpool(lambda: files.records(ratings(self.store, unfinished=True)))
        except BadStudy as error:
            return PlainTextResponse(f"{error}\n", 404, headers=_FRESH)
        return Response(cells.comma_separated(found), media_type="text/csv", headers=_FRESH)

    def _state(self) -> dict[str, Any]:
        counts, wanted = self.store.counts(), self.store.study.raters
        state: dict[str, Any] = {"counts": counts, "wanted": wanted, "paused": self.store.paused()}
        state |= {"answers": 0, "models": [], "raters": []}
        try:
            found = ratings(self.store, unfinished=True)
        except BadStudy:
            return state
        state["answers"] = len(found.votes) if found.votes is not None else len(found.pairs)
        if found.votes is not None and len(judged := found.votes.judged()):
            means = mos.model_means(mos.mos(judged), judged)
            state["models"] = [group for group in means if not group.dataset]
            state["raters"] = _flagged(found.votes)
        return state

    def _back(self) -> RedirectResponse:
        return RedirectResponse(f"{self.base}/admin", 303, headers=_FRESH)


_FRESH = {"Cache-Control": "no-store"}


def _flagged(votes: Votes) -> list[tuple[str, int, list[str]]]:
    """Each rater, number of answers, and the rules that would reject them."""
    verdicts = screening.verdicts(votes, votes.judged())
    counts = {name: int((votes.rater == i).sum()) for i, name in enumerate(votes.raters)}
    return [(name, count, [v.rule for v in verdicts if name in v.rejected]) for name, count in counts.items()]
