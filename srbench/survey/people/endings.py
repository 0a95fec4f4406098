"""How a rater's way can end, and the code or the address that each ending leads to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args
from urllib.parse import quote

from srbench.errors import BadStudy
from srbench.survey.people.addresses import is_address

EndingKind = Literal["completed", "screened-out", "over-quota", "refused", "closed"]
KINDS: tuple[EndingKind, ...] = get_args(EndingKind)
CODE_PLACEHOLDER = "{code}"
PROLIFIC_RETURN = f"https://app.prolific.com/submissions/complete?cc={CODE_PLACEHOLDER}"
"""Where Prolific takes a participant back, with a code that is the same for all."""
_LONGEST_CODE = 100


@dataclass(frozen=True)
class Ending:
    """What an ending leads to.

    Attributes:
        kind: The ending, one of `KINDS`.
        code: Code that all raters with this ending are shown; empty where each has a code of their own.
        redirect: Address that they are sent to; {code} stands for the code, {NAME} for an id of the panel.
    """

    kind: EndingKind
    code: str = ""
    redirect: str = ""


class Exit(NamedTuple):
    """What a rater is given at the end.

    Attributes:
        code: Code for the panel; empty where there is none.
        redirect: Address to go on to; empty where there is none.
    """

    code: str = ""
    redirect: str = ""


def parse(text: str) -> Ending:
    """Read an ending as it is typed: completed=CODE, or screened-out=https://...

    Raises:
        BadStudy: No such ending, or nothing behind the sign.
    """
    kind, equals, value = text.partition("=")
    if kind not in KINDS or not equals or not value.strip():
        raise BadStudy(
            f"--ending '{text}' cannot be understood; expected KIND=CODE or KIND=https://..., with a KIND of "
            f"{', '.join(KINDS)}"
        )
    if "://" in value:
        return Ending(kind, redirect=value)
    return Ending(kind, code=value.strip())


def require_sound(endings: Sequence[Ending], names: Sequence[str]) -> None:
    """Check that endings can be shown.

    Args:
        endings: Endings of a study.
        names: Names of the ids that the study's panel sends.

    Raises:
        BadStudy: An ending that does not exist or is given twice, a code that cannot be shown, or a bad address.
    """
    kinds = [ending.kind for ending in endings]
    for ending in endings:
        if ending.kind not in KINDS:
            raise BadStudy(f"no ending '{ending.kind}'; expected one of {', '.join(KINDS)}")
        if kinds.count(ending.kind) > 1:
            raise BadStudy(f"the ending {ending.kind} is given twice; give its code or its address once")
        if len(ending.code) > _LONGEST_CODE or not ending.code.isprintable():
            raise BadStudy(f"the code of {ending.kind} cannot be shown; expected at most {_LONGEST_CODE} characters")
        if ending.redirect:
            require_redirect(ending.redirect, names)


def require_redirect(redirect: str, names: Sequence[str]) -> None:
    """Check that an address can be filled in.

    Raises:
        BadStudy: It is no address, or has a placeholder that nothing fills.
    """
    filled = _filled(redirect, "0", dict.fromkeys(names, "0"))
    if not is_address(filled):
        raise BadStudy(f"the redirect '{redirect}' is no address; expected https://... with {CODE_PLACEHOLDER} in it")
    if "{" in filled or "}" in filled:
        known = ", ".join("{" + name + "}" for name in ("code", *names))
        raise BadStudy(f"the redirect '{redirect}' has a placeholder that nothing fills; expected some of {known}")


def exit_of(ending: Ending, own_code: str, captured: Mapping[str, str]) -> Exit:
    """Return what a rater is given at an ending.

    Args:
        ending: The ending, as the study has it.
        own_code: The rater's own code.
        captured: Ids by which the panel knows the rater.
    """
    code = ending.code or own_code
    return Exit(code, _filled(ending.redirect, code, captured))


def _filled(redirect: str, code: str, captured: Mapping[str, str]) -> str:
    for name, value in {"code": code, **captured}.items():
        redirect = redirect.replace("{" + name + "}", quote(value, safe=""))
    return redirect
