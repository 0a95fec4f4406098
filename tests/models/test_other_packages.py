"""Models of other packages: one file and an entry point, in programs of their own; and names that clash."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from srbench.core import plugins
from srbench.core.assets import AssetStore
from srbench.errors import NameClash, UnknownName, UserError
from srbench.models import registry, select
from tests.forks import Forks
from tests.models import superres

ROOT = Path(__file__).parent.parent.parent
Install = Callable[..., None]


def _python(folder: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    call = [sys.executable, "-m", *arguments]
    return subprocess.run(call, cwd=cwd or folder, env=variables, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    superres.install_superres(folder)
    return folder


def test_models_of_another_package_are_listed_with_where_they_come_from(installed: Path, programs: Forks) -> None:
    done = programs.srbench("models", "--json", site=installed)
    assert done.returncode == 0, done.stderr
    records = {record["id"]: record for record in json.loads(done.stdout)}
    assert records["winnet.theirs"]["origin"] == records["stretched"]["origin"] == "package superres 1.2"
    assert records["winnet.theirs"]["at_hand"]
    assert records["bicubic"]["origin"] == ""


def test_models_of_another_package_run_and_its_weights_are_recognised(
    installed: Path, tmp_path: Path, programs: Forks
) -> None:
    weights = tmp_path / "mine.safetensors"
    weights.write_bytes((installed / "superres" / "weights" / "winnet.safetensors").read_bytes())
    state = {name: tensor.clone() for name, tensor in load_file(weights).items()}
    state["first.bias"] += 0.01
    save_file(state, weights)
    models = f"winnet,stretched,{weights},bicubic"
    options = ("--limit", "1", "--metrics", "psnr", "--json", "--out", str(tmp_path / "run"))
    done = programs.srbench("run", "--models", models, *options, site=installed)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["failed"] == content["unavailable"] == []
    assert {entry["model"] for entry in content["summary"]} == {"winnet.theirs", "stretched", "mine", "bicubic"}
    origins = [
        "winnet.theirs: from package superres 1.2",
        "stretched: from package superres 1.2",
        f"mine: from {weights}, architecture of package superres 1.2",
    ]
    assert [note for note in content["notes"] if ": from " in note] == origins
    (call,) = json.loads((tmp_path / "run" / "run.json").read_text())["calls"]
    assert set(origins) <= set(call["notes"])
    assert call["models"]["winnet.theirs"]["package"] == "package superres 1.2"
    table = (tmp_path / "run" / "summary.md").read_text()
    assert all(line in table for line in origins)


def test_the_tests_that_visit_every_model_visit_it_and_pass(installed: Path) -> None:
    options = ("-v", "-k", "winnet or has_its_file", "-p", "no:cacheprovider", "--benchmark-disable")
    where = (str(ROOT / "tests" / "zoo"), "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT))
    done = _python(installed, "pytest", *options, *where)
    assert done.returncode == 0, done.stdout
    visited = {re.split(r"::|\[| ", line)[1] for line in done.stdout.splitlines() if "PASSED" in line}
    assert visited == {
        "test_any_size_is_upscaled_by_each_of_its_scales",
        "test_a_state_dict_under_our_own_names_is_recognised",
        "test_a_folded_network_is_the_same_function",
        "test_every_card_is_complete_and_pins_what_it_can",
        "test_the_parameters_a_card_claims_are_those_of_its_network",
        "test_every_architecture_has_its_file_for_the_key",
    }


# names that clash, and packages that cannot be imported


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install distributions into this program for one test."""
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)

    def write(name: str, files: dict[str, str], **groups: str) -> None:
        entry_points = {f"srbench.{group}": entry for group, entry in groups.items()}
        superres.install(tmp_path, name, files, entry_points)
        _forget()

    yield write
    for name in set(sys.modules) - known:
        del sys.modules[name]
    _forget()


def _forget() -> None:
    for function in (plugins.load, plugins.folders, registry._modules, registry.archs, registry.cards):
        function.cache_clear()


def _architecture(name: str, card: str) -> str:
    return superres.ARCHITECTURE.replace('"winnet"', f'"{name}"').replace('"winnet.theirs"', f'"{card}"')


@pytest.mark.parametrize(
    ("arch", "card", "words"),
    [
        ("winnet", "bicubic", "two models are called 'bicubic'"),
        ("srresnet", "winnet", "two architectures are called 'srresnet'"),
        ("winnet", "srresnet", "both of the family 'srresnet'"),
        ("winnet", "srgan.better", "both of the family 'srgan'"),
    ],
)
def test_a_card_or_architecture_never_takes_the_place_of_another(
    install: Install, tmp_path: Path, arch: str, card: str, words: str
) -> None:
    install("superres", {"window.py": _architecture(arch, card)}, architectures="window = superres.window")
    with pytest.raises(NameClash, match=words) as caught:
        registry.find(next(iter(registry.archs())))
    assert f"package superres 1.2 ({tmp_path / 'superres' / 'window.py'})" in str(caught.value)
    assert str(ROOT / "zoo" / "archs") in str(caught.value)


@pytest.mark.parametrize("name", ["srresnet", "srresnet.srbench"])
def test_a_builder_never_takes_the_place_of_a_card(install: Install, name: str) -> None:
    install("superres", {"building.py": superres.BUILDER}, models=f"{name} = superres.building:build")
    for names in (["srresnet"], ["all"], ["bicubic"]):
        with pytest.raises(NameClash, match=rf"'{name}'.*package superres 1\.2 \(superres\.building:build\).*srresnet"):
            select.select(names, 4, AssetStore([]))


def test_two_packages_cannot_share_the_name_of_a_builder(install: Install) -> None:
    for package in ("first", "second"):
        install(package, {"building.py": superres.BUILDER}, models=f"mine = {package}.building:build")
    with pytest.raises(NameClash, match=r"'mine': one of package first 1\.2 .* and one of package second 1\.2"):
        select.select(["mine"], 4, AssetStore([]))


def test_a_clash_is_one_line_and_exit_code_2(tmp_path: Path, programs: Forks) -> None:
    superres.install(
        *(tmp_path, "superres", {"building.py": superres.BUILDER}),
        {"srbench.models": "srresnet = superres.building:build"},
    )
    done = programs.srbench("models", site=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("Error: 'srresnet'")


CARD_IMPORT = "from srbench.models.card import Card\n"
BROKEN = "import a_package_that_is_not_there\n"


def test_a_package_that_fails_leaves_the_others_alone_and_is_named(install: Install) -> None:
    install("broken", {"archs.py": BROKEN}, architectures="b = broken.archs", models="lost = broken.archs:build")
    install("superres", {"window.py": superres.ARCHITECTURE}, architectures="window = superres.window")
    assert "winnet" in registry.archs()
    assert [model.id for model in select.select(["bicubic"], 4, AssetStore([])).models] == ["bicubic"]
    unavailable = select.select(["all"], 4, AssetStore([])).unavailable
    reason = "ModuleNotFoundError: No module named 'a_package_that_is_not_there'"
    assert unavailable["broken.archs of package broken 1.2"] == reason
    assert reason in unavailable["lost"]
    with pytest.raises(UserError, match=rf"'lost' of package broken 1\.2 cannot run: .*{reason}"):
        select.select(["lost"], 4, AssetStore([]))
    with pytest.raises(UnknownName, match=rf"no model 'brokennet'.*broken\.archs of package broken 1\.2 \({reason}"):
        select.select(["brokennet"], 4, AssetStore([]))


def test_a_module_of_a_package_fails_alone(install: Install, tmp_path: Path) -> None:
    install("superres", {"window.py": superres.ARCHITECTURE, "bad.py": BROKEN}, architectures="all = superres")
    assert "winnet" in registry.archs()
    assert list(registry.failures()) == ["superres.bad of package superres 1.2"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ARCH = {'name': 'mine'}", "ARCH is of the type dict"),
        ("CARDS = ('mine',)", "CARDS holds a str"),
        (
            "from srbench.models.card import Card\nCARDS = (Card('m', 'no', 1, '', ''),)",
            "'no', which nothing registers",
        ),
    ],
)
def test_a_module_that_holds_something_else_is_named(install: Install, text: str, words: str) -> None:
    install("superres", {"odd.py": text}, architectures="odd = superres.odd")
    assert words in registry.failures()["superres.odd of package superres 1.2"]
    assert "bicubic" in registry.cards()


def test_a_failing_package_is_one_line_beside_the_listing(tmp_path: Path, programs: Forks) -> None:
    superres.install(tmp_path, "broken", {"archs.py": BROKEN}, {"srbench.architectures": "b = broken.archs"})
    done = programs.srbench("models", site=tmp_path)
    assert done.returncode == 0
    assert "bicubic" in done.stdout
    assert done.stderr.splitlines() == [
        "not loaded: broken.archs of package broken 1.2: "
        "ModuleNotFoundError: No module named 'a_package_that_is_not_there'"
    ]


def test_a_card_for_an_architecture_of_this_project_needs_no_architecture(install: Install) -> None:
    card = f"{CARD_IMPORT}CARDS = (Card('quick', 'interpolation', 0, 'MIT', 'x', scales=()),)"
    install("superres", {"cards.py": card}, architectures="cards = superres.cards")
    (model,) = select.select(["quick"], 4, AssetStore([])).models
    assert model.origin == model.identity["package"] == "package superres 1.2"
