import re

import pytest
import torch

from srbench import protocol
from srbench.datasets import catalogue
from srbench.errors import UnknownName
from srbench.models import registry
from srbench.models.card import Card

CARDS = registry.cards().values()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_card_is_complete_and_pins_what_it_can(card: Card) -> None:
    assert card.arch in registry.archs()
    assert card.licence
    assert card.source
    for file in card.files:
        assert file.url or card.where
        assert re.fullmatch(r"([0-9a-f]{8,64})?", file.sha256)
        assert (file.url or "https://").startswith("https://")
    for claim in card.claims:
        protocol.find(claim.protocol)
        catalogue.find(claim.dataset)
        assert claim.source


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_the_parameters_a_card_claims_are_those_of_its_network(card: Card) -> None:
    for scale in card.scales or (2, 3, 4, 8):
        with torch.device("meta"):
            network = registry.archs()[card.arch].build(scale=scale, **card.settings)
        assert network.scale == scale
        assert sum(p.numel() for p in network.parameters()) == card.parameters


def test_the_zoo_has_the_models_of_the_mission() -> None:
    families = {card.family for card in CARDS}
    assert {"nearest", "bilinear", "bicubic", "lanczos", "srcnn", "espcn", "fsrcnn", "vdsr"} <= families
    assert {"srresnet", "srgan", "msrresnet", "edsr_baseline", "edsr", "esrgan", "realesrgan", "bsrgan"} <= families


def test_a_family_stands_for_its_preferred_card() -> None:
    assert registry.find("srresnet").id == "srresnet.h100"
    assert registry.find("srgan").id == "srgan.smooth"
    assert registry.find("msrresnet").id == "msrresnet.mmagic_div2k"
    assert registry.find("srgan.goldhuang_b8").family == "srgan"


def test_unknown_models_are_answered_with_the_closest() -> None:
    with pytest.raises(UnknownName, match=r"no model 'srgna'\. Closest: 'srgan'"):
        registry.find("srgna")


def test_every_architecture_has_its_file_for_the_key() -> None:
    for arch in registry.archs().values():
        assert registry.source_of(arch).is_file()
