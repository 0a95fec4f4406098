"""Guards of the architecture: the order of the folders, deferred imports, names of this machine, the wheel."""

import ast
import graphlib
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted([*(ROOT / "srbench").rglob("*.py"), *(ROOT / "zoo").rglob("*.py")])
ORDER = [
    *("errors", "core", "stats", "protocol", "metrics", "datasets", "models", "evaluation", "scale"),
    *("degradation", "ratings", "survey", "speed", "training", "report", "paper", "cli", "__main__"),
]
"""Folders and files of srbench; each imports only from those before it. ARCHITECTURE.md shows the same order."""


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_module(path): path for path in SOURCES}


@cache
def _imports(path: Path) -> list[tuple[int, str]]:
    """Lines and modules of this project that a file imports."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(node.lineno, name if name in MODULES else node.module) for name in names]
    return [(line, name) for line, name in found if name.split(".")[0] in ("srbench", "zoo")]


@pytest.mark.parametrize("module", [name for name in MODULES if name.count(".")])
def test_imports_go_one_way(module: str) -> None:
    package, part = module.split(".")[:2]
    for line, name in _imports(MODULES[module]):
        where = f"{MODULES[module].relative_to(ROOT)}:{line} imports {name}"
        if package == "zoo":
            assert name.startswith(("zoo.archs.", "srbench.models.", "srbench.core.", "srbench.errors")), where
        elif name != "srbench":  # the version
            assert not name.startswith("zoo"), f"{where}; architectures come by entry points"
            other = name.split(".")[1]
            assert other == part or ORDER.index(other) < ORDER.index(part), f"{where}, which stands above it"


def test_every_folder_has_its_place_in_the_order() -> None:
    assert {name.split(".")[1] for name in MODULES if name.startswith("srbench.")} == set(ORDER)


def test_no_import_is_hidden_from_these_tests() -> None:
    """Neither by dots, nor by a name in a string, nor by the lazy names of the package."""
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom | ast.Call):
                continue
            where = f"{path}:{node.lineno}"
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{where} imports relatively"
                names = {alias.name for alias in node.names if f"srbench.{alias.name}" not in MODULES}
                lazy = node.module == "srbench" and names - {"__version__"}
                assert not lazy or module in ("srbench", "srbench.__main__"), f"{where} imports {lazy} from srbench"
            elif _name(node.func).endswith("import_module"):
                assert "zoo" not in ast.unparse(node), f"{where} imports the zoo by name"


def _name(function: ast.expr) -> str:
    """The last word of what is called; "" where that has no name."""
    return getattr(function, "attr", getattr(function, "id", ""))


def test_no_modules_import_each_other() -> None:
    graph = {name: {other for _, other in _imports(path)} for name, path in MODULES.items()}
    tuple(graphlib.TopologicalSorter(graph).static_order())


def test_the_report_never_loads_torch_or_a_model() -> None:
    _check_without_torch(
        "import srbench.report.runs.publish, srbench.report.ratings.publish, srbench.report.speed.publish"
    )


def test_importing_the_package_loads_neither_torch_nor_the_zoo() -> None:
    _check_without_torch("import srbench")
    _check_without({"zoo"}, "import srbench")


def test_a_survey_is_served_without_torch() -> None:
    _check_without({"torch"}, "import srbench.survey.web.app")


def test_help_and_listings_do_not_load_torch(tmp_path: Path) -> None:
    calls = (["--help"], ["run", "--help"], ["datasets"], ["protocols", "--json"])
    _check_without_torch(
        "import sys\nfrom srbench.cli.app import main\n"
        f"for arguments in {calls!r}:\n    sys.argv = ['srbench', *arguments]\n"
        "    try:\n        main()\n    except SystemExit as end:\n        assert not end.code, end.code"
    )


def _check_without_torch(code: str) -> None:
    _check_without({"torch", "pandas"}, code)


def _check_without(packages: set[str], code: str) -> None:
    check = f"{code}\nimport sys\nassert not {packages} & sys.modules.keys(), {packages} & sys.modules.keys()"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_imports_are_deferred_in_the_command_line_only() -> None:
    for module, path in MODULES.items():
        if module.startswith("srbench.cli") or module == "srbench":
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = [n.lineno for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not inside, f"{path.relative_to(ROOT)}:{inside[0]} imports inside {function.name}()"


def test_no_module_is_named_for_nothing() -> None:
    for path in SOURCES:
        assert not re.search(r"util|helper|misc|common", path.name), path


def test_only_paths_reads_the_environment_variables() -> None:
    for path in SOURCES:
        if path.name != "paths.py":
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
