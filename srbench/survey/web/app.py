"""The web application of a study: every address and what answers it."""

from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from srbench.errors import BadStudy
from srbench.survey.secrets import Secrets
from srbench.survey.stimuli.files import pause_if_damaged
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.admin import Admin
from srbench.survey.web.executor import AWAY, Unavailable, VoteExecutor
from srbench.survey.web.flow import ParticipantFlow
from srbench.survey.web.outage import Outage
from srbench.survey.web.rate_limits import RateLimitMiddleware, RateLimits
from srbench.survey.web.render import Renderer
from srbench.survey.web.security import Cookies, SecurityMiddleware


def application(
    store: VoteStore, secrets: Secrets, *, base: str = "", secure: bool = False, open_limit: int = 0
) -> Starlette:
    """Return the ASGI application of a study.

    Args:
        store: Votes of the study.
        secrets: Secrets of the study.
        base: Path under which a proxy serves the study.
        secure: Whether cookies go over HTTPS only.
        open_limit: Number of raters who may enter by the open link; 0 for invitations only.
    """
    pause_if_damaged(store)
    cookies = Cookies(store.study.id, secrets.cookie, secure=secure, path=base)
    renderer = Renderer(store.study.title, base, cookies, store.study.languages())
    limits = RateLimits()
    execute = VoteExecutor(store)
    outage = Outage(store, renderer, execute)
    flow = ParticipantFlow(store, cookies, renderer, execute, limits, open_limit)
    admin = Admin(store, secrets.admin, cookies, renderer, execute, limits)

    async def not_found(request: Request, _error: Exception) -> Response:
        return renderer.page(request, "not_found.html", status=404)

    async def forbidden(request: Request, _error: Exception) -> Response:
        return renderer.page(request, "not_found.html", status=403)  # the rater withdrew meanwhile, in another tab

    routes: list[BaseRoute] = [
        *admin.routes(),
        *flow.routes(),
        *outage.routes(),
        Mount("/static", StaticFiles(packages=[("srbench.survey.web", "static")])),
    ]
    inner: list[Any] = [Mount(base, routes=routes)] if base else routes
    return Starlette(
        routes=inner,
        middleware=[Middleware(SecurityMiddleware), Middleware(RateLimitMiddleware, cookies=cookies, limits=limits)],
        exception_handlers={
            404: not_found,
            405: not_found,
            BadStudy: forbidden,
            **dict.fromkeys((Unavailable, *AWAY), outage.unavailable),
            Exception: outage.fault,
        },
    )
