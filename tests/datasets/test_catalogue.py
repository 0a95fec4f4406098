import re

import pytest

from srbench.datasets import catalogue
from srbench.datasets.dataset import Dataset
from srbench.errors import UnknownName

SETS = catalogue.catalogue().values()


@pytest.mark.parametrize("dataset", SETS, ids=lambda dataset: dataset.id)
def test_every_record_is_complete(dataset: Dataset) -> None:
    assert dataset.id == dataset.id.lower()
    assert dataset.reference
    assert dataset.licence
    assert dataset.where
    for other, _ in dataset.shares:
        assert dataset.id in [back for back, _ in catalogue.find(other).shares]


@pytest.mark.parametrize("dataset", [d for d in SETS if d.manifest], ids=lambda dataset: dataset.id)
def test_every_manifest_pins_each_image_once(dataset: Dataset) -> None:
    images = catalogue.images(dataset)
    assert len(images) == len({image.name for image in images}) == dataset.count
    for image in images:
        assert re.fullmatch(r"[0-9a-f]{64}", image.pixels_sha256)
        assert image.path.startswith(f"{dataset.folder}/HR/{image.name}.")
        if dataset.package is None:
            assert re.fullmatch(r"[0-9a-f]{64}", image.sha256)
            assert re.match(r"https://\S+$", image.url or "")
            assert image.size_bytes


def test_the_sets_of_the_field_are_there() -> None:
    assert {"set5", "set14", "bsd100", "urban100", "div2k_val", "manga109", "builtin"} <= set(catalogue.catalogue())


def test_names_are_found_in_any_case_and_typos_are_answered() -> None:
    assert catalogue.find("Set5").id == "set5"
    with pytest.raises(UnknownName, match="Closest: 'bsd100'"):
        catalogue.find("bsd10")
