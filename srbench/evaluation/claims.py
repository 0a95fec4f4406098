"""The claims of the cards, measured again: each printed score beside ours, with a verdict."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from srbench import protocol
from srbench.core.assets import AssetStore
from srbench.core.names import meant
from srbench.core.progress import NO_PROGRESS, Progress
from srbench.datasets.locate import ImageSet
from srbench.errors import UserError
from srbench.evaluation import caveats, harness, printed, scoring
from srbench.evaluation.convention_outputs import ModelSource
from srbench.evaluation.convention_scores import ConventionScores
from srbench.evaluation.conventions import of_protocol
from srbench.evaluation.plan import Plan
from srbench.evaluation.printed import Printed
from srbench.evaluation.results import RunFolder
from srbench.evaluation.summary import summarise
from srbench.models import registry
from srbench.models.availability import at_hand, fetch_model, why_not
from srbench.models.card import Card, Claim
from srbench.models.mode import Mode
from srbench.protocol import Protocol

Verdict = Literal["agrees", "differs", "not checked"]
METRICS = ("psnr", "ssim", "lpips")
WITHIN = {"psnr": 0.01, "ssim": 0.0005, "lpips": 0.0005}
"""Largest difference that agrees: of PSNR in dB. A print of fewer digits agrees where ours rounds to it, too."""
DIGITS = {"psnr": 2, "ssim": 4, "lpips": 4}
"""Digits after the point that papers print."""


@dataclass(frozen=True)
class Check:
    """One score that a card claims, measured again.

    Attributes:
        model: Id of the card.
        dataset: Id of the data set.
        protocol: Protocol of the claim.
        metric: "psnr" in dB, "ssim" or "lpips".
        printed: The claimed value.
        ours: The mean that was measured; None where it was not.
        source: Publication or repository of the claim.
        verdict: Whether the two agree.
        reason: Why it was not checked; empty where it was.
        convention: Where it differs: the convention that gives the printed scores, or that none was found.
    """

    model: str
    dataset: str
    protocol: str
    metric: str
    printed: float
    ours: float | None
    source: str
    verdict: Verdict
    reason: str = ""
    convention: str = ""

    @property
    def difference(self) -> float | None:
        """Ours minus the printed value."""
        return None if self.ours is None else self.ours - self.printed


def verdict(metric: str, printed: float, ours: float) -> Verdict:
    """Compare a printed value with a measured one.

    Examples:
        >>> verdict("psnr", 28.42, 28.4299), verdict("psnr", 28.42, 28.4301), verdict("ssim", 0.752, 0.7524)
        ('agrees', 'differs', 'agrees')
    """
    near = abs(ours - printed) <= WITHIN[metric] + 1e-9
    return "agrees" if near or round(ours, DIGITS[metric]) == round(printed, DIGITS[metric]) else "differs"


def chosen(models: Sequence[str], datasets: Sequence[str], protocols: Sequence[str]) -> list[tuple[Card, Claim]]:
    """Return the claims of all cards that patterns choose, in the order of protocols and data sets.

    Args:
        models: Names of models or patterns of them; none of them means all.
        datasets: Data sets, likewise.
        protocols: Protocols, likewise.

    Raises:
        UserError: A pattern means nothing that is claimed, or no claim is chosen.
    """
    claims = [(card, claim) for card in registry.cards().values() for claim in card.claims]
    wanted = meant(models, (card.id for card, _ in claims), "model with claims")
    of_sets = meant(datasets, (claim.dataset for _, claim in claims), "data set of the claims")
    under = meant(protocols, (claim.protocol for _, claim in claims), "protocol of the claims")
    found = [
        (card, claim)
        for card, claim in claims
        if card.id in wanted and claim.dataset in of_sets and claim.protocol in under
    ]
    if not found:
        raise UserError("no card claims a score of that; the claims of all cards: srbench models --json")
    return sorted(found, key=lambda one: (one[1].protocol, one[1].dataset))


def measure(
    claims: Iterable[tuple[Card, Claim]],
    folder: Callable[[str], RunFolder],
    store: AssetStore,
    place: Callable[..., ImageSet],
    mode: Mode | None = None,
    progress: Progress = NO_PROGRESS,
) -> Iterator[Check]:
    """Measure claims again, a protocol and a data set at a time; rows that are stored already are kept.

    Args:
        claims: Claims in the order of protocols and data sets.
        folder: Returns the folder of a protocol's run.
        store: Source of weights that are at hand; nothing is downloaded for models.
        place: Finds the data set of an id for a `scale`.
        mode: Mode of the networks; fp32 on the CPU by default.
        progress: Shows how far it is.

    Yields:
        One check for each printed score.
    """
    for (name, dataset), group in groupby(claims, key=lambda one: (one[1].protocol, one[1].dataset)):
        conventions, asked = protocol.find(name), list(group)
        able = [card for card, _ in asked if at_hand(card, conventions.scale, store)]
        try:
            images = place(dataset, scale=conventions.scale) if able else None
        except UserError as error:
            for card, claim in asked:
                yield from _unchecked(card, claim, f"{dataset}: {error}")
            continue
        if images and (why := caveats.wrong_crop(images, conventions.scale)):
            for card, claim in asked:
                yield from _unchecked(card, claim, *why)
            continue
        means = (
            _means(able, images, conventions, _metrics(asked), folder(name), store, mode or Mode(), progress)
            if images
            else {}
        )
        for card, claim in asked:
            if card not in able:
                yield from _unchecked(card, claim, why_not(card, conventions.scale, store))
            else:
                found = list(_checked(card, claim, means))
                if images and any(check.verdict == "differs" for check in found):
                    upscaler = fetch_model(card, conventions.scale, store).upscaler(mode)
                    scores = ConventionScores(ModelSource(upscaler, images), conventions.scale)
                    found = list(_explained(found, claim, conventions, scores))
                yield from found


def _printed(claim: Claim) -> dict[str, float]:
    values = {"psnr": claim.psnr, "ssim": claim.ssim, "lpips": claim.lpips}
    return {metric: value for metric, value in values.items() if value is not None}


def _metrics(claims: Iterable[tuple[Card, Claim]]) -> list[str]:
    wanted = {metric for _, claim in claims for metric in _printed(claim)}
    return [metric for metric in METRICS if metric in wanted]


def _means(
    cards: Sequence[Card],
    images: ImageSet,
    conventions: Protocol,
    metrics: list[str],
    folder: RunFolder,
    store: AssetStore,
    mode: Mode,
    progress: Progress,
) -> dict[tuple[str, str], float | None]:
    """Run models over a data set, and return the mean by model and metric."""
    models = [fetch_model(card, conventions.scale, store) for card in {card.id: card for card in cards}.values()]
    plan = Plan(models, [images], conventions, scoring.scorers(metrics, conventions, store), mode)
    rows = harness.run(plan, folder, progress).rows
    return {(one.model, one.metric): one.whole_mean for one in summarise(rows) if one.dataset == images.id}


def _unchecked(card: Card, claim: Claim, reason: str) -> Iterator[Check]:
    for metric, value in _printed(claim).items():
        place = (card.id, claim.dataset, claim.protocol, metric)
        yield Check(*place, value, None, claim.source, "not checked", reason)


def _checked(card: Card, claim: Claim, means: dict[tuple[str, str], float | None]) -> Iterator[Check]:
    for metric, value in _printed(claim).items():
        place, ours = (card.id, claim.dataset, claim.protocol, metric), means.get((card.id, metric))
        if ours is None:
            yield Check(*place, value, None, claim.source, "not checked", "the model failed on an image")
        else:
            yield Check(*place, value, ours, claim.source, verdict(metric, value, ours))


def _explained(
    checks: Sequence[Check], claim: Claim, conventions: Protocol, scores: ConventionScores
) -> Iterator[Check]:
    """Name the convention that gives what differs, by LR as the protocol makes it: of others the network runs anew."""
    base = of_protocol(conventions)
    ways = [way for way in printed.every_way([scores], base) if replace(way, grey=base.images.grey) == base.images]
    wanted = Printed(claim.psnr, DIGITS["psnr"], claim.ssim, DIGITS["ssim"])
    matches = printed.search([scores], base, [wanted], ways=ways, nearest=False).matches
    text = matches[0].convention.describe(base) if matches else "none found"
    for check in checks:
        named = check.verdict == "differs" and check.metric != "lpips"
        yield replace(check, convention=text) if named else check
