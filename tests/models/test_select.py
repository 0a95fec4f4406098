import importlib.metadata
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from srbench.core import assets, plugins
from srbench.core.assets import AssetStore, PinnedFile
from srbench.errors import BadWeights, DownloadError, MissingWeights, UserError
from srbench.models import foreign, registry, select, spandrel_network
from srbench.models.card import Card, weight

BUILDER = """
import torch

def build(scale):
    return torch.nn.Upsample(scale_factor=scale)

def fixed():
    return torch.nn.Upsample(scale_factor=4)
"""


@pytest.fixture
def store() -> AssetStore:
    return AssetStore([])


def _ids(selection: select.Selection) -> list[str]:
    return [model.id for model in selection.models]


def test_all_runs_what_is_at_hand_and_lists_the_rest_with_reasons(store: AssetStore) -> None:
    found = select.select(["all"], 4, store)
    own = ["srresnet.h100", "srgan.smooth", "rlfn.taught"]  # esrgan_lite, behind srgan in every figure, is not in all
    assert _ids(found)[:4] == ["nearest", "bilinear", "bicubic", "lanczos"]
    assert set(_ids(found)[4:]) == set(own)
    preferred = {registry.family(card.family)[0].id for card in registry.cards().values() if card.files and card.in_all}
    assert set(found.unavailable) == preferred - set(own)
    assert all(found.unavailable.values())
    assert found.unavailable["esrgan.df2k_ost"] == "weights not at hand; srbench fetch ID gets them"


def test_all_downloads_nothing_and_a_name_does(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def download(_: AssetStore, file: PinnedFile) -> Path:
        asked.append(file.path)
        raise DownloadError("no network")

    monkeypatch.setattr(AssetStore, "_download", download)
    select.select(["all"], 4, AssetStore([]))
    assert asked == []
    with pytest.raises(MissingWeights):
        select.select(["esrgan.df2k_ost"], 4, AssetStore([]))
    assert asked


def test_all_takes_the_first_of_each_family_that_can_be_had(weights: Path) -> None:
    found = select.select(["all"], 4, AssetStore([weights]))
    assert {
        "srcnn.nhatthanh_955",
        "espcn",
        "fsrcnn",
        "vdsr",
        "srresnet.h100",
        "srgan.smooth",
        "esrgan.realsr_df2k",
    } <= set(_ids(found))
    assert "srgan.goldhuang_b8" not in _ids(found)
    assert "esrgan.df2k_ost" in found.unavailable


def test_other_scales_leave_out_models_that_cannot(weights: Path) -> None:
    found = select.select(["all"], 3, AssetStore([weights]))
    assert _ids(found) == ["nearest", "bilinear", "bicubic", "lanczos", "vdsr"]
    assert found.unavailable["fsrcnn"] == "it upscales by 4, not by 3"


def test_globs_match_ids_and_the_same_model_runs_once(store: AssetStore) -> None:
    assert _ids(select.select(["bi*", "bicubic"], 4, store)) == ["bilinear", "bicubic"]
    with pytest.raises(UserError, match="no model id matches"):
        select.select(["zz*"], 4, store)


def test_an_explicit_model_that_cannot_run_is_an_error_naming_its_file(store: AssetStore) -> None:
    with pytest.raises(MissingWeights, match=r"'fsrcnn' cannot run.*fsrcnn_x4\.pth"):
        select.select(["nearest", "fsrcnn"], 4, store)


def test_the_error_names_what_is_at_hand_of_the_family(weights: Path) -> None:
    with pytest.raises(MissingWeights, match=r"At hand: esrgan\.realsr_df2k"):
        select.select(["esrgan"], 4, AssetStore([weights]))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A registered FSRCNN whose weights lie in tmp_path / "given"."""
    network = registry.archs()["fsrcnn"].build(scale=4)
    (tmp_path / "given").mkdir()
    file = tmp_path / "given" / "fake.pth"
    torch.save(network.state_dict(), file)
    pins = {
        "fake": assets.sha256(file),
        "fake.prefix": assets.sha256(file)[:8],
        "fake.unpinned": "",
        "fake.wrong": "0" * 64,
    }
    cards = {
        id_: Card(id=id_, arch="fsrcnn", parameters=12809, licence="x", source="x", files=(weight("fake.pth", pin),))
        for id_, pin in pins.items()
    }
    cards["fake.other"] = Card(
        id="fake.other",
        arch="vdsr",
        parameters=665921,
        licence="x",
        source="x",
        files=(weight("fake.pth", pins["fake"]),),
    )
    monkeypatch.setattr(registry, "cards", lambda: cards)
    return tmp_path / "given"


def test_weights_are_found_by_content_in_full_or_by_prefix(fake: Path) -> None:
    (fake / "fake.pth").rename(fake / "another_name.pth")
    for id_ in ("fake", "fake.prefix"):
        (model,) = select.select([id_], 4, AssetStore([fake])).models
        assert model.upscaler()(torch.rand(1, 3, 4, 4)).shape == (1, 3, 16, 16)


def test_shipped_fp16_weights_load_into_a_float32_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: AssetStore
) -> None:
    monkeypatch.setattr(plugins, "folders", lambda group: (tmp_path,))
    tiny = {"blocks": 1, "channels": 4}
    state = registry.archs()["srresnet"].build(scale=4, **tiny).state_dict()
    state["body.0.norm1.num_batches_tracked"].fill_(70001)  # beyond fp16
    halved = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    file = tmp_path / "weights" / "shipped.safetensors"
    file.parent.mkdir()
    save_file(halved, file)
    card = Card("shipped", "srresnet", 0, "x", "x", tiny, files=(weight(file.name, assets.sha256(file)),))
    monkeypatch.setattr(registry, "cards", lambda: {"shipped": card})
    as_card, as_file = select.select(["shipped", str(file)], 4, store).models[0], foreign.from_weight_file(file, 4)
    for model in (as_card, as_file):
        network = model.make()
        assert isinstance(network, torch.nn.Module)
        loaded = network.state_dict()
        assert {value.dtype for value in loaded.values()} == {torch.float32, torch.int64}
        assert loaded["body.0.norm1.num_batches_tracked"].item() == 70001
        assert torch.equal(loaded["head.0.weight"], halved["head.0.weight"].float())
        assert model.upscaler()(torch.rand(1, 3, 4, 4)).dtype == torch.float32


def test_one_name_means_one_model_at_its_own_scale(fake: Path, tmp_path: Path) -> None:
    store = AssetStore([fake])
    assert (select.select_one("fake", store).id, select.select_one("fake", store).scale) == ("fake", 4)
    save_file(registry.archs()["espcn"].build(scale=3).state_dict(), tmp_path / "x3.safetensors")
    assert select.select_one(str(tmp_path / "x3.safetensors"), store).scale == 3
    save_file(registry.archs()["fsrcnn"].build(scale=2).state_dict(), tmp_path / "any.safetensors")
    assert [select.select_one(str(tmp_path / "any.safetensors"), store, scale).scale for scale in (None, 2)] == [4, 2]
    for several in ("fake*", "all"):
        with pytest.raises(UserError, match="means several models"):
            select.select_one(several, store)
    with pytest.raises(UserError, match="not by 3"):
        select.select_one("fake", store, 3)


def test_a_wrong_hash_is_never_loaded(fake: Path) -> None:
    with pytest.raises(MissingWeights, match=r"fake\.wrong"):
        select.select(["fake.wrong"], 4, AssetStore([fake]))


def test_unpinned_weights_need_trust_and_their_hash_is_kept(fake: Path) -> None:
    with pytest.raises(MissingWeights, match="--trust-unpinned"):
        select.select(["fake.unpinned"], 4, AssetStore([fake]))
    (model,) = select.select(["fake.unpinned"], 4, AssetStore([fake], trust_unpinned=True)).models
    assert model.identity["weights"] == {"fake.pth": assets.sha256(fake / "fake.pth")}


def test_weights_of_another_architecture_are_an_error_when_their_turn_comes(fake: Path) -> None:
    (model,) = select.select(["fake.other"], 4, AssetStore([fake])).models
    with pytest.raises(BadWeights, match="does not fit vdsr"):
        model.upscaler()


def test_the_fingerprint_follows_weights_source_and_settings(fake: Path) -> None:
    (before,) = select.select(["fake.unpinned"], 4, AssetStore([fake], trust_unpinned=True)).models
    torch.save(registry.archs()["fsrcnn"].build(scale=4).state_dict(), fake / "fake.pth")
    (after,) = select.select(["fake.unpinned"], 4, AssetStore([fake], trust_unpinned=True)).models
    assert before.fingerprint != after.fingerprint


def test_a_weight_file_is_recognised_and_named_by_its_stem(tmp_path: Path, store: AssetStore) -> None:
    network = registry.archs()["espcn"].build(scale=4).eval()
    save_file(network.state_dict(), tmp_path / "mine.safetensors")
    (model,) = select.select([str(tmp_path / "mine.safetensors")], 4, store).models
    assert model.id == "mine"
    lr = torch.rand(1, 1, 6, 6)
    assert torch.allclose(model.upscaler()(lr), network(lr).clamp(0, 1))


def test_a_weight_file_of_another_scale_names_the_protocol_to_choose(tmp_path: Path, store: AssetStore) -> None:
    save_file(registry.archs()["espcn"].build(scale=3).state_dict(), tmp_path / "x3.safetensors")
    with pytest.raises(BadWeights, match="classical_x3"):
        select.select([str(tmp_path / "x3.safetensors")], 4, store)


def test_two_files_with_one_stem_are_told_apart_by_their_folder(tmp_path: Path, store: AssetStore) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save_file(registry.archs()["espcn"].build(scale=4).state_dict(), tmp_path / folder / "net.safetensors")
    names = [str(tmp_path / folder / "net.safetensors") for folder in ("a", "b")]
    assert _ids(select.select(names, 4, store)) == ["a/net", "b/net"]


def test_known_files_are_recognised_by_hash_even_where_names_are_not_stored(weights: Path, store: AssetStore) -> None:
    paths = [weights / "vdsr/VDSR_Official.mat", weights / "realesr_animevideo_x4/realesr-animevideov3-x4.param"]
    found = select.select([str(path) for path in paths], 4, store)
    assert [model.card.id for model in found.models if model.card] == ["vdsr", "realesr_animevideo.ncnn"]
    assert _ids(found) == ["VDSR_Official", "realesr-animevideov3-x4"]


@pytest.mark.parametrize("function", ["build", "fixed"])
def test_a_function_in_a_file_is_a_model(tmp_path: Path, store: AssetStore, function: str) -> None:
    (tmp_path / "mine.py").write_text(BUILDER)
    (model,) = select.select([f"{tmp_path / 'mine.py'}:{function}"], 4, store).models
    assert model.id == ("mine" if function == "build" else f"mine:{function}")
    assert model.upscaler()(torch.rand(1, 3, 2, 3)).shape == (1, 3, 8, 12)
    before = model.fingerprint
    (tmp_path / "mine.py").write_text(BUILDER + "\n# changed\n")
    (changed,) = select.select([f"{tmp_path / 'mine.py'}:{function}"], 4, store).models
    assert changed.fingerprint != before


def test_a_file_or_function_that_is_not_there_is_the_users_mistake(tmp_path: Path, store: AssetStore) -> None:
    with pytest.raises(UserError, match="does not exist"):
        select.select([f"{tmp_path / 'no.py'}:build"], 4, store)
    with pytest.raises(BadWeights, match="does not exist"):
        select.select([str(tmp_path / "no.pth")], 4, store)
    (tmp_path / "mine.py").write_text(BUILDER)
    with pytest.raises(UserError, match="no function 'nope'"):
        select.select([f"{tmp_path / 'mine.py'}:nope"], 4, store)
    (tmp_path / "broken.py").write_text("def build(scale):\n    return 1 / 0\n")
    with pytest.raises(UserError, match="ZeroDivisionError"):
        select.select([f"{tmp_path / 'broken.py'}:build"], 4, store)


def test_a_retrained_network_of_an_unchanged_file_is_another_model(tmp_path: Path, store: AssetStore) -> None:
    body = f"n = torch.nn.Conv2d(3, 3, 1)\n    n.load_state_dict(torch.load({str(tmp_path / 'w.pth')!r}))\n    return n"
    (tmp_path / "mine.py").write_text(f"import torch\ndef build():\n    {body}\n")
    fingerprints = set()
    for _ in range(2):
        torch.save(torch.nn.Conv2d(3, 3, 1).state_dict(), tmp_path / "w.pth")
        fingerprints.add(select.select([f"{tmp_path / 'mine.py'}:build"], 4, store).models[0].fingerprint)
    assert len(fingerprints) == 2


def build_for_entry_point(scale: int) -> torch.nn.Module:
    return torch.nn.Upsample(scale_factor=scale)


def test_other_packages_register_models_by_entry_point(monkeypatch: pytest.MonkeyPatch, store: AssetStore) -> None:
    point = importlib.metadata.EntryPoint("theirs", f"{__name__}:build_for_entry_point", plugins.MODELS)
    monkeypatch.setattr(plugins, "points", lambda group: (point,) if group == plugins.MODELS else ())
    assert _ids(select.select(["theirs"], 4, store)) == ["theirs"]
    assert "theirs" in _ids(select.select(["all"], 4, store))
    assert _ids(select.select(["their*"], 4, store)) == ["theirs"]
    (model,) = select.select(["theirs"], 2, store).models
    assert model.upscaler()(torch.rand(1, 3, 2, 2)).shape == (1, 3, 4, 4)


def test_spandrel_reads_what_is_not_ours(tmp_path: Path, store: AssetStore) -> None:
    """A Real-ESRGAN network for scale 2, whose input is pixel-unshuffled."""
    spandrel = pytest.importorskip("spandrel")
    network = spandrel.architectures.ESRGAN.ESRGAN(in_nc=3, num_blocks=1, scale=2, shuffle_factor=2)
    save_file(network.state_dict(), tmp_path / "x2plus.safetensors")
    with pytest.raises(BadWeights, match=r"by 2, not by 4\. srbench run takes it with --protocol classical_x2"):
        select.select([str(tmp_path / "x2plus.safetensors")], 4, store)
    (model,) = select.select([str(tmp_path / "x2plus.safetensors")], 2, store).models
    assert model.upscaler()(torch.rand(1, 3, 5, 7)).shape == (1, 3, 10, 14)
    assert model.identity["spandrel"]


def test_without_spandrel_the_message_names_this_distribution(
    tmp_path: Path, store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spandrel_network, "package", lambda: None)
    save_file({"a": torch.zeros(3)}, tmp_path / "w.safetensors")
    with pytest.raises(BadWeights, match=r"pip install 'sr-bench-suite\[spandrel\]'"):
        select.select([str(tmp_path / "w.safetensors")], 4, store)


def test_nobody_knows_it(tmp_path: Path, store: AssetStore) -> None:
    save_file({"a": torch.zeros(3)}, tmp_path / "w.safetensors")
    with pytest.raises(BadWeights, match="known neither here nor to spandrel"):
        select.select([str(tmp_path / "w.safetensors")], 4, store)


def test_a_name_with_a_glob_over_files_means_seeds_of_one_method(tmp_path: Path) -> None:
    store = AssetStore([])
    for seed in (1, 2):
        network = registry.archs()["espcn"].build(scale=4)
        save_file(network.state_dict(), tmp_path / f"seed{seed}.safetensors")
    models = select.select([f"ours={tmp_path}/seed*.safetensors"], 4, store).models
    assert [(model.id, model.method) for model in models] == [("ours/seed1", "ours"), ("ours/seed2", "ours")]
    with pytest.raises(UserError, match=r"only .*seed1.* matches .*expected the weight files of two seeds of 'ours'"):
        select.select([f"ours={tmp_path}/seed1*.safetensors"], 4, store)
    with pytest.raises(UserError, match="no file matches"):
        select.select([f"ours={tmp_path}/none*.safetensors"], 4, store)
