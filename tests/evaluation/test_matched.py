"""The models of several runs on the same images."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from srbench.errors import BadRun, UserError
from srbench.evaluation.matched import match
from srbench.evaluation.row import WHOLE_SET
from tests.evaluation.runs import write_run


def test_models_of_two_runs_stand_side_by_side(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", {"bicubic": [1.0, 2.0], "ours": [3.0, 4.0]})
    second = write_run(tmp_path / "b", {"theirs": [5.0, 6.0]})
    (table,) = match([first, second]).tables
    assert {model: of.tolist() for model, of in table.values.items()} == {
        "bicubic": [1.0, 2.0],
        "ours": [3.0, 4.0],
        "theirs": [5.0, 6.0],
    }
    assert (table.images, table.unit, table.digits, table.higher_is_better) == (("im0", "im1"), "dB", 2, True)


def test_the_same_content_in_two_runs_is_one_model(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", {"bicubic": [1.0, 2.0]})
    second = write_run(tmp_path / "b", {"bicubic": [1.0, 2.0], "ours": [3.0, 4.0]})
    matches = match([first, second])
    assert list(matches.tables[0].values) == ["bicubic", "ours"]
    assert matches.origins["bicubic"] == [(str(tmp_path / "a"), "bicubic"), (str(tmp_path / "b"), "bicubic")]


def test_a_model_with_a_data_set_in_each_of_two_runs_has_both(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", {"bicubic": [1.0, 2.0], "ours": [3.0, 4.0]}, dataset="one")
    second = write_run(tmp_path / "b", {"bicubic": [5.0]}, dataset="two")
    for order in ([first, second], [second, first]):
        tables = {table.dataset: table.values for table in match(order).tables}
        assert {name: list(values) for name, values in tables.items()} == {
            "one": ["bicubic", "ours"],
            "two": ["bicubic"],
        }
        assert tables["two"]["bicubic"].tolist() == [5.0]


def test_two_contents_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    first = write_run(tmp_path / "exp1" / "run", {"ours": [1.0, 2.0]})
    second = write_run(tmp_path / "exp2" / "run", {"ours": [1.0, 3.0]}, content="new")
    assert list(match([first, second]).tables[0].values) == ["ours [exp1/run]", "ours [exp2/run]"]


def test_a_model_that_lacks_images_is_left_out_by_name(tmp_path: Path) -> None:
    folder = write_run(tmp_path, {"a": [1.0, 2.0], "b": [1.0, math.nan], "c": [1.0, 3.0]})
    (table,) = match([folder]).tables
    assert list(table.values) == ["a", "c"]
    assert table.left_out == {"b": "b is not compared: it has a value on 1 of 2 images"}


def test_models_data_sets_and_metrics_are_chosen_by_glob(tmp_path: Path) -> None:
    write_run(tmp_path, {"esrgan": [1.0], "esrgan_lite": [1.0], "edsr": [1.0]}, dataset="one")
    write_run(tmp_path, {"esrgan": [1.0], "edsr": [1.0]}, dataset="two")
    folder = write_run(tmp_path, {"esrgan": [1.0]}, metric="lpips", dataset="one")
    tables = match([folder], models=["ESRGAN*"], datasets=["one"], metrics=["psnr"]).tables
    assert [(table.dataset, table.metric, list(table.values)) for table in tables] == [
        ("one", "psnr", ["esrgan", "esrgan_lite"])
    ]
    with pytest.raises(UserError, match="no model of these runs is called 'esrgn'; expected one of: esrgan"):
        match([folder], models=["esrgn"])


def test_what_does_not_compare_is_refused(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", {"ours": [1.0, 2.0]})
    pictures = write_run(tmp_path / "b", {"theirs": [1.0, 2.0]}, pictures="other")
    with pytest.raises(BadRun, match=r"set/im0 in .*b and in .*a stands for two different originals"):
        match([first, pictures])
    old = write_run(tmp_path / "c", {"theirs": [1.0, 2.0]}, pipeline=1)
    with pytest.raises(BadRun, match="versions 1 and 2 of the pipeline"):
        match([first, old])
    protocol = write_run(tmp_path / "d", {"theirs": [1.0, 2.0]}, conventions="srgan_x4")
    with pytest.raises(BadRun, match=r"is under classical_x4, .* under srgan_x4"):
        match([first, protocol])


def test_the_older_self_of_each_model(tmp_path: Path) -> None:
    older = write_run(tmp_path / "old", {"bicubic": [1.0, 2.0], "ours": [1.0, 2.0]})
    newer = write_run(tmp_path / "new", {"bicubic": [1.0, 2.0]})
    write_run(tmp_path / "new", {"ours": [3.0, 4.0]}, content="new")
    matches = match([newer, older])
    assert matches.partners(str(newer.path), str(older.path)) == {"ours [new]": "ours [old]", "bicubic": "bicubic"}
    stranger = write_run(tmp_path / "x", {"other": [1.0, 2.0]})
    with pytest.raises(BadRun, match="no model of one name"):
        match([newer, stranger]).partners(str(newer.path), str(stranger.path))


def test_seeds_of_a_method_are_one_line(tmp_path: Path) -> None:
    write_run(tmp_path, {"bicubic": [1.0, 2.0]})
    folder = write_run(tmp_path, {"ours/1": [3.0, 4.0], "ours/2": [5.0, 7.0]}, method="ours")
    (table,) = match([folder]).tables
    assert {model: of.tolist() for model, of in table.values.items()} == {
        "bicubic": [1.0, 2.0],
        "ours": [[3.0, 4.0], [5.0, 7.0]],
    }


def test_an_image_that_a_seed_lacks_is_one_that_the_method_lacks(tmp_path: Path) -> None:
    write_run(tmp_path, {"bicubic": [1.0, 2.0, 3.0]})
    folder = write_run(tmp_path, {"ours/1": [3.0, 4.0], "ours/2": [5.0, math.nan, 8.0]}, method="ours")
    (table,) = match([folder]).tables
    assert table.left_out == {"ours": "ours is not compared: it has a value on 1 of 3 images"}


def test_a_value_belongs_to_its_seed_in_whatever_order_the_seeds_ran(tmp_path: Path) -> None:
    folder = write_run(tmp_path, {"ours/1": [3.0], "ours/2": [5.0]}, method="ours")
    later = [replace(row, key=f"{row.key} later", image="im1", value=row.value + 1) for row in folder.rows()]
    folder.append(later[::-1])
    (table,) = match([folder]).tables
    assert table.values["ours"].tolist() == [[3.0, 4.0], [5.0, 6.0]]


def test_lr_images_that_are_others_are_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", {"ours": [1.0]})
    other = write_run(tmp_path / "b", {"theirs": [1.0]})
    other.append([replace(row, key="new", lr="other") for row in other.rows()])
    with pytest.raises(BadRun, match="two different LR images"):
        match([folder, other])


def test_of_one_content_in_two_runs_the_one_with_more_images_counts(tmp_path: Path) -> None:
    few, most = (write_run(tmp_path / name, {"ours": [1.0, 2.0, 3.0][:n]}) for name, n in (("few", 2), ("most", 3)))
    for order in ([few, most], [most, few]):
        assert match(order).tables[0].values["ours"].tolist() == [1.0, 2.0, 3.0]


def test_runs_of_one_content_with_other_values_stand_apart(tmp_path: Path) -> None:
    one, other = (write_run(tmp_path / name, {"ours": [1.0, value]}) for name, value in (("a", 2.0), ("b", 2.5)))
    assert list(match([one, other]).tables[0].values) == ["ours [a]", "ours [b]"]


def test_timings_and_values_of_sets_are_not_compared(tmp_path: Path) -> None:
    folder = write_run(tmp_path, {"ours": [1.0]})
    (row,) = folder.rows()
    folder.append([replace(row, key="time", metric="latency"), replace(row, key="set", metric="fid", image=WHOLE_SET)])
    assert [table.metric for table in match([folder]).tables] == ["psnr"]
