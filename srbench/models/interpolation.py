"""Network interpolation: from one PSNR model and the GAN model fine-tuned from it, every network between the two.

Wang et al., ESRGAN, ECCV 2018 workshops, section 3.4. It trades the GAN's texture against its artefacts without
training. Not to be confused with the interpolation of images, which is `zoo.archs.interpolation`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from srbench.errors import BadWeights, UserError
from srbench.models import registry
from srbench.models.arch import Network, State
from srbench.models.card import Card
from srbench.models.model import Model, differences

SIGN = "@"
"""Sign between an id and alpha, as in `esrgan@0.8`."""


def parse(name: str) -> tuple[str, float]:
    """Split `esrgan@0.8` into the id of the GAN model and alpha.

    Raises:
        UserError: The text after the sign is no number in [0, 1].
    """
    id_, _, text = name.rpartition(SIGN)
    try:
        alpha = float(text)
    except ValueError:
        alpha = -1.0
    if not 0 <= alpha <= 1:
        raise UserError(
            f"'{name}' has the alpha '{text}'; expected a number from 0 (the PSNR model) to 1 (the GAN model), "
            f"as in {id_ or 'esrgan'}{SIGN}0.8"
        )
    return id_, alpha


def interpolate(psnr: State, gan: State, alpha: float) -> State:
    """Interpolate every tensor of two networks of one kind.

    Args:
        psnr: Tensors of the model trained for PSNR.
        gan: Tensors of the model fine-tuned from it, under the same names and of the same shapes.
        alpha: Share of the GAN model in [0, 1]; 0 gives the PSNR model and 1 the GAN model, to the last bit.

    Returns:
        Parameters and floating buffers in between, of the wider dtype of the two; whole numbers, such as BatchNorm's
        count of batches, as the GAN has them.

    Raises:
        BadWeights: Names or shapes differ.
        UserError: Alpha is outside [0, 1].

    Source:
        ESRGAN, equation 4: theta = (1 - alpha) theta_PSNR + alpha theta_GAN.
    """
    _check_alpha(alpha)
    problem = differences(gan, psnr)
    if problem:
        raise BadWeights(f"the PSNR model is another network than the GAN model: {problem}; expected the same tensors")
    return {
        key: (1 - alpha) * psnr[key] + alpha * value if value.is_floating_point() else value
        for key, value in gan.items()
    }


def between(psnr: Model, gan: Model, alpha: float, id_: str) -> Model:
    """Return the model between two models.

    Args:
        psnr: The model at alpha 0.
        gan: The model at alpha 1.
        alpha: Share of the GAN model, in [0, 1].
        id_: Name of the new model in tables.

    Returns:
        A model whose identity holds the hashes of both and alpha.

    Raises:
        BadWeights: The models are different networks, or no networks of this project.
        UserError: Alpha is outside [0, 1].
    """
    _check_same(psnr, gan)
    _check_alpha(alpha)

    def make() -> Network:
        network, other = gan.make(), psnr.make()
        if not isinstance(network, Network) or not isinstance(other, Network):
            raise BadWeights(f"{psnr.id} and {gan.id} are no networks of this project")
        network.load_state_dict(interpolate(other.state_dict(), network.state_dict(), alpha))
        return network

    weights = {"psnr": psnr.identity["weights"], "gan": gan.identity["weights"]}
    identity = {**gan.identity, "weights": weights, "alpha": alpha}
    origin = "; ".join(dict.fromkeys(model.origin for model in (gan, psnr) if model.origin))
    card = _card(psnr, gan, id_)
    return replace(gan, id=id_, make=make, identity=identity, card=card, path=None, facts={}, origin=origin)


def _check_alpha(alpha: float) -> None:
    if not 0 <= alpha <= 1:
        raise UserError(f"alpha is {alpha:g}; expected a number from 0 (the PSNR model) to 1 (the GAN model)")


def _check_same(psnr: Model, gan: Model) -> None:
    for model in (psnr, gan):
        if "settings" not in model.identity:
            raise BadWeights(f"{model.id} is no network of this project ({', '.join(registry.archs())}); expected one")
    names = [model.identity["arch"] for model in (psnr, gan)]
    if names[0] != names[1]:
        raise BadWeights(f"{psnr.id} is {names[0]} and {gan.id} is {names[1]}; expected two of the same network")
    first, second = (_settings(model) for model in (psnr, gan))
    unlike = [f"{key} is {first.get(key)} and {second.get(key)}" for key in second if first.get(key) != second[key]]
    if unlike:
        raise BadWeights(f"{psnr.id} and {gan.id} are {names[0]}, but {'; '.join(unlike)}; expected equal settings")


def _settings(model: Model) -> Mapping[str, Any]:
    """Return complete settings, with tuples as lists: cards write one, headers of files the other."""
    complete: dict[str, Any] = registry.archs()[model.identity["arch"]].complete(model.identity["settings"])
    plain: dict[str, Any] = json.loads(json.dumps(complete))
    return plain


def _card(psnr: Model, gan: Model, id_: str) -> Card | None:
    """Return the GAN's facts with licences, sources and notes of both; claimed scores belong to neither."""
    cards = [model.card for model in (gan, psnr) if model.card]
    if not cards:
        return None
    return replace(
        cards[0],
        id=id_,
        licence="; ".join(dict.fromkeys(card.licence for card in cards)),
        source="; ".join(dict.fromkeys(card.source for card in cards)),
        files=tuple(file for card in cards for file in card.files),
        trained_on=tuple(dict.fromkeys(name for card in cards for name in card.trained_on)),
        note="; ".join(dict.fromkeys(card.note for card in cards if card.note)),
        claims=(),
        psnr_partner="",
    )
