"""The methods paragraph says under what conditions a run was made, and cites all that it names."""

import json
import re
from pathlib import Path

from srbench import protocol
from srbench.datasets import catalogue as datasets
from srbench.evaluation.results import RunFolder
from srbench.metrics import catalogue as metrics
from srbench.models import registry
from srbench.paper.methods import methods
from tests.cli.conftest import Call, call
from tests.evaluation.runs import write_run

__all__ = ["call"]

_WHERE = {"article": "journal", "inproceedings": "booktitle", "techreport": "institution"}
"""The field that says where something was published, by the kind of entry."""


def test_every_model_metric_and_data_set_has_a_publication_and_no_entry_is_of_nothing() -> None:
    families = {card.family for card in registry.cards().values()}
    cited = {name for entry in registry.references() for name in entry.about}
    assert not families - cited
    assert not cited - families - {*registry.cards(), *registry.archs(), "@"}
    stems = {name: name.partition(".")[0] for name in metrics.catalogue()}
    cited = {name for entry in metrics.references() for name in entry.about}
    own = {name for name, metric in metrics.catalogue().items() if metric.reference.startswith("this project's own")}
    assert own == {"grid"}
    assert not set(stems.values()) - cited - own
    assert not cited - {*stems, *stems.values()}
    assert {name for entry in datasets.references() for name in entry.about} == datasets.catalogue().keys()


def test_every_entry_says_what_was_published_where() -> None:
    found: dict[str, str] = {}
    for entry in (*registry.references(), *metrics.references(), *datasets.references()):
        kind = entry.bibtex.partition("{")[0].removeprefix("@")
        for field in ("author", "title", "year", _WHERE[kind]):
            assert re.search(rf"^  {field} = \{{.+\}},?$", entry.bibtex, re.MULTILINE), f"{entry.key} lacks {field}"
        assert found.setdefault(entry.key, entry.bibtex) == entry.bibtex, f"two entries are called {entry.key}"


def _run(path: Path, name: str = "classical_x4") -> RunFolder:
    for metric in ("psnr", "ssim", "lpips", "my.py:f"):
        folder = write_run(
            path,
            {"fsrcnn": [30.0, 31], "srgan@0.4": [29.0, 30], "mine": [28.0, 28]},
            metric=metric,
            dataset="set5",
            conventions=name,
        )
    return folder


def test_the_paragraph_follows_protocol_cards_and_statistics(tmp_path: Path) -> None:
    data, models, measures = methods(_run(tmp_path)).page().sections[0].lines
    assert "factor of 4 and measured with srbench" in data
    assert "Set5 (Bevilacqua et al., 2012)" in data
    assert "a multiple of 4 pixels" in data
    assert "mirrored edges, rounded to 8 bits after each of the two passes" in data
    assert "fsrcnn (Dong et al., 2016), 12,809 parameters, weights of yjn870/FSRCNN-pytorch @ 597b52f7" in models
    assert "trained on T91" in models
    assert "srgan@0.4 (Ledig et al., 2017; Wang et al., 2019), weights between those of srresnet.h100 and" in models
    assert "of the latter 40 %" in models
    assert "mine, given by its user" in models
    assert "on luma (BT.601, 16 to 235, not rounded" in measures
    assert "after 4 pixels were shaved" in measures
    assert "LPIPS (Zhang et al., 2018), flavour alex, version 0.1, on RGB of the whole image" in measures
    assert "my.py:f, a function of its user" in measures
    assert "two-sided paired t test" in measures


def test_names_that_look_like_something_else_are_names(tmp_path: Path) -> None:
    folder = write_run(tmp_path, {"srgan@final": [1.0], "net [@kim]": [2.0]}, dataset="mine")
    models = methods(folder).page().sections[0].lines[1]
    assert models == "Models were srgan@final, given by its user; net [@kim], given by its user."


def test_another_protocol_has_another_paragraph(tmp_path: Path) -> None:
    name = "srgan_x4+border_px=0+channel=rgb+lr_edge=replicate+lr_rounding=end+sr_rounding=false"
    text = " ".join(methods(_run(tmp_path, protocol.find(name).name)).page().sections[0].lines)
    assert "replicated edges, rounded to 8 bits at the end" in text
    assert "Outputs were clipped, not rounded," in text
    assert "on the RGB channels, of whole images" in text
    assert "flavour daala" in text


def test_latex_cites_what_its_bibliography_holds(call: Call, tmp_path: Path) -> None:
    _run(tmp_path / "r")
    code, out, _ = call("show", "r", "--methods", "--format", "latex")
    cited = {key for keys in re.findall(r"\\cite\{([^}]*)\}", out) for key in keys.split(",")}
    assert code == 0
    assert cited == set(re.findall(r"^@\w+\{(\w+),$", out, re.MULTILINE))
    assert {"srbench", "dong2016fsrcnn", "ledig2017srgan", "wang2019dni", "itu2010j340", "bevilacqua2012set5"} <= cited
    assert r"srgan@0.4~\cite{" in out


def test_json_names_what_has_no_publication(call: Call, tmp_path: Path) -> None:
    _run(tmp_path / "r")
    code, out, _ = call("show", "r", "--methods", "--json")
    content = json.loads(out)
    assert code == 0
    assert content["without_reference"] == ["my.py:f", "mine"]
    assert [entry["key"] for entry in content["bibtex"]][:2] == ["srbench", "bevilacqua2012set5"]
    code, _, err = call("show", "r", "--methods", "--format", "csv")
    assert code == 2
    assert "a paragraph has no CSV" in err
