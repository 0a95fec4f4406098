"""The pictures of a study as browsers get them: under random keys, and all files of a content of one length."""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from srbench.survey.responses import Question
from srbench.survey.stimuli.files import DamagedPicture, pause, read_picture
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Picture
from srbench.survey.web.executor import Unavailable
from srbench.survey.web.padding import largest_bytes, padded
from srbench.survey.web.picture_cache import PictureCache, state
from srbench.survey.web.render import Renderer
from srbench.survey.web.security import Cookies

_KEPT_BYTES = 128 << 20
_KEPT_KEYS = 10_000
_KEY = re.compile(r"[\w-]{22}(\.\d{1,2})?", re.ASCII)
# Every trial, and every study, has keys of its own: a cached picture never stands for another one.
_CACHED = {"Cache-Control": "private, max-age=3600, immutable"}


class PictureServer:
    """Handlers of the pictures.

    Args:
        store: Votes of the study.
        cookies: Signer of the cookies that say who a browser is.
        renderer: Renderer of the study's pages.
        execute: Runs functions of the store in a thread.
    """

    def __init__(
        self, store: VoteStore, cookies: Cookies, renderer: Renderer, execute: Callable[..., Awaitable[Any]]
    ) -> None:
        self.store, self.cookies, self.renderer, self.execute = store, cookies, renderer, execute
        self.folder = store.study.folder
        self.kept = PictureCache(_KEPT_BYTES)
        self._shown: OrderedDict[str, tuple[str, str]] = OrderedDict()  # keys on pages: their raters and pictures
        calibration = [p for p in store.study.pictures if p.role != "rated"]
        self.keys = {p.stimulus.name: cookies.opaque(p.stimulus.name + p.sha256) for p in calibration}
        self.calibration = {self.keys[p.stimulus.name]: p for p in calibration}
        self.pictures = {picture.stimulus.name: picture for picture in store.study.pictures}
        self.largest_bytes = largest_bytes(store.study)

    def routes(self) -> list[Route]:
        """Return the addresses of the pictures and their handlers."""
        return [
            Route("/p/{key}.png", self.trial_picture),
            Route("/c/{key}.png", self.calibration_picture),
        ]

    def calibration_url(self, name: str) -> str:
        """Return the address of a calibration picture."""
        return f"{self.renderer.base}/c/{self.keys[name]}.png"

    def scale_ends(self) -> tuple[str, str]:
        """Return the addresses of the worst and the best calibration picture, of the first content."""
        scores: dict[float, str] = {}
        for picture in self.calibration.values():
            if picture.form == "plain" and picture.stimulus.expected is not None:
                scores.setdefault(picture.stimulus.expected, picture.stimulus.name)
        return self.calibration_url(scores[min(scores)]), self.calibration_url(scores[max(scores)])

    def expect(self, rater: str, question: Question) -> None:
        """Remember whose the keys on a page are, since the browser asks for these pictures next."""
        names = zip(question.keys + question.ahead, question.pictures + question.pictures_ahead, strict=True)
        self._shown.update({key: (rater, name) for key, name in names})
        while len(self._shown) > _KEPT_KEYS:
            self._shown.popitem(last=False)

    async def trial_picture(self, request: Request) -> Response:
        """Send a picture of a trial, by a key that tells nothing, to its rater alone."""
        rater = self.cookies.rater(request)
        key = request.path_params["key"]
        name = None
        if rater is not None and _KEY.fullmatch(key):
            whose, name = self._shown.get(key, ("", None))
            if whose != rater:
                name = await self.execute(self.store.picture, rater, key)
        if name is None:
            return self.renderer.page(request, "not_found.html", status=404)
        return await self._send(self.pictures[name])

    async def calibration_picture(self, request: Request) -> Response:
        """Send a calibration picture to any rater of the study."""
        picture = self.calibration.get(request.path_params["key"])
        rater = self.cookies.rater(request)
        if picture is None or rater is None or not await self.execute(self.store.has_rater, rater):
            return self.renderer.page(request, "not_found.html", status=404)
        return await self._send(picture)

    async def _send(self, picture: Picture) -> Response:
        """Send a picture that is still the one of the plan; any other pauses the study."""
        file = self.folder / picture.file
        content = self.kept.get(file)
        if content is None:
            before = state(file)
            try:
                content = await run_in_threadpool(self._read, picture)
            except DamagedPicture as error:
                await self.execute(pause, self.store, str(error))
                raise Unavailable from error
            self.kept.keep(file, before, content)
        return Response(content, media_type="image/png", headers=_CACHED)

    def _read(self, picture: Picture) -> bytes:
        return padded(read_picture(self.folder, picture), self.largest_bytes[picture.stimulus.name])
