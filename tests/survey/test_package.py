"""A study's Data Package: valid by its own schema, without what must not go out, and analysed to the same report."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frictionless import system, validate

from srbench.core import files
from srbench.errors import BadStudy
from srbench.ratings import records
from srbench.report.ratings import page
from srbench.survey import methods
from srbench.survey.export import collected
from srbench.survey.package import reading, texts, writing
from srbench.survey.package.codebook import TABLES, codebook
from srbench.survey.package.writing import PackageOptions
from srbench.survey.people.panel import Arrival
from srbench.survey.plan.own_words import Words
from srbench.survey.store import backup
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Study, load
from srbench.survey.study_folder import STUDY_FILE
from tests import postgres
from tests.cli.conftest import Call
from tests.survey.conftest import rate
from tests.survey.test_export import _TRUTH, _study

_CODEBOOK = Path(__file__).parents[2] / "docs" / "survey-codebook.md"


def _with_pictures(study: Study) -> Study:
    """The study with a name and a file for each picture."""
    pictures = []
    for picture in study.pictures:
        files.write(study.folder / picture.file, picture.file)
        pictures.append(replace(picture, sha256=hashlib.sha256(picture.file.encode()).hexdigest()))
    made = replace(study, pictures=tuple(pictures), name=study.folder.name)
    (study.folder / STUDY_FILE).write_text(json.dumps(made.as_dict()), encoding="utf-8")
    return load(study.folder)


def _collected(folder: Path, method: str, url: str = "", **design: Any) -> VoteStore:
    """A study with three raters, one of whom is careless and misses traps, one excluded and one who has just begun."""
    store = VoteStore(_with_pictures(_study(folder, method, **design)), url)
    for number in range(4):
        generator = np.random.default_rng(number)

        def see(one: object, chance: np.random.Generator = generator, turned: bool = number == 2) -> float:
            value = _TRUTH.get(one.model, one.expected or 0) + chance.normal(0, 0.5)  # type: ignore[attr-defined]
            return 6 - value if turned else value

        rate(store, see)
    store.exclude(store.raters()[0][0].id, "=told so")
    rater = store.arrive(Arrival("P7", {"PROLIFIC_PID": "P7"}))
    store.assign_session(rater)
    store.present(rater, 0, {"dpr": 2.0, "language": "de", "browser": "Firefox 140", "frames": [16, 17]})
    store.add_replies(rater, {"remark": "=HYPERLINK()"})
    return store


def _valid(folder: Path) -> None:
    with system.use_context(trusted=True):
        report = validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["fieldName", "note"])


def _reports(call: Call, *commands: tuple[str, ...]) -> list[bytes]:
    written = []
    for number, command in enumerate(commands):
        out = f"report{number}"
        code, _, err = call("survey", *command, "--out", out)
        assert code == 0, err
        written.append(Path(out, "report.json").read_bytes())
    return written


@pytest.mark.parametrize("method", ["acr", "pair"])
def test_a_package_holds_all_that_the_analysis_reads(tmp_path: Path, method: str) -> None:
    store = _collected(tmp_path / "st", method)
    writing.write(store, tmp_path / "package.zip", PackageOptions())
    there, here = reading.collected(tmp_path / "package.zip"), collected(store)
    assert replace(there, responses=()) == replace(here, responses=())
    unstored = [response._replace(shown=None, answered=None, views=0) for response in here.responses]
    assert there.responses == unstored
    assert records.records(there.analysed()[0]) == records.records(here.analysed()[0])
    assert len(reading.collected(tmp_path / "package.zip", unfinished=True).responses) == len(unstored)


@pytest.fixture
def server_url(request: pytest.FixtureRequest) -> str:
    """Of an empty database of PostgreSQL; of SQLite, "", where the machine has no server."""
    try:
        return postgres.database(request.getfixturevalue("postgresql"))
    except pytest.skip.Exception:
        return ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "design"), [*((name, {}) for name in methods.names()), ("pair", {"pairs": "adaptive"})]
)
def test_a_package_gives_the_same_report_to_the_byte(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch, server_url: str, method: str, design: dict[str, Any]
) -> None:
    """Collected in PostgreSQL, restored from a backup into SQLite, and by the package of either."""
    monkeypatch.setattr(page, "plots", lambda study: [])  # most of the time, and report.json has none
    store = _collected(tmp_path / "st", method, server_url, **design)
    backup.write(store, tmp_path / "st.zip")
    backup.restore(tmp_path / "st.zip", tmp_path / "elsewhere")
    store.close()
    study, elsewhere = (str(tmp_path / "st"), "--database", server_url), str(tmp_path / "elsewhere")
    assert call("survey", "export", *study, "package", "--licence", "CC-BY-4.0")[0] == 0
    _valid(Path("package"))
    assert call("survey", "export", elsewhere, "other.zip")[0] == 0
    one, package, two, other = _reports(
        call, ("report", *study), ("analyze", "package"), ("report", elsewhere), ("analyze", "other.zip")
    )
    assert one == package == two == other
    assert "=told so" in one.decode()
    rows = pd.read_csv("package/events.csv", dtype=str, keep_default_na=False)
    answered = rows[rows["answered"] != ""]
    assert set(answered["response_s"]) == {"3.0"}
    assert set(rows["kind"]) >= {"trial", "repeat", "trap"}
    # The anchors' expected scores are those of five categories, which sliders from 0 to 100 always miss.
    trapped = set(answered.loc[answered["kind"] == "trap", "trap"])
    assert trapped == ({"missed"} if method == "mushra" else {"passed", "missed"})
    assert (answered.loc[answered["kind"] == "repeat", "repetition"] == "2").all()
    assert (rows.loc[rows["answered"] == "", "shown"] != "").all()
    assert rows.loc[rows["answered"] == "", "browser"].tolist()[:1] == ["Firefox 140"]
    assert json.loads(rows.loc[rows["answered"] == "", "further"].iloc[0]) == {"frames": [16, 17]}


def test_sides_and_values_of_pairs_stand_in_rows_of_their_own(tmp_path: Path) -> None:
    store = _collected(tmp_path / "st", "pair")
    writing.write(store, tmp_path / "package", PackageOptions())
    rows = pd.read_csv(tmp_path / "package" / "events.csv", keep_default_na=False)
    assert len(rows) == 2 * len(store.presented())
    first = store.responses()[0]
    trial = rows[(rows["rater"] == first.rater) & (rows["order"] == first.position + 1)]
    assert trial["side"].tolist() == ["left", "right"]
    assert trial["stimulus"].tolist() == [first.first, first.second]
    assert trial["value"].tolist() == (["1", "0"] if first.value == "first" else ["0", "1"])
    assert trial["crop"].tolist() == ["0,0,8,8"] * 2


def test_panel_ids_are_there_on_request_and_a_public_package_tells_nobody(tmp_path: Path, call: Call) -> None:
    store = _collected(tmp_path / "st", "acr")
    ids = [person.id for person, _ in store.raters()]
    for name, options in (
        ("plain", PackageOptions()),
        ("panel", PackageOptions(panel_ids=True)),
        ("public", PackageOptions(public=True)),
    ):
        writing.write(store, tmp_path / name, options)
    _valid(tmp_path / "public")
    written = {
        name: "\n".join(path.read_text(encoding="utf-8") for path in (tmp_path / name).iterdir())
        for name in ("plain", "panel", "public")
    }
    assert ["P7" in written[name] for name in ("plain", "panel", "public")] == [False, True, False]
    assert "'=HYPERLINK()" in written["plain"]  # no formula in a spreadsheet
    for hidden in (*ids, "told so", store.raters()[0][0].code, "2026-"):
        assert hidden in written["plain"] or hidden == "2026-"
        assert hidden not in written["public"]
    assert call("survey", "analyze", str(tmp_path / "public"), "--out", "report")[0] == 0
    with pytest.raises(BadStudy, match="--public leaves out all ids"):
        writing.write(store, tmp_path / "both", PackageOptions(public=True, panel_ids=True))


def test_a_changed_package_and_a_taken_place_are_refused(tmp_path: Path, call: Call) -> None:
    store = _collected(tmp_path / "st", "acr")
    folder = tmp_path / "package"
    writing.write(store, folder, PackageOptions())
    with pytest.raises(BadStudy, match="is there already"):
        writing.write(store, folder, PackageOptions())
    changed = shutil.copytree(folder, tmp_path / "changed")
    events = changed / "events.csv"
    events.write_text(events.read_text(encoding="utf-8").replace(",trial,", ",repeat,", 1), encoding="utf-8")
    with pytest.raises(BadStudy, match="has been changed since it was written"):
        reading.collected(changed)
    for broken in ("{}", "[", '{"srbench": {"schema": "survey package", "version": 9}}'):
        (changed / "datapackage.json").write_text(broken, encoding="utf-8")
        code, _, err = call("survey", "analyze", str(changed))
        assert (code, err.count("\n")) == (2, 1)
    (changed / "datapackage.json").unlink()
    assert call("survey", "analyze", str(changed))[0] == 2
    assert call("survey", "analyze", str(folder), "--references", "*_hr")[0] == 2
    assert call("survey", "export", str(load(tmp_path / "st").folder), "x.csv", "--public")[0] == 2


def test_the_codebook_is_that_of_the_schema(tmp_path: Path) -> None:
    assert _CODEBOOK.read_text(encoding="utf-8") == codebook(), "run: python -m docs.codebook"
    writing.write(_collected(tmp_path / "st", "acr"), tmp_path / "package", PackageOptions(panel_ids=True))
    assert (tmp_path / "package" / "codebook.md").read_text(encoding="utf-8") == codebook()
    described = json.loads((tmp_path / "package" / "datapackage.json").read_text(encoding="utf-8"))
    schemas = {resource["name"]: resource.get("schema") for resource in described["resources"]}
    for table in TABLES:
        head = pd.read_csv(tmp_path / "package" / table.file, nrows=0).columns.tolist()
        assert head == [field["name"] for field in schemas[table.name]["fields"]]
        assert head == [column.name for column in table.columns]


def test_texts_are_the_studys_own_words_where_it_has_some(tmp_path: Path) -> None:
    study = _with_pictures(_study(tmp_path / "st", "acr"))
    words = Words("de", question="Wie gut ist 100 % davon?", labels=("a", "b", "c", "d", "e"), thanks="Danke.")
    own = replace(study, participation=replace(study.participation, words=(words,)))
    found = {(row["language"], row["text_id"]): row["text"] for row in texts.rows(own)}
    assert found["de", "legend"] == "Wie gut ist 100 % davon?"
    assert [found["de", f"button.{value}"] for value in range(1, 6)] == list("abcde")
    assert (found["de", "thanks"], found["all", "title"]) == ("Danke.", "test")
    assert {language for language, _ in found} == {"all", "de"}
    languages = {row["language"] for row in texts.rows(study)}
    assert languages == {"all", "en", "de", "es", "fr", "zh"}
