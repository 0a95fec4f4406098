"""CITATION.cff says of the software what the package says, in the fields of version 1.2.0 of the format."""

import tomllib
from pathlib import Path

import yaml

from srbench import __version__
from srbench.report.runs.methods import SOFTWARE

ROOT = Path(__file__).parent.parent.parent


def test_the_citation_file_agrees_with_the_package() -> None:
    stated = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {"cff-version", "message", "title", "authors"}
    assert needed <= stated.keys() <= needed | {"abstract", "keywords", "license", "type", "version"}
    assert (stated["cff-version"], stated["type"]) == ("1.2.0", "software")
    assert (stated["version"], stated["license"]) == (__version__, project["license"])
    assert stated["title"] in SOFTWARE.bibtex
    assert [set(author) for author in stated["authors"]] == [{"name"}]
    assert stated["authors"][0]["name"] in SOFTWARE.bibtex
    assert all(isinstance(word, str) for word in stated["keywords"])
