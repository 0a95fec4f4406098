"""The table of a paper: groups of columns, best and second, what is not told apart, and rows of others."""

import shutil
import subprocess
from pathlib import Path

import pytest

from srbench.errors import UserError
from srbench.evaluation.matched import match
from srbench.evaluation.published import Published, published
from srbench.evaluation.results import RunFolder
from srbench.report.formats import html, latex, markdown
from srbench.report.runs.paper_table import PaperTable
from tests.cli.conftest import Call, call
from tests.evaluation.runs import write_run

__all__ = ["call"]

PRINTED = (
    Published("other", "A, 2020", {("alpha", "psnr"): 31.0}),
    Published("elsewhere", "B, 2021", {("gamma", "psnr"): 9.0}),
)
VALUES = {"a": [20.0, 21, 22, 23], "b": [30.0, 31, 32, 33], "c": [30.5, 30.9, 32.4, 32.9]}


def _table(folder: Path) -> PaperTable:
    """Three models on two data sets; b and c are a little apart and cannot be told apart, a is far below."""
    write_run(folder, VALUES, dataset="alpha")
    write_run(folder, {model: values[:3] for model, values in VALUES.items()}, dataset="beta")
    return PaperTable(match([RunFolder(folder)]), {"beta": "Beta", "alpha": "Alpha"}, ["psnr"], PRINTED)


def test_rows_are_models_and_columns_are_grouped_by_data_set_in_the_order_asked_for(tmp_path: Path) -> None:
    (shown,) = _table(tmp_path / "r").page().tables
    assert [column.title for column in shown.columns] == ["model", "Beta PSNR [dB] \u2191", "Alpha PSNR [dB] \u2191"]
    rows = {row[0].text: row[1:] for row in shown.rows}
    assert [cell.text for cell in rows["c"]] == ["31.27", "31.67"]
    assert [cell.best for cell in rows["c"]] == [True, True]
    assert [(cell.second, cell.tied) for cell in rows["b"]] == [(True, True), (True, True)]
    assert [(cell.second, cell.tied) for cell in rows["a"]] == [(False, False), (False, False)]


def test_printed_scores_stand_below_with_their_sources_and_are_not_marked(tmp_path: Path) -> None:
    report = _table(tmp_path / "r")
    (shown,) = report.page().tables
    assert [(cell.text, cell.mark, cell.best) for cell in shown.rows[-1]] == [
        ("other", "\u2020", False),
        ("\u2013", "", False),
        ("31.00", "", False),
    ]
    assert "\u2020: as printed in A, 2020; not marked as best or second" in shown.notes[0]
    assert "B, 2021" not in shown.notes[0]
    assert [row["published"] for row in report.records()] == ["", "", "", "", "", "", "A, 2020"]


def test_formats_show_groups_and_underline_the_second(tmp_path: Path) -> None:
    page = _table(tmp_path / "r").page()
    assert "<u>31.50</u>" in markdown.page(page)
    written = latex.page(page)
    assert r" & \multicolumn{1}{c}{Beta} & \multicolumn{1}{c}{Alpha} \\" in written.replace(
        r"\multicolumn{1}{c}{} &", " &"
    )
    assert r"\cmidrule(lr){2-2} \cmidrule(lr){3-3}" in written
    assert r"$\approx$ \underline{31.50}" in written
    assert '<th scope="colgroup" class="group" colspan="1">Beta</th>' in html.page(page)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex, as of Debian's texlive-latex-recommended")
def test_the_latex_table_compiles_and_fits_however_many_columns_it_has(tmp_path: Path) -> None:
    for dataset in ("alpha", "beta", "gamma"):
        for metric in ("psnr", "ssim", "lpips"):
            write_run(
                tmp_path / "r", {"a.long_name_of_a_model": [20.0, 21], "b": [30.0, 31]}, dataset=dataset, metric=metric
            )
    names = {name: name.title() for name in ("alpha", "beta", "gamma")}
    report = PaperTable(match([RunFolder(tmp_path / "r")]), names, ["psnr", "ssim", "lpips"], PRINTED)
    packages = r"\documentclass{article}\usepackage{booktabs,graphicx,longtable}"
    document = packages + r"\begin{document}" + latex.page(report.page()) + r"\end{document}"
    (tmp_path / "t.tex").write_text(document)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
    assert (tmp_path / "t.pdf").stat().st_size > 1000


def test_the_latex_table_is_as_wide_as_the_page_at_most(tmp_path: Path) -> None:
    written = latex.page(_table(tmp_path / "r").page())
    assert "% Needs the packages booktabs, graphicx and longtable." in written
    assert written.count("table*}") == 2
    fitted = written.index(r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%")
    assert fitted < written.index(r"\begin{tabular}") < written.index("\\end{tabular}\n}\n")


def test_sources_name_the_paper_and_whose_scores_they_are() -> None:
    sources = {one.model: one.source for one in published("classical_x4")}
    assert sources["vdsr"] == "Kim et al., 2016, Table 3"
    assert sources["imdn"] == "Hui et al., 2019, Table 4"
    assert not [source for source in sources.values() if source.startswith("the ")]


def test_several_sources_say_of_which_models_they_are(tmp_path: Path) -> None:
    write_run(tmp_path / "r", VALUES, dataset="alpha")
    others = (*PRINTED, Published("third", "C, 2022", {("alpha", "psnr"): 9.0}))
    report = PaperTable(match([RunFolder(tmp_path / "r")]), {"alpha": "Alpha"}, ["psnr"], others)
    assert "as printed in A, 2020 (other); C, 2022 (third); not marked as best or second" in report.notes()[0]


def test_one_model_has_scores_without_marks_and_no_score_is_a_mistake(tmp_path: Path) -> None:
    write_run(tmp_path / "r", {"a": [20.0, 21]}, dataset="alpha")
    matches = match([RunFolder(tmp_path / "r")])
    (shown,) = PaperTable(matches, {"alpha": "Alpha"}, ["psnr"]).page().tables
    assert (shown.rows[0][1].text, shown.rows[0][1].best) == ("20.50", False)
    assert "bold" not in shown.notes[0]
    with pytest.raises(UserError, match="hold no value"):
        PaperTable(matches, {"alpha": "Alpha"}, ["ssim"]).page()


def test_the_srgan_papers_table_2_belongs_to_its_protocol_alone() -> None:
    rows = {one.model: one for one in published("srgan_x4")}
    assert rows["SRGAN"].scores["set5", "psnr"] == 29.40
    assert rows["SRResNet"].scores["bsd100", "ssim"] == 0.7620
    classical = {one.model: one for one in published("classical_x4")}
    assert "SRGAN" not in classical
    assert classical["edsr"].scores["set5", "psnr"] == 32.46
    assert classical["RCAN"].scores == {("set5", "psnr"): 32.63, ("set5", "ssim"): 0.9002}  # it has no card
    assert "bicubic" not in classical  # its figures are this project's own


def test_the_verb_prints_the_columns_that_are_asked_for(tmp_path: Path, call: Call) -> None:
    write_run(tmp_path / "r", VALUES, dataset="set14")
    write_run(tmp_path / "r", VALUES, dataset="set5")
    write_run(tmp_path / "r", VALUES, dataset="set5", metric="ssim")
    code, out, _ = call("table", str(tmp_path / "r"), "--datasets", "set5,set14", "--metrics", "psnr", "--format", "md")
    assert code == 0
    assert "| model | Set5 PSNR [dB] \u2191 | Set14 PSNR [dB] \u2191 |" in out
    code, out, _ = call("table", str(tmp_path / "r"), "--format", "csv", "--ours", "--models", "b")
    assert out.splitlines()[0] == "protocol,model,dataset,metric,mean,images,best,tied,published"
    assert "classical_x4,b,set5,ssim,31.5,4,False,False," in out.splitlines()
    code, _, err = call("table", str(tmp_path / "r"), "--datasets", "set6")
    assert code == 2
    assert "set6" in err


def test_what_was_measured_here_is_not_called_published() -> None:
    sources = {one.source for one in published("classical_x4")}
    assert sources
    assert not [source for source in sources if source.startswith(("this project", "the authors' network", "recomp"))]
