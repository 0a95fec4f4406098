"""What cards say of metrics, measured again."""

from importlib.util import find_spec
from pathlib import Path

import platformdirs
import pytest
from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.errors import UserError
from srbench.evaluation.scoring import prepare
from srbench.metrics import card
from srbench.metrics.catalogue import catalogue
from srbench.protocol import find
from tests.cli.conftest import Call, call

__all__ = ["call"]

WHOLE = find("classical_x4+border_px=0")
PUBLISHED = [name for name, known in card.own().items() if known.golden]


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.usefixtures("package_index")
def test_golden_values_are_measured_again(name: str, golden_pairs: list[tuple[Tensor, Tensor]]) -> None:
    """Each within half of its last digit, or the gap that its card states."""
    metric = catalogue()[name]
    fetched = Path(platformdirs.user_cache_dir("srbench", appauthor=False)) / "weights"
    if "vgg16" in metric.weights.lower() and not (fetched / "vgg16.ckpt").exists():
        pytest.skip("needs 64 MB and half a minute; to run it, fetch them first: srbench fetch lpips.vgg")
    if name == "cvvdp" and find_spec("pycvvdp") is None:  # its import would leave its folder on the path
        pytest.skip("needs the package cvvdp")
    score = metric.open(AssetStore([fetched]))
    gaps = metric.golden_gaps or (0.0,) * len(card.PAIRS)
    for pair, printed, gap, where in zip(golden_pairs, metric.golden, gaps, card.PAIRS, strict=True):
        seen = [prepare(each, metric, WHOLE) for each in pair][: 2 if metric.needs_hr else 1]
        half_digit = 0.5 * 10.0 ** -len(printed.partition(".")[2])
        assert float(score(*seen)) == pytest.approx(float(printed), abs=half_digit * 1.0001 + gap), where  # type: ignore[arg-type]


@pytest.mark.parametrize("name", card.own())
def test_a_card_says_what_its_metric_is(name: str) -> None:
    known = card.own()[name]
    assert known.reference
    assert known.licence
    assert known.reads in ("protocol", "rgb", "y", "grey")
    assert len(known.golden) in (0, len(card.PAIRS))
    assert len(known.golden_gaps) in (0, len(known.golden))
    assert bool(known.golden) == bool(known.golden_source)
    assert vars(known).items() <= vars(catalogue()[name]).items()


def test_the_page_of_a_metric_says_how_far_it_lies_off(call: Call) -> None:
    assert "ours lie off by up to: I03 0.0071, I19 0.0007\n" in call("metrics", "niqe")[1]
    assert "lie off" not in call("metrics", "gmsd")[1]


def test_a_card_with_an_unknown_field_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "odd.toml").write_text('[odd]\ntitle = "ODD"\ncolour = "red"\n')
    with pytest.raises(UserError, match="colour"):
        card.read(tmp_path / "odd.toml")
