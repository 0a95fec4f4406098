"""Guards of the architecture: floors, deferred imports, names of this machine, the wheel."""

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FLOORS: list[set[str]] = [
    {"srbench.errors", "srbench.atomic"},
    {
        "srbench.image",
        "srbench.places",
        "srbench.download",
        "srbench.tf32",
        "srbench.piece",
        "srbench.heap",
        "srbench.timing",
    },
    {"srbench.resize", "srbench.pinned"},
    {"zoo", "srbench.protocol", "srbench.metrics", "srbench.datasets", "srbench.results", "srbench.environment"},
    {"srbench.statistics", "srbench.flags", "srbench.pair", "srbench.opinion"},
    {"srbench.measure", "srbench.notes", "srbench.degradation", "srbench.survey"},
    {"srbench.harness", "srbench.score", "srbench.training", "srbench.speed"},
    {"srbench.evaluation", "srbench.report"},
    {"srbench.cli"},
]
SOURCES = sorted([*(ROOT / "srbench").rglob("*.py"), *(ROOT / "zoo").rglob("*.py")])
# The package itself and its entry are above all floors.
ABOVE = {"srbench", "srbench.__main__"}
PLAIN = {"srbench.__version__"}


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _package(module: str) -> str:
    return "zoo" if module.split(".", maxsplit=1)[0] == "zoo" else ".".join(module.split(".")[:2])


def _floor(module: str) -> int | None:
    return next((level for level, members in enumerate(FLOORS) if _package(module) in members), None)


def _imports(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return [(line, name) for line, name in found if name.split(".")[0] in ("srbench", "zoo") and name not in PLAIN]


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_imports_go_down_only(path: Path) -> None:
    module = _module(path)
    if module in ABOVE:
        return
    own = _floor(module)
    assert own is not None, f"{module} stands on no floor; give it one in {Path(__file__).name}"
    for line, name in _imports(path):
        other = _floor(name)
        assert other is not None, f"{path.name}:{line} imports {name}, which stands on no floor"
        beside = _package(name) == _package(module)
        assert other < own or beside, (
            f"{path.relative_to(ROOT)}:{line} imports {name} from floor {other}; it is on {own}"
        )


ORDER_IN_THE_ZOO = [
    *("mode", "memory", "onnx_network", "card", "folding", "arch", "archs", "registry", "checkpoint", "engine"),
    *("upscaler", "model", "foreign", "interpolation", "select"),
    "export",
]


def test_the_zoo_has_an_order_of_its_own() -> None:
    for path in (ROOT / "zoo").rglob("*.py"):
        module = _module(path)
        if module in ("zoo",) or module.startswith("zoo.archs"):
            continue
        own = ORDER_IN_THE_ZOO.index(module.split(".")[1])
        for line, name in _imports(path):
            if name.startswith("zoo."):
                other = name.split(".")[1]
                assert ORDER_IN_THE_ZOO.index(other) < own, f"{path.name}:{line} imports {name}"


def test_architectures_know_only_what_lies_below_them() -> None:
    for path in (ROOT / "zoo" / "archs").glob("*.py"):
        for line, name in _imports(path):
            assert not name.startswith(("zoo.registry", "zoo.upscaler", "zoo.archs")), (
                f"{path.name}:{line} imports {name}"
            )


def test_the_report_never_loads_torch_or_a_model() -> None:
    _check_without_torch("import srbench.report.publish, srbench.report.formats, srbench.report.terminal")


def test_a_survey_is_served_without_torch() -> None:
    _check_without("torch", "import srbench.survey.web.app")


def test_help_and_listings_do_not_load_torch(tmp_path: Path) -> None:
    for arguments in (["--help"], ["run", "--help"], ["datasets"], ["protocols", "--json"]):
        _check_without_torch(
            f"import sys; sys.argv = ['srbench', *{arguments!r}]\n"
            "from srbench.cli.app import main\n"
            "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code"
        )


def _check_without_torch(code: str) -> None:
    _check_without("torch", code)
    _check_without("pandas", code)


def _check_without(package: str, code: str) -> None:
    check = f"{code}\nimport sys\nassert {package!r} not in sys.modules"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_imports_are_deferred_in_the_command_line_only() -> None:
    allowed = {"srbench.__init__"}
    for path in SOURCES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if module.startswith("srbench.cli") or module in allowed:
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = [n.lineno for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not inside, f"{path.relative_to(ROOT)}:{inside[0]} imports inside {function.name}()"


def test_no_module_is_named_for_nothing() -> None:
    for path in SOURCES:
        assert not re.search(r"util|helper|misc|common", path.name), path


def test_only_places_reads_the_environment_variables() -> None:
    for path in SOURCES:
        if path.name != "places.py":
            assert not re.search(r"environ.*SRBENCH_", path.read_text(encoding="utf-8")), path


def test_only_the_command_line_prints() -> None:
    for path in SOURCES:
        if "cli" not in path.parts:
            calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
            printed = [n.lineno for n in calls if isinstance(n.func, ast.Name) and n.func.id == "print"]
            assert not printed, f"{path.relative_to(ROOT)}:{printed[0]}"


@pytest.mark.slow
def test_the_wheel_holds_exactly_the_two_packages_with_their_data(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < 100 * 2**20
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"srbench", "zoo"}
    for needed in (
        "srbench/metrics/backbones/alexnet_features.safetensors",
        "srbench/metrics/backbones/README.md",
        "srbench/datasets/manifests/Set5.json",
        "srbench/py.typed",
        "zoo/py.typed",
        "zoo/recipes/srgan.toml",
        "zoo/weights/srresnet.safetensors",
    ):
        assert needed in names
    assert any(name.endswith("entry_points.txt") for name in names)


def test_hints_name_this_distribution_and_not_the_other_projects() -> None:
    for path in [*SOURCES, *ROOT.glob("*.md")]:
        assert not re.search(r"pip install ['\"]?srbench", path.read_text(encoding="utf-8")), path
