"""From a printed score back to the conventions that give it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.errors import UserError
from srbench.evaluation import conventions
from srbench.evaluation.convention_scores import ConventionScores
from srbench.evaluation.conventions import Convention, Images

_FORM = re.compile(r"(\d{1,2})\.(\d{1,6})(?:/(?:[01])?\.(\d{1,6}))?")
_NEAREST, _TRIED = 3, 60
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Printed:
    """A score as a paper prints it.

    Attributes:
        psnr: PSNR in dB.
        psnr_digits: Digits after its point.
        ssim: SSIM; None where it is not printed.
        ssim_digits: Digits after its point.
    """

    psnr: float
    psnr_digits: int
    ssim: float | None = None
    ssim_digits: int = 4

    def psnr_off(self, value: float) -> float:
        """Return how far PSNR lies off, in halves of the last printed digit: up to 1 it prints the same."""
        return abs(value - self.psnr) / (0.5 * 10**-self.psnr_digits)

    def ssim_off(self, value: float) -> float:
        """Return the same of SSIM; 0 where it is not printed."""
        return 0.0 if self.ssim is None else abs(value - self.ssim) / (0.5 * 10**-self.ssim_digits)

    def __str__(self) -> str:
        ssim = "" if self.ssim is None else f"/{self.ssim:.{self.ssim_digits}f}"
        return f"{self.psnr:.{self.psnr_digits}f}{ssim}"


def parse(text: str) -> Printed:
    """Read a printed score, "28.42" or "28.42/.8104".

    Raises:
        UserError: It has another form, or SSIM is above 1.

    Examples:
        >>> parse("28.42/.8104")
        Printed(psnr=28.42, psnr_digits=2, ssim=0.8104, ssim_digits=4)
    """
    found = _FORM.fullmatch(text)
    if not found:
        raise UserError(
            f"--printed '{text}' is no score; expected PSNR, or PSNR/SSIM, with decimal points, as 28.42 or 28.42/.8104"
        )
    psnr, _, ssim = text.partition("/")
    if ssim and float(ssim) > 1:
        raise UserError(f"--printed '{text}' has SSIM {ssim}; expected at most 1, as in 28.42/.8104")
    return Printed(float(psnr), len(found[2]), float(ssim) if ssim else None, len(found[3] or "0000"))


@dataclass(frozen=True)
class Match:
    """A convention and what it gives.

    Attributes:
        convention: The convention.
        values: PSNR in dB and SSIM on each data set; SSIM is None where it is not printed.
        off: How far the worst value lies off, in halves of the last printed digit; up to 1 all print the same.
        same: Others that give the same values in every digit.
    """

    convention: Convention
    values: tuple[tuple[float, float | None], ...]
    off: float
    same: tuple[Convention, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether it gives all printed digits."""
        return self.off <= 1 + _ROUNDING


@dataclass(frozen=True)
class Search:
    """What a search found.

    Attributes:
        matches: Conventions that give all printed digits, the nearest to the default first; equal ones are one entry.
        nearest: Where there are none: those whose values come closest.
        tried: Number of conventions that were tried, flavours of SSIM included.
    """

    matches: list[Match]
    nearest: list[Match]
    tried: int


def search(
    scores: Sequence[ConventionScores],
    base: Convention,
    printed: Sequence[Printed],
    progress: Progress = NO_PROGRESS,
    *,
    ways: Sequence[Images] | None = None,
    nearest: bool = True,
) -> Search:
    """Find the conventions that give a printed score. PSNR is tried first: most conventions need no SSIM.

    Args:
        scores: One for each data set.
        base: The default, to which distances are.
        printed: The printed score of each data set.
        progress: Shows a step for each way to make SR and HR.
        ways: Ways to make SR and HR; all that circulate by default.
        nearest: Whether to look for the nearest where none fits, which takes longer.
    """
    known = every_way(scores, base) if ways is None else ways
    asked = list(zip(scores, printed, strict=True))
    flavours = [choice.value for choice in conventions.of_axis("ssim")] if printed[0].ssim is not None else [base.ssim]
    found: list[tuple[float, Convention]] = []
    with progress.task("conventions", len(known)) as shown:
        for way in known:
            tried = conventions.measures(base, way)
            found += [(max(p.psnr_off(of.psnr(each)) for of, p in asked), each) for each in tried]
            shown.advance()
    by_psnr = [each for off, each in found if off <= 1 + _ROUNDING]
    order = _order(base)
    matches = [match for each in by_psnr for match in _flavoured(each, flavours, asked, whole=False) if match.fits]
    closest_ones: list[Match] = []
    if nearest and not matches:
        closest = [each for _, each in sorted(found, key=lambda one: one[0])[:_TRIED]]
        able = [match for each in closest for match in _flavoured(each, flavours, asked, whole=True)]
        closest_ones = _merged(sorted(able, key=lambda one: (round(one.off, 6), order(one.convention))))[:_NEAREST]
    tried_count = len(found) * len(flavours)
    return Search(_merged(sorted(matches, key=lambda one: order(one.convention))), closest_ones, tried_count)


def every_way(scores: Sequence[ConventionScores], base: Convention) -> list[Images]:
    """Return the ways to make SR and HR that data sets allow, the nearest first."""
    grey = any(any(of.grey.values()) for of in scores)
    return conventions.all_images(base.images, grey=grey, made=all(of.source.made for of in scores))


def _order(base: Convention) -> Callable[[Convention], tuple[int, int, tuple[int, ...]]]:
    place = {(choice.axis, choice.value): at for at, choice in enumerate(conventions.CHOICES)}

    def order(convention: Convention) -> tuple[int, int, tuple[int, ...]]:
        changes = convention.differs(base)
        return convention.distance(base), len(changes), tuple(place[one.axis, one.value] for one in changes)

    return order


def _flavoured(
    convention: Convention,
    flavours: Sequence[str],
    asked: Sequence[tuple[ConventionScores, Printed]],
    *,
    whole: bool,
) -> Iterator[Match]:
    """Yield a convention with each flavour of SSIM; one that misses goes on to further data sets only as a whole."""
    for flavour in flavours:
        each, values, off = replace(convention, ssim=flavour), [], 0.0
        for of, printed in asked:
            psnr = of.psnr(each)
            off = max(off, printed.psnr_off(psnr))
            ssim = of.ssim(each) if printed.ssim is not None else None
            off = max(off, printed.ssim_off(ssim)) if ssim is not None else off
            values.append((psnr, ssim))
            if off > 1 + _ROUNDING and not whole:
                break
        yield Match(each, tuple(values), off)


def _merged(matches: Sequence[Match]) -> list[Match]:
    """Join conventions that give the same values in every digit; the first of them stands for all."""
    groups: dict[tuple[tuple[float, float | None], ...], list[Match]] = {}
    for match in matches:
        rounded = tuple((round(psnr, 9), None if ssim is None else round(ssim, 11)) for psnr, ssim in match.values)
        groups.setdefault(rounded, []).append(match)
    return [replace(first, same=tuple(each.convention for each in rest)) for first, *rest in groups.values()]
