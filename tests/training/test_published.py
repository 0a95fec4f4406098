"""The zoo's own weights: each has a recipe that is still the one it was trained by, a log, and a fitting card."""

import json
from pathlib import Path

import pytest

from srbench.core.assets import AssetStore, hash_of
from srbench.models import registry
from srbench.models.card import Training
from srbench.training import recipe as recipes
from srbench.training.journal import read_log
from srbench.training.recipe import Recipe
from tests.cli.conftest import Call, call
from tests.conftest import ROOT

__all__ = ["call"]

OWN = {card.id: card for card in registry.cards().values() if card.training}
LOGS = ROOT / "reports" / "training"
_REPLAYED_STEPS = 4


def _training(id_: str) -> Training:
    training = OWN[id_].training
    assert training is not None
    return training


def test_the_zoo_has_weights_of_its_own() -> None:
    of_pixels = {"srresnet.srbench", "rlfn.taught", "rlfn.srbench", "esrgan_lite.taught", "esrgan_lite.psnr"}
    of_gans = {"srgan.srbench", "srgan.textured", "srgan.smooth", "esrgan_lite.textured"}
    assert set(OWN) == of_pixels | of_gans
    assert registry.find("srresnet").id == "srresnet.h100"
    assert registry.find("rlfn").id == "rlfn"  # the authors' weights
    assert registry.find("srgan").id == "srgan.smooth"
    assert registry.find("esrgan_lite").id == "esrgan_lite.textured"


@pytest.mark.parametrize("id_", [*OWN, "srresnet.h100"])
def test_weights_ship_in_fp16(id_: str) -> None:
    card = registry.find(id_)
    (file,) = card.files
    found = AssetStore([]).at_hand(file)
    assert found == ROOT / "zoo" / file.path
    assert hash_of(found) == file.sha256
    assert found.stat().st_size < 2.2 * card.parameters + 100_000


def test_the_log_of_the_gpus_weights_is_that_of_its_card() -> None:
    log = json.loads((LOGS / "srresnet_h100.json").read_text(encoding="utf-8"))
    card = registry.find("srresnet.h100")
    assert log["log"][-1]["held_out"] == pytest.approx(26.72, abs=0.005)
    assert card.source.startswith(f"this project: {log['log'][-1]['step']:,} updates in 345 s on an H100")


@pytest.mark.parametrize("id_", OWN)
def test_the_log_is_of_the_recipe_on_the_card(id_: str) -> None:
    name = _training(id_).recipe
    facts, lines = read_log(LOGS / f"{name}.jsonl")
    assert facts["command"].startswith(f"srbench train {name} --data ")
    assert Recipe.check(facts["recipe"], name) == recipes.load(name)
    assert [line["step"] for line in lines[:50]] == list(range(1, 51))
    assert (lines[-1]["step"], facts["recipe"]["seed"]) == (_training(id_).steps, _training(id_).seed)
    assert lines[-1]["seconds"] / 3600 == pytest.approx(_training(id_).hours, abs=0.06)
    assert lines[-1]["psnr"] > 24


@pytest.mark.slow
@pytest.mark.parametrize("id_", OWN)
def test_the_recipe_repeats_the_beginning_of_its_log(id_: str, data: Path, tmp_path: Path, call: Call) -> None:
    """Within 2 % on any machine; to the bit only with the log's versions, processor and threads."""
    images = data / "train"
    if not images.is_dir():
        pytest.skip("needs the training images in a folder 'train' of SRBENCH_MIRROR")
    name = _training(id_).recipe
    lines = (LOGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(lines[: 1 + _REPLAYED_STEPS]), encoding="utf-8")
    options = ("--data", str(images), "--weights-root", str(data.parent / "weights"), "--workers", "0", "--json")
    code, out, err = call("train", name, *options, "--device", "cpu", "--threads", "1", "--compare", str(log))
    assert code == 0, err
    told = json.loads(out)
    assert told["steps"] == _REPLAYED_STEPS
    assert told["largest_relative_difference"] < 0.02
