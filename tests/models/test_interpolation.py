from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from srbench import protocol
from srbench.core import assets
from srbench.core.assets import AssetStore
from srbench.errors import BadWeights, MissingWeights, UnknownName, UserError
from srbench.evaluation import caveats
from srbench.models import interpolation, registry
from srbench.models.arch import Network, State
from srbench.models.card import Card, weight
from srbench.models.model import Model, from_card
from srbench.models.select import select, select_one

TINY = {"blocks": 1, "channels": 4, "growth": 2}


def _network(arch: str = "rrdb", **settings: Any) -> Network:
    return registry.archs()[arch].build(**{"scale": 4, **(TINY if arch == "rrdb" else {}), **settings}).eval()


def _file(path: Path, arch: str = "rrdb", **settings: Any) -> Model:
    save_file(_network(arch, **settings).state_dict(), path)
    return select_one(str(path), AssetStore([]))


# The formula


def test_tensors_follow_equation_4_and_whole_numbers_are_the_gans() -> None:
    psnr = {"w": torch.tensor([0.0, 2.0]), "running_var": torch.tensor([1.0]), "batches": torch.tensor(3)}
    gan = {"w": torch.tensor([4.0, -2.0]), "running_var": torch.tensor([5.0]), "batches": torch.tensor(7)}
    between = interpolation.interpolate(psnr, gan, 0.25)
    assert between["w"].tolist() == [1.0, 1.0]
    assert between["running_var"].tolist() == [2.0]
    assert (between["batches"].item(), between["batches"].dtype) == (7, torch.int64)


def test_the_ends_are_the_two_models_to_the_last_bit() -> None:
    psnr, gan = ({"w": torch.rand(100)} for _ in range(2))
    assert torch.equal(interpolation.interpolate(psnr, gan, 0)["w"], psnr["w"])
    assert torch.equal(interpolation.interpolate(psnr, gan, 1)["w"], gan["w"])


def test_a_half_precision_partner_does_not_make_the_result_half() -> None:
    wide, narrow = {"w": torch.ones(2)}, {"w": torch.ones(2, dtype=torch.float16)}
    assert interpolation.interpolate(narrow, wide, 0.5)["w"].dtype == torch.float32
    assert interpolation.interpolate(wide, narrow, 0.5)["w"].dtype == torch.float32


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({}, r"1 missing keys \(w, …\)"),
        ({"w": torch.zeros(2), "v": torch.zeros(1)}, r"1 surplus keys \(v, …\)"),
        ({"w": torch.zeros(3)}, r"w is \(3,\), expected \(2,\)"),
    ],
)
def test_what_differs_between_two_networks_is_named(other: State, message: str) -> None:
    with pytest.raises(BadWeights, match=message):
        interpolation.interpolate(other, {"w": torch.zeros(2)}, 0.5)


@pytest.mark.parametrize("alpha", [-0.1, 1.01, float("nan")])
def test_alpha_outside_0_to_1_is_refused(alpha: float, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected a number from 0"):
        interpolation.interpolate({}, {}, alpha)
    model = _file(tmp_path / "a.safetensors")
    with pytest.raises(UserError, match="expected a number from 0"):
        interpolation.between(model, model, alpha, "x")


@pytest.mark.parametrize(("name", "expected"), [("esrgan@0.8", ("esrgan", 0.8)), ("a.b@1", ("a.b", 1.0))])
def test_a_name_is_an_id_and_alpha(name: str, expected: tuple[str, float]) -> None:
    assert interpolation.parse(name) == expected


@pytest.mark.parametrize("text", ["", "half", "1.1", "-0.5", "nan", "0,5"])
def test_an_alpha_that_is_none_is_quoted(text: str) -> None:
    with pytest.raises(UserError, match=f"'esrgan@{text}' has the alpha '{text}'.*as in esrgan@0.8"):
        interpolation.parse(f"esrgan@{text}")


# Two models


def test_the_network_between_two_computes_with_weights_between_theirs(tmp_path: Path) -> None:
    psnr, gan = (_file(tmp_path / f"{name}.safetensors") for name in ("psnr", "gan"))
    first, second = psnr.make(), gan.make()
    assert isinstance(first, Network)
    assert isinstance(second, Network)
    expected = _network()
    for mine, low, high in zip(expected.parameters(), first.parameters(), second.parameters(), strict=True):
        mine.data = 0.75 * low.data + 0.25 * high.data
    lr = torch.rand(1, 3, 5, 6)
    between = interpolation.between(psnr, gan, 0.25, "x").upscaler()(lr)
    assert torch.allclose(between, expected(lr).clamp(0, 1), atol=1e-6)
    assert not torch.allclose(between, gan.upscaler()(lr), atol=1e-4)


def test_buffers_of_a_normalised_network_lie_between_too(tmp_path: Path) -> None:
    states = []
    for name, mean, batches in (("psnr", 1.0, 5), ("gan", 3.0, 9)):
        state = _network("srresnet", blocks=1, channels=4).state_dict()
        state["body.0.norm1.running_mean"].fill_(mean)
        state["body.0.norm1.num_batches_tracked"].fill_(batches)
        save_file(state, tmp_path / f"{name}.safetensors")
        states.append(select_one(str(tmp_path / f"{name}.safetensors"), AssetStore([])))
    network = interpolation.between(states[0], states[1], 0.5, "x").make()
    assert isinstance(network, Network)
    found = network.state_dict()
    assert found["body.0.norm1.running_mean"].tolist() == [2.0] * 4
    assert found["body.0.norm1.num_batches_tracked"].item() == 9


def test_the_identity_holds_both_hashes_and_alpha(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    psnr, gan = (_file(tmp_path / folder / "net.safetensors") for folder in ("a", "b"))
    half, less = (interpolation.between(psnr, gan, alpha, "x") for alpha in (0.5, 0.4))
    hashes = [assets.sha256(tmp_path / folder / "net.safetensors") for folder in ("a", "b")]
    assert half.identity["weights"] == {"psnr": {"net.safetensors": hashes[0]}, "gan": {"net.safetensors": hashes[1]}}
    assert half.identity["alpha"] == 0.5
    assert len({model.fingerprint for model in (half, less, psnr, gan)}) == 4


def test_different_networks_are_refused_with_what_differs(tmp_path: Path) -> None:
    gan = _file(tmp_path / "gan.safetensors")
    deeper = _file(tmp_path / "deeper.safetensors", blocks=2)
    with pytest.raises(BadWeights, match="deeper and gan are rrdb, but blocks is 2 and 1"):
        interpolation.between(deeper, gan, 0.5, "x")
    other = _file(tmp_path / "other.safetensors", "espcn")
    with pytest.raises(BadWeights, match="other is espcn and gan is rrdb"):
        interpolation.between(other, gan, 0.5, "x")
    (tmp_path / "mine.py").write_text("import torch\ndef build():\n    return torch.nn.Upsample(scale_factor=4)\n")
    mine = select_one(f"{tmp_path / 'mine.py'}:build", AssetStore([]))
    with pytest.raises(BadWeights, match="mine is no network of this project"):
        interpolation.between(mine, gan, 0.5, "x")


def test_settings_that_are_said_and_settings_that_are_defaults_are_equal(tmp_path: Path) -> None:
    """A card names only what differs from the paper; a file's settings are all inferred."""
    state = _network("fsrcnn").state_dict()
    save_file(state, tmp_path / "w.safetensors")
    card = Card("fake", "fsrcnn", 12809, "x", "x", files=(weight("w", assets.sha256(tmp_path / "w.safetensors")),))
    of_card = from_card(card, 4, [tmp_path / "w.safetensors"])
    of_file = select_one(str(tmp_path / "w.safetensors"), AssetStore([]))
    assert dict(of_card.identity["settings"]) != dict(of_file.identity["settings"])
    assert interpolation.between(of_card, of_file, 0.5, "x").scale == 4


# In a run


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AssetStore:
    """Two registered networks, `fake.gan` with `fake.psnr` as its partner, and `alone` without one."""
    cards = {}
    for id_, partner, trained_on, licence in (
        ("fake.gan", "fake.psnr", ("DIV2K", "OST"), "A"),
        ("fake.psnr", "", ("DIV2K", "T91"), "B"),
        ("alone", "", (), "A"),
    ):
        file = tmp_path / f"{id_}.safetensors"
        save_file(_network().state_dict(), file)
        cards[id_] = Card(
            id=id_,
            arch="rrdb",
            settings=TINY,
            parameters=0,
            licence=licence,
            source="x",
            files=(weight(file.name, assets.sha256(file)),),
            trained_on=trained_on,
            note=f"note of {id_}",
            psnr_partner=partner,
        )
    monkeypatch.setattr(registry, "cards", lambda: cards)
    return AssetStore([tmp_path])


def test_ids_with_alpha_run_beside_each_other_and_their_ends_are_the_two_models(fake: AssetStore) -> None:
    names = ["fake@0", "fake@0.5", "fake.gan@0.50", "fake@1", "fake.psnr", "fake.gan"]
    models = select(names, 4, fake).models
    assert [model.id for model in models] == names
    lr = torch.rand(1, 3, 4, 5)
    low, half, again, high, psnr, gan = (model.upscaler()(lr) for model in models)
    assert torch.equal(low, psnr)
    assert torch.equal(high, gan)
    assert torch.equal(half, again)
    assert not torch.allclose(half, psnr)
    assert not torch.allclose(half, gan)


def test_what_must_be_said_of_either_is_said_of_their_interpolation(fake: AssetStore) -> None:
    models = select(["fake@0.5"], 4, fake).models
    card = models[0].card
    assert card is not None
    assert card.trained_on == ("DIV2K", "OST", "T91")
    assert card.licence == "A; B"
    assert card.claims == ()
    assert caveats.collect(models, [], protocol.find("classical_x4")) == [
        "fake@0.5: note of fake.gan; note of fake.psnr"
    ]


def test_a_model_without_partner_says_which_have_one(fake: AssetStore) -> None:
    with pytest.raises(UserError, match=r"'alone' names no PSNR model.*one of fake\.gan\..*srbench interpolate"):
        select(["alone@0.5"], 4, fake)


def test_mistakes_in_such_a_name_are_the_users(fake: AssetStore, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has the alpha '2'"):
        select(["fake@2"], 4, fake)
    with pytest.raises(UnknownName, match="no model 'fakee'"):
        select(["fakee@0.5"], 4, fake)
    with pytest.raises(UserError, match=r"srbench interpolate PSNR_FILE a\.safetensors --alpha 0\.5"):
        select(["a.safetensors@0.5"], 4, fake)
    (tmp_path / "fake.psnr.safetensors").unlink()
    with pytest.raises(MissingWeights, match=r"'fake\.psnr' cannot run"):
        select(["fake@0.5"], 4, fake)


# The cards


def test_every_partner_is_another_card_of_the_same_network() -> None:
    cards = registry.cards()
    paired = [card for card in cards.values() if card.psnr_partner]
    assert {"esrgan.df2k_ost", "esrgan.mmagic_div2k", "esrgan.kair"} <= {card.id for card in paired}
    for card in paired:
        partner = cards[card.psnr_partner]
        assert partner is not card
        assert (partner.arch, partner.settings, partner.scales) == (card.arch, card.settings, card.scales)
        assert not partner.psnr_partner
