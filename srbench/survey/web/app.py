"""The web application of a study: consent, screen, calibration, practice, trials, breaks, thanks.

Pages are forms that work one after the other, each ending in a redirect, so that reload and back do no harm. Where a
rater stands is in the database alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from srbench.survey.design import Trial, practice
from srbench.survey.export import belief
from srbench.survey.secrets import Secrets
from srbench.survey.store import Question, Store
from srbench.survey.web.admin import Admin
from srbench.survey.web.guard import Cookies, Guard
from srbench.survey.web.images import padded
from srbench.survey.web.wording import wording

_STEPS = ("consent", "screen", "calibration", "practice")
_WINDOW = ("dpr", "width", "height")
_LONGEST_S = 3600.0
_Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Site:
    """A study on the web.

    Attributes:
        store: Its votes.
        cookies: Who is who.
        base: Path under which a proxy serves it; empty for the root.
        open_limit: How many raters may enter by the open link; 0: by invitation only.
    """

    store: Store
    cookies: Cookies
    base: str = ""
    open_limit: int = 0


def application(
    store: Store, secrets: Secrets, *, base: str = "", secure: bool = False, open_limit: int = 0
) -> Starlette:
    """The ASGI application.

    Args:
        store: Of the study.
        secrets: Of the study.
        base: Path under which a proxy serves it.
        secure: Cookies over HTTPS only.
        open_limit: Of the open link.
    """
    pages = Pages(Site(store, Cookies(secrets.cookie, secure=secure, path=base), base, open_limit))
    admin = Admin(store, secrets.admin, secrets.cookie, base=base, secure=secure, render=pages.render)
    routes = [
        *admin.routes(),
        Route("/", pages.home),
        Route("/join", pages.join, methods=["POST"]),
        Route("/i/{token}", pages.invited),
        Route("/next", pages.following),
        Route("/step", pages.step, methods=["POST"]),
        Route("/answer", pages.answer, methods=["POST"]),
        Route("/withdraw", pages.withdraw, methods=["GET", "POST"]),
        Route("/p/{key}.png", pages.picture),
        Route("/c/{number:int}.png", pages.calibrating),
        Mount("/static", StaticFiles(packages=[("srbench.survey.web", "static")])),
    ]
    inner: list[Any] = [Mount(base, routes=routes)] if base else routes
    return Starlette(
        routes=inner, middleware=[Middleware(Guard)], exception_handlers={404: pages.lost, 405: pages.lost}
    )


class Pages:
    """The handlers."""

    def __init__(self, site: Site) -> None:
        self.site, self.store = site, site.store
        folder = resources.files("srbench.survey.web") / "pages"
        self.templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(str(folder)), autoescape=True, undefined=jinja2.StrictUndefined
        )
        self.words = wording(self.store.study.design.method)
        self.calibration = [p for p in self.store.study.pictures if p.role != "rated"]
        self.largest = max(p.size_bytes(self.store.study.folder) for p in self.store.study.pictures)

    # entering

    async def home(self, request: Request) -> Response:
        """Whoever comes without a link."""
        if self.site.cookies.rater(request):
            return self._to("next")
        room = await run_in_threadpool(self._room)
        return self._page("home.html", open=room, status=200)

    def _room(self) -> bool:
        return bool(self.site.open_limit) and sum(self.store.counts().values()) < self.site.open_limit

    async def join(self, request: Request) -> Response:
        """Enter by the open link."""
        if not await run_in_threadpool(self._room):
            return self._page("home.html", open=False, status=403)
        token = await run_in_threadpool(self.store.invite)
        return self._to(f"i/{token}")

    async def invited(self, request: Request) -> Response:
        """Enter by an invitation; the token leaves the address bar at once."""
        rater = await run_in_threadpool(self.store.find, request.path_params["token"])
        if rater is None:
            return self._page("lost.html", status=404)
        response = self._to("next")
        self.site.cookies.remember(response, rater)
        return response

    # the way

    async def following(self, request: Request) -> Response:
        """The page that is next for this rater."""
        rater = await self._known(request)
        if rater is None:
            return self._to("")
        return await run_in_threadpool(self._following, rater, request)

    def _following(self, rater: str, request: Request) -> Response:
        if self.store.paused():
            return self._page("paused.html", rater)
        done = self.store.facts(rater)
        step = next((step for step in _STEPS if step not in done), None)
        if step:
            return self._page(f"{step}.html", rater, **self._step_facts(step, done))
        question = self.store.question(rater)
        if question is None:
            self.store.begin(rater, belief(self.store))
            question = self.store.question(rater)
        if question is None:
            return self._page("thanks.html", rater, code=self.store.code(rater))
        pause = f"{question.sitting}.{question.block}"
        if pause != "0.0" and pause not in done.get("pauses", []):
            return self._page("pause.html", rater, question=question, pause=pause)
        return self._trial(rater, question)

    def _step_facts(self, step: str, done: dict[str, Any]) -> dict[str, Any]:
        anchors = {p.shown.expected: i for i, p in enumerate(self.calibration) if p.shown.expected is not None}
        if step == "calibration":
            return {"worst": anchors[1.0], "best": anchors[5.0], **vars(self.words)}
        if step == "practice":
            asked = self._practice()
            at = int(done.get("practised", 0))
            names = [p.shown.name for p in self.calibration]
            pictures = [names.index(name) for name in (asked[at].first, asked[at].second) if name]
            urls = [f"{self.site.base}/c/{number}.png" for number in pictures]
            return {"at": at, "of": len(asked), "urls": urls, **vars(self.words)}
        return {"study": self.store.study, "minutes": self._minutes()}

    def _practice(self) -> list[Trial]:
        return practice(self.store.study.design, [p.shown for p in self.calibration])

    def _minutes(self) -> int:
        design = self.store.study.design
        rated = sum(p.role == "rated" for p in self.store.study.pictures)
        trials = round(rated * design.share * (1 + design.repeats)) + design.traps
        return max(1, round(trials * design.trial_seconds / 60))

    def _trial(self, rater: str, question: Question) -> Response:
        following = self.store.question(rater, question.position + 1)
        return self._page(
            "trial.html",
            rater,
            question=question,
            urls=self._urls(question),
            ahead=self._urls(following) if following else [],
            **vars(self.words),
        )

    def _urls(self, question: Question) -> list[str]:
        return [f"{self.site.base}/p/{key}.png" for key in question.keys]

    async def step(self, request: Request) -> Response:
        """A step before or between the trials is done."""
        rater, form = await self._form(request)
        if rater is None:
            return self._page("lost.html", status=403)
        step = form.get("step", "")
        await run_in_threadpool(self._done, rater, step, form)
        return self._to("next")

    def _done(self, rater: str, step: str, form: dict[str, str]) -> None:
        done = self.store.facts(rater)
        if step == "practice":
            at = int(done.get("practised", 0))
            if form.get("at") == str(at) and form.get("value") in self.store.allowed:
                ended = {"practice": True} if at + 1 >= len(self._practice()) else {}
                self.store.note(rater, {"practised": at + 1, **ended})
        elif step == "pause":
            self.store.note(rater, {"pauses": [*done.get("pauses", []), form.get("pause", "")[:9]]})
        elif step in _STEPS and all(earlier in done for earlier in _STEPS[: _STEPS.index(step)]):
            facts = {name: form[name][:30] for name in _WINDOW if name in form}
            self.store.note(rater, {step: facts or True})
            if step == "consent":
                self.store.record("consent", rater)

    async def answer(self, request: Request) -> Response:
        """An answer to a trial; whatever comes twice counts once."""
        rater, form = await self._form(request)
        if rater is None:
            return self._page("lost.html", status=403)
        position, value = form.get("position", ""), form.get("value", "")
        if not position.isdigit() or len(position) > 6 or value not in self.store.allowed:
            return self._page("lost.html", status=400)
        if await run_in_threadpool(self.store.paused):
            return self._to("next")
        facts: dict[str, Any] = {name: form[name][:30] for name in _WINDOW if name in form}
        seconds = _seconds(form.get("seconds", ""))
        await run_in_threadpool(self.store.answer, rater, int(position), value, seconds, facts)
        return self._to("next")

    async def withdraw(self, request: Request) -> Response:
        """Ask first, then take all answers away."""
        if request.method == "GET":
            rater = await self._known(request)
            return self._page("withdraw.html", rater) if rater else self._to("")
        rater, _ = await self._form(request)
        if rater is None:
            return self._page("lost.html", status=403)
        await run_in_threadpool(self.store.withdraw, rater)
        response = self._page("withdrawn.html")
        self.site.cookies.forget(response)
        return response

    # pictures

    async def picture(self, request: Request) -> Response:
        """A picture of a trial, by a key that tells nothing."""
        rater = self.site.cookies.rater(request)
        key = request.path_params["key"]
        name = (await run_in_threadpool(self.store.picture, rater, key)) if rater else None
        found = next((p for p in self.store.study.pictures if p.shown.name == name), None)
        return await run_in_threadpool(self._image, found.file) if found else self._page("lost.html", status=404)

    async def calibrating(self, request: Request) -> Response:
        """A calibration picture, by number."""
        number = request.path_params["number"]
        if await self._known(request) is None or number >= len(self.calibration):
            return self._page("lost.html", status=404)
        return await run_in_threadpool(self._image, self.calibration[number].file)

    def _image(self, file: str) -> Response:
        content = padded((self.store.study.folder / file).read_bytes(), self.largest)
        return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=3600, immutable"})

    async def lost(self, request: Request, _error: Exception) -> Response:
        """There is no such page."""
        return self._page("lost.html", status=404)

    # shared

    async def _known(self, request: Request) -> str | None:
        rater = self.site.cookies.rater(request)
        if rater is None or not await run_in_threadpool(self.store.known, rater):
            return None
        return rater

    async def _form(self, request: Request) -> tuple[str | None, dict[str, str]]:
        """The rater and the fields of a form that is really theirs."""
        rater = await self._known(request)
        async with request.form(max_files=0, max_fields=20) as sent:
            form = {name: value for name, value in sent.items() if isinstance(value, str)}
        if rater is None or not self.site.cookies.genuine(rater, form.get("token", "")):
            return None, {}
        return rater, form

    def render(self, template: str, status: int = 200, **facts: Any) -> Response:
        """A page that is no rater's."""
        return self._page(template, "", status, **facts)

    def _page(self, template: str, rater: str = "", status: int = 200, **facts: Any) -> Response:
        token = self.site.cookies.token(rater) if rater else ""
        text = self.templates.get_template(template).render(
            base=self.site.base, title=self.store.study.title, token=token, **facts
        )
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})

    def _to(self, place: str) -> RedirectResponse:
        return RedirectResponse(f"{self.site.base}/{place}", 303, headers={"Cache-Control": "no-store"})


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return min(max(value, 0.0), _LONGEST_S) if value == value else 0.0  # noqa: PLR0124 NaN
