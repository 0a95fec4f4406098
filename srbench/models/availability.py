"""Whether the weights of a card can be had, where from, and why not."""

from pathlib import Path

from srbench.core.assets import AssetStore, PinnedFile
from srbench.errors import DownloadError, MissingWeights, UserError
from srbench.models.card import Card
from srbench.models.model import Model, from_card

_UNPINNED = "no hash of the weights is known; --trust-unpinned loads them all the same"


def fetch_model(card: Card, scale: int, store: AssetStore) -> Model:
    """Fetch and check the weights of a card, and return its model.

    Args:
        card: Facts of the model.
        scale: Upscaling factor.
        store: Source of weight files.

    Raises:
        UserError: The model has another scale, its weights cannot be had, or no hash of them is known.
    """
    if not card.fits(scale):
        raise UserError(_other_scale(card, scale))
    return from_card(card, scale, [_weights(file, card, store) for file in card.files])


def _weights(file: PinnedFile, card: Card, store: AssetStore) -> Path:
    if not file.sha256 and not store.trust_unpinned:
        raise MissingWeights(_UNPINNED)
    try:
        return store.fetch(file)
    except DownloadError as error:
        raise MissingWeights(_by_hand(card) if file.url is None else _by_hand(card, str(error))) from error


def at_hand(card: Card, scale: int, store: AssetStore) -> bool:
    """Tell whether a card's weights can be loaded without a download."""
    usable = (file.sha256 or store.trust_unpinned for file in card.files)
    return card.fits(scale) and all(usable) and all(store.at_hand(file) for file in card.files)


def why_not(card: Card, scale: int, store: AssetStore) -> str:
    """Say why a card is not at hand, and how it can be had."""
    if not card.fits(scale):
        return _other_scale(card, scale)
    if not all(file.sha256 or store.trust_unpinned for file in card.files):
        return _UNPINNED
    if all(file.url for file in card.files):
        return "weights not at hand; srbench fetch ID gets them"
    return _by_hand(card)


def _other_scale(card: Card, scale: int) -> str:
    return f"it upscales by {', '.join(map(str, card.scales))}, not by {scale}"


def _by_hand(card: Card, why: str = "no program can fetch the weights") -> str:
    return why + (f"; a person finds them here: {card.where}" if card.where else "")
