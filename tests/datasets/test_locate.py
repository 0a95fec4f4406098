"""From names and folders to images whose content is checked; downloads come from a server on this machine."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from srbench.core import image, paths
from srbench.core.assets import AssetStore, hash_of
from srbench.datasets import catalogue
from srbench.datasets.dataset import Dataset, Image
from srbench.datasets.locate import ImageSet, by_stem, image_listing, is_folder, list_images, locate
from srbench.datasets.name_pairs import pair
from srbench.errors import BadData, MissingData, UnknownName
from tests.http_server import Server, closed_port, corrupt, fail, serve, truncate, url_of

TINY = Dataset(
    id="tiny",
    title="Tiny",
    count=3,
    folder="Tiny",
    reference="none",
    licence="none",
    where="the shop at the corner",
    manifest="Tiny.json",
)
NAMES = ("owl", "ant", "bee")


def _pixels(name: str) -> image.Array:
    return np.random.default_rng(list(name.encode())).integers(0, 256, (12, 8, 3), dtype=np.uint8)


def _encoded(pixels: image.Array, kind: str = "PNG") -> bytes:
    file = BytesIO()
    Pillow.fromarray(pixels).save(file, kind)
    return file.getvalue()


def _lay(path: Path, body: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def _folder(folder: Path, *names: str) -> Path:
    """A folder of images, each of its own pixels."""
    for name in names:
        _lay(folder / name, _encoded(_pixels(name)))
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as running:
        yield running


@pytest.fixture
def store() -> AssetStore:
    return AssetStore([])


@pytest.fixture
def pinned(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[Image]:
    """The images of `tiny`, a data set that is registered and lies on the server."""
    images = []
    for name in NAMES:
        body = _encoded(_pixels(name))
        images.append(
            Image(
                name=name,
                path=f"Tiny/HR/{name}.png",
                pixels_sha256=sha256(_pixels(name).tobytes()).hexdigest(),
                sha256=sha256(body).hexdigest(),
                size_bytes=len(body),
                url=server.put(f"/{name}.png", body),
            )
        )
    monkeypatch.setattr(catalogue, "catalogue", lambda: {"tiny": TINY})
    monkeypatch.setattr(catalogue, "images", lambda _: images)
    return images


def _names(found: ImageSet) -> list[str]:
    return [item.name for item in found.items]


def _refusal(kind: type[Exception], call: Callable[[], object]) -> str:
    """The one line of a call that fails."""
    with pytest.raises(kind) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Sets that come with a package


def test_builtin_is_at_hand_without_a_download(store: AssetStore) -> None:
    found = locate("builtin", store, scale=4)
    assert _names(found) == ["astronaut", "chelsea", "coffee"]
    assert found.total == 3
    assert found.pinned
    assert found.record == catalogue.find("builtin")
    for item in found.items:
        assert sha256(image.read(item.hr).tobytes()).hexdigest() == item.content
        assert item.lr is None


def test_a_limit_takes_the_first_images_and_keeps_the_total(store: AssetStore) -> None:
    found = locate("Builtin", store, scale=4, limit=2)
    assert _names(found) == ["astronaut", "chelsea"]
    assert found.total == 3
    assert len(locate("builtin", store, scale=4, limit=9).items) == 3


def test_images_of_a_package_that_is_absent_are_missing(
    pinned: list[Image], store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = replace(TINY, package=("no_such_package", "data"))
    monkeypatch.setattr(catalogue, "catalogue", lambda: {"tiny": packaged})
    with pytest.raises(MissingData, match="no_such_package is not installed"):
        locate("tiny", store, scale=4)
    packaged = replace(TINY, package=("skimage", "data"))
    monkeypatch.setattr(catalogue, "catalogue", lambda: {"tiny": packaged})
    with pytest.raises(MissingData, match=r"owl\.png does not exist"):
        locate("tiny", store, scale=4)


def test_given_lr_images_do_not_go_with_a_named_set(store: AssetStore, tmp_path: Path) -> None:
    with pytest.raises(BadData, match="--lr needs a folder of HR images"):
        locate("builtin", store, scale=4, lr_dir=tmp_path)


def test_an_unknown_name_is_answered_with_the_closest(store: AssetStore) -> None:
    with pytest.raises(UnknownName, match="Closest: 'set5'"):
        locate("set55", store, scale=4)


# Sets that are fetched


def test_images_are_fetched_into_the_cache_in_the_order_of_the_manifest(
    pinned: list[Image], server: Server, store: AssetStore
) -> None:
    for _ in range(2):
        found = locate("TINY", store, scale=4)
        assert _names(found) == list(NAMES)
        assert [item.hr for item in found.items] == [paths.cache_folder() / entry.path for entry in pinned]
        assert [item.content for item in found.items] == [entry.pixels_sha256 for entry in pinned]
        assert (found.id, found.record, found.total, found.pinned) == ("tiny", TINY, 3, True)
    assert len(server.asked) == 3


def test_a_limit_fetches_no_more_than_it_needs(pinned: list[Image], server: Server, store: AssetStore) -> None:
    assert _names(locate("tiny", store, scale=4, limit=1)) == ["owl"]
    assert [request.path for request in server.asked] == ["/owl.png"]


def test_a_mirror_folder_needs_no_network(
    pinned: list[Image], server: Server, store: AssetStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRBENCH_MIRROR", str(tmp_path))
    for name in NAMES:
        _lay(tmp_path / "Tiny" / "HR" / f"{name}.png", _encoded(_pixels(name)))
    found = locate("tiny", store, scale=4)
    assert [item.hr for item in found.items] == [tmp_path / entry.path for entry in pinned]
    assert server.asked == []


def test_an_image_that_broke_off_once_arrives(pinned: list[Image], server: Server, store: AssetStore) -> None:
    server.put("/ant.png", _encoded(_pixels("ant")), truncate, serve)
    assert _names(locate("tiny", store, scale=4)) == list(NAMES)


def test_an_image_that_arrives_damaged_is_missing_and_not_kept(
    pinned: list[Image], server: Server, store: AssetStore
) -> None:
    url = server.put("/ant.png", _encoded(_pixels("ant")), corrupt)
    refusal = _refusal(MissingData, lambda: locate("tiny", store, scale=4))
    assert url in refusal
    assert "sha256" in refusal
    assert not (paths.cache_folder() / "Tiny" / "HR" / "ant.png").exists()


def test_an_image_that_is_gone_is_missing(pinned: list[Image], server: Server, store: AssetStore) -> None:
    url = server.put("/ant.png", b"", fail(404))
    assert f"{url} answered 404" in _refusal(MissingData, lambda: locate("tiny", store, scale=4))


def test_without_network_the_message_names_every_way_out(
    server: Server, store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.put("/any.png", b"", fail(404))
    records = [replace(entry, url=url) for entry in catalogue.images(catalogue.find("set5"))]
    monkeypatch.setattr(catalogue, "images", lambda _: records)
    with closed_port() as port:
        monkeypatch.setenv("SRBENCH_MIRROR", url_of(port))
        refusal = _refusal(MissingData, lambda: locate("set5", store, scale=4))
    assert refusal.startswith("Set5 is not in the cache and could not be downloaded")
    for way in ("--datasets builtin", "--data-root", "SRBENCH_MIRROR", "connection refused", f"{url} answered 404"):
        assert way in refusal
    assert [path for path in paths.cache_folder().rglob("*") if path.is_file() and path.suffix != ".lock"] == []


# --data-root


@pytest.mark.parametrize("layout", ["Tiny/HR", "Tiny", "HR", "."])
@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_a_data_root_holds_the_same_pixels_in_any_layout_and_lossless_format(
    pinned: list[Image], server: Server, store: AssetStore, tmp_path: Path, layout: str, kind: str
) -> None:
    for name in NAMES:
        _lay(tmp_path / layout / f"{name}.{kind.lower()}", _encoded(_pixels(name), kind))
    found = locate("tiny", store, scale=4, data_root=tmp_path)
    assert [item.hr.parent.resolve() for item in found.items] == [(tmp_path / layout).resolve()] * 3
    assert [item.content for item in found.items] == [entry.pixels_sha256 for entry in pinned]
    assert found.pinned
    assert server.asked == []


def test_a_data_root_may_write_extensions_in_capitals(pinned: list[Image], store: AssetStore, tmp_path: Path) -> None:
    for name in NAMES:
        _lay(tmp_path / f"{name}.PNG", _encoded(_pixels(name)))
    assert _names(locate("tiny", store, scale=4, data_root=tmp_path)) == list(NAMES)


def test_a_jpeg_copy_is_refused(pinned: list[Image], store: AssetStore, tmp_path: Path) -> None:
    _lay(tmp_path / "owl.jpg", _encoded(_pixels("owl"), "JPEG"))
    refusal = _refusal(BadData, lambda: locate("tiny", store, scale=4, data_root=tmp_path, limit=1))
    assert str(tmp_path / "owl.jpg") in refusal


def test_other_pixels_are_refused_with_both_hashes(pinned: list[Image], store: AssetStore, tmp_path: Path) -> None:
    other = _pixels("owl")
    other[3, 5, 1] ^= 1
    file = _lay(tmp_path / "owl.png", _encoded(other))
    refusal = _refusal(BadData, lambda: locate("tiny", store, scale=4, data_root=tmp_path, limit=1))
    for part in (str(file), sha256(other.tobytes()).hexdigest()[:16], pinned[0].pixels_sha256[:16]):
        assert part in refusal


def test_the_data_root_is_not_completed_from_elsewhere(
    pinned: list[Image], server: Server, store: AssetStore, tmp_path: Path
) -> None:
    locate("tiny", store, scale=4)
    _lay(tmp_path / "owl.png", _encoded(_pixels("owl")))
    refusal = _refusal(MissingData, lambda: locate("tiny", store, scale=4, data_root=tmp_path))
    assert "ant of Tiny" in refusal
    assert str(tmp_path) in refusal
    assert len(server.asked) == 3


def test_a_wrong_data_root_is_named(store: AssetStore, tmp_path: Path) -> None:
    root = tmp_path / "nowhere"
    refusal = _refusal(MissingData, lambda: locate("set5", store, scale=4, data_root=root))
    assert "baby of Set5" in refusal
    assert str(root) in refusal


# Sets that nobody may publish


@pytest.fixture
def unpublished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "catalogue", lambda: {"tiny": replace(TINY, manifest=None)})


@pytest.mark.parametrize("layout", ["Tiny/HR", "Tiny", "."])
def test_a_set_that_is_not_pinned_is_taken_when_its_count_is_right(
    unpublished: None, store: AssetStore, tmp_path: Path, layout: str
) -> None:
    _folder(tmp_path / layout, "c.png", "a.png", "b.bmp")
    found = locate("tiny", store, scale=4, data_root=tmp_path, limit=2)
    assert _names(found) == ["a", "b"]
    assert [item.content for item in found.items] == [hash_of(item.hr) for item in found.items]
    assert found.total == 3
    assert not found.pinned


def test_a_set_that_is_not_pinned_is_refused_when_its_count_is_wrong(
    unpublished: None, store: AssetStore, tmp_path: Path
) -> None:
    _folder(tmp_path / "Tiny", "a.png", "b.png")
    refusal = _refusal(BadData, lambda: locate("tiny", store, scale=4, data_root=tmp_path))
    assert "do not hold 3 images" in refusal
    assert TINY.where in refusal


@pytest.mark.parametrize("name", ["manga109", "div2k_val"])
def test_a_set_that_nobody_may_publish_is_missing_and_says_where_it_is(store: AssetStore, name: str) -> None:
    refusal = _refusal(MissingData, lambda: locate(name, store, scale=4))
    assert catalogue.find(name).where in refusal


# Folders


def test_a_folder_is_told_from_a_name_by_its_separator_or_by_being_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "set5").mkdir()
    assert is_folder("mine")
    assert is_folder("./set5")
    assert is_folder("no/such")
    assert not is_folder("set5")
    assert not is_folder("Set5")
    assert not is_folder("theirs")


def test_a_folder_gives_its_images_by_name(store: AssetStore, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "Mine", "b.png", "a.BMP", "c.tif")
    (folder / "notes.txt").write_text("no image")
    found = locate(str(folder), store, scale=4, limit=2)
    assert (found.id, found.record, found.total, found.pinned) == ("mine", None, 3, False)
    assert _names(found) == ["a", "b"]
    assert [item.lr for item in found.items] == [None, None]
    assert found.items[0].content == sha256((folder / "a.BMP").read_bytes()).hexdigest()


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_without_images_is_named(store: AssetStore, tmp_path: Path, made: bool) -> None:
    folder = tmp_path / "empty"
    if made:
        folder.mkdir()
    assert str(folder) in _refusal(MissingData, lambda: locate(str(folder), store, scale=4))
    full = _folder(tmp_path / "full", "a.png")
    assert str(folder) in _refusal(MissingData, lambda: locate(str(full), store, scale=4, lr_dir=folder))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "a.bmp", "a.png", "b.png")
    refusal = _refusal(BadData, lambda: by_stem(image_listing(folder)))
    assert "a.bmp and a.png have the same name" in refusal


def test_a_subfolder_is_no_image_whatever_its_name(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "a.png")
    (folder / "b.png").mkdir()
    assert list_images(folder) == [folder / "a.png"]


# Pairs


@pytest.mark.parametrize("name", ["baby.png", "babyx4.png", "baby_x4.png", "babyx4.bmp"])
def test_lr_files_may_carry_the_scale(store: AssetStore, tmp_path: Path, name: str) -> None:
    hr, lr = _folder(tmp_path / "hr", "baby.png"), _folder(tmp_path / "lr", name)
    (item,) = locate(str(hr), store, scale=4, lr_dir=lr).items
    assert (item.hr, item.lr) == (hr / "baby.png", lr / name)
    assert item.content == hash_of(hr / "baby.png") + hash_of(lr / name)


@pytest.mark.parametrize("name", ["bab", "Baby", "aby", "x4"])
def test_no_other_name_pairs_and_leftovers_of_both_sides_are_named(
    store: AssetStore, tmp_path: Path, name: str
) -> None:
    hr, lr = _folder(tmp_path / "hr", "bird.png", "baby.png"), _folder(tmp_path / "lr", "bird.png", f"{name}.png")
    refusal = _refusal(BadData, lambda: locate(str(hr), store, scale=4, lr_dir=lr))
    assert f"in {lr} without a partner: {name}.png; in {hr} without a partner: baby.png. Rename" in refusal
    assert "bird" not in refusal


def test_an_original_without_lr_is_kept_as_one_that_fails(store: AssetStore, tmp_path: Path) -> None:
    few, many = _folder(tmp_path / "few", "a.png"), _folder(tmp_path / "many", "a.png", "b.png")
    found = locate(str(many), store, scale=4, lr_dir=few)
    assert [(item.name, item.lr and item.lr.name) for item in found.items] == [("a", "a.png"), ("b", None)]
    assert "1 file, sha256" in found.lr_text


def test_surplus_lr_files_are_named(store: AssetStore, tmp_path: Path) -> None:
    few, many = _folder(tmp_path / "few", "a.png"), _folder(tmp_path / "many", "a.png", "b.png", "c.png")
    surplus = _refusal(BadData, lambda: locate(str(few), store, scale=4, lr_dir=many))
    assert f": in {many} without a partner: b.png, c.png. Rename" in surplus


@pytest.mark.parametrize("names", [("a.png", "ax4.png"), ("a_x4.png", "ax4.png"), ("a.png", "a_x4.png")])
def test_two_files_that_claim_one_original_are_refused(
    store: AssetStore, tmp_path: Path, names: tuple[str, str]
) -> None:
    hr, lr = _folder(tmp_path / "hr", "a.png"), _folder(tmp_path / "lr", *names)
    refusal = _refusal(BadData, lambda: locate(str(hr), store, scale=4, lr_dir=lr))
    for name in names:
        assert name in refusal
    assert "both belong to a.png" in refusal


def _by_stem(stems: set[str], folder: str) -> dict[str, Path]:
    return {stem: Path(folder) / f"{stem}.png" for stem in stems}


def _pair(hr: set[str], lr: set[str], scale: int) -> dict[str, str]:
    """LR stems by HR stem."""
    found = pair(_by_stem(hr, "hr"), _by_stem(lr, "lr"), Path("hr"), Path("lr"), scale).paths
    return {stem: path.stem for stem, path in found.items()}


def test_an_original_whose_name_ends_in_an_underscore_is_paired() -> None:
    assert _pair({"a_"}, {"a_x4"}, 4) == {"a_": "a_x4"}


def test_an_original_whose_own_name_ends_in_the_scale_is_paired() -> None:
    assert _pair({"ax4"}, {"ax4"}, 4) == {"ax4": "ax4"}
    assert _pair({"ax4"}, {"ax4x4"}, 4) == {"ax4": "ax4x4"}
    assert _pair({"a", "ax4"}, {"a", "ax4"}, 4) == {"a": "a", "ax4": "ax4"}


plain = st.sets(st.text("abc-. 024", min_size=1, max_size=4), min_size=1, max_size=6)
tricky = st.sets(st.text("ax_24", min_size=1, max_size=6), min_size=1, max_size=4)
scales = st.sampled_from([2, 3, 4, 24])


@given(plain, scales, st.data())
def test_plain_names_pair_with_any_mixture_of_suffixes(hr: set[str], scale: int, data: st.DataObject) -> None:
    expected = {stem: stem + data.draw(st.sampled_from(["", f"x{scale}", f"_x{scale}"])) for stem in hr}
    assert _pair(hr, set(expected.values()), scale) == expected


@given(tricky, scales)
def test_equal_names_always_pair(hr: set[str], scale: int) -> None:
    assert _pair(hr, hr, scale) == {stem: stem for stem in hr}


@given(tricky, scales, st.data())
def test_names_that_look_like_suffixes_pair_one_to_one_or_not_at_all(
    hr: set[str], scale: int, data: st.DataObject
) -> None:
    lr = {stem + data.draw(st.sampled_from(["", f"x{scale}", f"_x{scale}"])) for stem in hr}
    try:
        found = _pair(hr, lr, scale)
    except BadData:
        return
    assert set(found) == hr
    assert sorted(found.values()) == sorted(lr)
    assert all(other in (stem, f"{stem}x{scale}", f"{stem}_x{scale}") for stem, other in found.items())


@given(plain, st.text("def", min_size=1, max_size=3), scales)
def test_one_file_too_many_or_too_few_is_always_named(stems: set[str], odd: str, scale: int) -> None:
    with pytest.raises(BadData, match=re.escape(f"in lr without a partner: {odd}.png")):
        _pair(stems, stems | {odd}, scale)
    with pytest.raises(BadData, match=re.escape(f"in hr without a partner: {odd}.png")):
        _pair(stems | {odd}, stems, scale)


@pytest.mark.parametrize("rule", ["*", "*x4", "*_out", "*_SwinIR", "*_x4_MSRResNet", "net_*", "0_*_x4_1"])
def test_names_of_other_tools_pair_by_their_common_rule(rule: str) -> None:
    stems = {"1", "2", "4", "boat", "boat_2", "x"}
    names = {stem: rule.replace("*", stem) for stem in stems}
    assert _pair(stems, set(names.values()), 4) == names


def test_the_longest_stem_that_a_name_contains_decides_and_the_rules_are_told() -> None:
    hr, lr = _by_stem({"boat", "boat_2"}, "hr"), _by_stem({"boat_out", "my_boat_2"}, "lr")
    found = pair(hr, lr, Path("hr"), Path("lr"), 4)
    assert {stem: path.stem for stem, path in found.paths.items()} == {"boat": "boat_out", "boat_2": "my_boat_2"}
    assert found.describe(Path("lr")) == ["lr: names read as '*_out', 'my_*', * being the original's name"]


def test_a_name_that_fits_two_originals_is_refused_until_a_pattern_decides() -> None:
    with pytest.raises(BadData, match=r"cat_dog\.png may belong to cat or dog"):
        _pair({"cat", "dog"}, {"cat_dog", "dog_x"}, 4)
    hr, lr = _by_stem({"cat", "dog"}, "hr"), _by_stem({"cat_dog", "dog_dog"}, "lr")
    found = pair(hr, lr, Path("hr"), Path("lr"), 4, "{name}_dog").paths
    assert {stem: path.stem for stem, path in found.items()} == {"cat": "cat_dog", "dog": "dog_dog"}
    with pytest.raises(BadData, match=r"needs \{name\} once"):
        pair(hr, lr, Path("hr"), Path("lr"), 4, "_dog")


def test_files_of_originals_beyond_the_limit_are_no_leftovers() -> None:
    hr, lr = _by_stem({"a1"}, "hr"), _by_stem({"a1_x", "a10_x"}, "lr")
    assert pair(hr, lr, Path("hr"), Path("lr"), 4, "", ["a1", "a10"]).paths == {"a1": Path("lr/a1_x.png")}


def test_images_that_a_viewer_shows_otherwise_and_what_is_left_out_are_told(store: AssetStore, tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    for name, tags in (("turned", {"exif": exif}), ("plain", {})):
        (tmp_path / "hr").mkdir(exist_ok=True)
        Pillow.new("RGB", (8, 8)).save(tmp_path / "hr" / f"{name}.jpg", **tags)
    (tmp_path / "hr" / "notes.txt").write_text("no image")
    found = locate(str(tmp_path / "hr"), store, scale=4)
    assert found.remarks == (
        f"{tmp_path / 'hr'}: left out 1 x file that is no image (.txt)",
        "pixels are used as stored, not turned by the orientation tag: turned",
    )
