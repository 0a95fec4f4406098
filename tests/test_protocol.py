import dataclasses
import json

import pytest

from srbench import protocol
from srbench.errors import BadProtocol, UnknownName
from srbench.metrics import catalogue


@pytest.mark.parametrize("name", protocol.names())
def test_every_protocol_is_named_described_and_stored_whole(name: str) -> None:
    found = protocol.find(name)
    assert found.name == name
    assert name in found.describe()
    assert found.source
    assert protocol.Protocol(**json.loads(json.dumps(found.as_dict()))) == found
    assert found.hr_multiple % found.scale == 0
    for metric in catalogue.SHORT:
        catalogue.find(found.metric(metric))


def test_the_default_comes_first() -> None:
    assert protocol.names()[0] == protocol.DEFAULT == "classical_x4"


def test_scales_of_the_classical_protocol_shave_as_many_pixels() -> None:
    for scale in (2, 3, 4, 8):
        found = protocol.find(f"classical_x{scale}")
        assert (found.scale, found.hr_multiple, found.border_px) == (scale, scale, scale)


def test_a_variant_names_what_it_changes_in_one_order() -> None:
    found = protocol.find("classical_x4+ssim=daala+border_px=0+y_rounding=true")
    assert found.name == "classical_x4+border_px=0+ssim=daala+y_rounding=true"
    assert (found.border_px, found.ssim, found.y_rounding) == (0, "daala", True)
    assert "border 0 px" in found.describe()
    assert "Y rounded" in found.describe()


@pytest.mark.parametrize(
    "field", [f.name for f in dataclasses.fields(protocol.Protocol) if f.name not in ("name", "source")]
)
def test_every_field_can_be_varied(field: str) -> None:
    default = protocol.find("classical_x4")
    values = {"scale": "2", "hr_multiple": "12", "content": "luma", "lr_edge": "replicate", "lr_rounding": "none"}
    values |= {
        "sr_rounding": "false",
        "channel": "rgb",
        "y_rounding": "true",
        "border_px": "6",
        "ssim": "daala",
        "lr": "given",
        "grey": "rgb",
    }
    fitting = "+hr_multiple=2" if field == "scale" else ""
    varied = protocol.find(f"classical_x4+{field}={(values | {'lpips': 'vgg'})[field]}{fitting}")
    assert getattr(varied, field) != getattr(default, field)
    assert varied.describe() != default.describe()


@pytest.mark.parametrize(
    ("variant", "reason"),
    [
        ("classical_x4+border=6", "no field 'border'"),
        ("classical_x4+border_px=-1", "whole number"),
        ("classical_x4+scale=0", "at least 1"),
        ("classical_x4+ssim=fast", "one of: wang"),
        ("classical_x4+y_rounding=yes", "one of: true, false"),
        ("classical_x4+name=x", "no field"),
        ("classical_x4+border_px=6+border_px=8", "twice"),
        ("classical_x4+scale=3", r"add \+hr_multiple=3"),
    ],
)
def test_a_wrong_variant_is_refused(variant: str, reason: str) -> None:
    with pytest.raises(BadProtocol, match=reason):
        protocol.find(variant)


def test_equal_protocols_have_one_name() -> None:
    assert protocol.find("classical_x4+border_px=04").name == "classical_x4"
    assert protocol.find("classical_x4+border_px=06").name == "classical_x4+border_px=6"


def test_an_unknown_protocol_suggests_the_closest() -> None:
    with pytest.raises(UnknownName, match="Closest: 'classical_x4'"):
        protocol.find("clasical_x4")
