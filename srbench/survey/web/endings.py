"""The ends of a rater's way: which one is due, and the page with its code or its address."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from srbench.survey.people.endings import EndingKind
from srbench.survey.responses import RaterState
from srbench.survey.store.raters import PREVIEW
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.render import Renderer

_PAGES = {"completed": "thanks.html", "closed": "closed.html"}
_OF_THE_STUDY = ("closed", "over-quota")
"""Endings that are the study's, not the rater's: who was given nothing for them may come back once there is room."""


class Endings:
    """The ends of raters' ways.

    Args:
        store: Votes of the study.
        renderer: Renderer of the study's pages.
        execute: Runs functions of the store in a thread.
    """

    def __init__(self, store: VoteStore, renderer: Renderer, execute: Callable[..., Awaitable[Any]]) -> None:
        self.store, self.renderer, self.execute = store, renderer, execute
        self.participation = store.study.participation
        self.thanks = {own.language: own.thanks for own in self.participation.words}

    async def due(self, current: RaterState) -> EndingKind | None:
        """Return the ending of a rater who cannot go on; None for who can."""
        if current.state == PREVIEW:
            return None
        if current.ending:
            return cast("EndingKind", current.ending)
        if current.assigned:
            return None
        if current.study_status == "closed":
            return "closed"
        full = self.participation.quota and await self.execute(self.store.has_its_raters)
        return "over-quota" if full else None

    async def page(self, request: Request, rater: str, current: RaterState, kind: EndingKind) -> Response:
        """Store that a rater's way has ended, and show what the rater is given for it."""
        captured = await self.execute(self.store.captured, rater) if self.participation.panel else {}
        given = self.participation.exit(kind, current.code, captured)
        if any(given) or kind not in _OF_THE_STUDY:
            await self.execute(self.store.end, rater, kind)
        return self.renderer.page(
            request,
            _PAGES.get(kind, "ending.html"),
            rater if kind == "completed" else "",
            ending=kind,
            code=given.code,
            redirect=given.redirect,
            thanks=self.thanks.get(self.renderer.language(request), ""),
            preview=current.state == PREVIEW,
            participation=self.participation,
        )
