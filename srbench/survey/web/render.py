"""Pages from templates, in the rater's language."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from srbench.survey.web.languages import LANGUAGES, preferred_language, translations
from srbench.survey.web.security import Cookies

NO_STORE = {"Cache-Control": "no-store"}


class Renderer:
    """Renderer of pages and redirects.

    Args:
        title: Title of the study.
        base: Path under which a proxy serves the study.
        cookies: Signer of the tokens of forms.
        languages: Languages that the study offers, and what they call themselves.
    """

    def __init__(self, title: str, base: str, cookies: Cookies, languages: Mapping[str, str] = LANGUAGES) -> None:
        self.title, self.base, self.cookies, self.languages = title, base, cookies, languages
        self.environments = {language: _environment(language) for language in languages}

    def page(self, request: Request, template: str, rater: str = "", status: int = 200, **facts: Any) -> Response:
        """Return a page, with a token for its forms where there is a rater."""
        language = self.language(request)
        text = (
            self.environments[language]
            .get_template(template)
            .render(
                base=self.base,
                title=self.title,
                language=language,
                languages=self.languages,
                token=self.cookies.token(rater) if rater else "",
                **facts,
            )
        )
        return HTMLResponse(text, status, headers={**NO_STORE, "Vary": "Accept-Language, Cookie"})

    def language(self, request: Request) -> str:
        """Return the language in which a browser gets its pages."""
        return preferred_language(request, self.languages)

    def link(self, request: Request, token: str) -> str:
        """Return a rater's personal link, with the address under which the browser reached the study."""
        scheme = "https" if self.cookies.secure else request.url.scheme
        return f"{scheme}://{request.url.netloc}{self.base}/i/{token}"

    def redirect(self, path: str) -> RedirectResponse:
        """Return a redirect to another page of the study."""
        return RedirectResponse(f"{self.base}/{path}", 303, headers=NO_STORE)


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(resources.files("srbench.survey.web") / "pages")),
        autoescape=True,
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
