"""The conventions under which an image pair is made and measured, as one frozen record with named instances.

A variant of a named protocol is written `classical_x4+border_px=6+channel=rgb`; that is then its name, in every table
and every stored row.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args, get_type_hints

from srbench.errors import BadProtocol, UnknownName


@dataclass(frozen=True)
class Protocol:
    """How LR is made from HR and how SR is compared with it.

    Attributes:
        name: Unique name; that of a variant lists what it changes.
        scale: Upscaling factor.
        hr_multiple: Number of pixels to whose multiple HR is cropped, at the bottom and right.
        content: Part of the image that is used: "rgb", the image as it is, or "luma", its rounded luma alone.
        grey: What a grey image counts as: "luma", its values are the luma (MATLAB), or "rgb", three equal
            channels, whose luma has studio range (Python toolboxes since about 2018).
        lr: Where LR comes from: made from HR by MATLAB's bicubic resampler ("bicubic"), or files ("given"); or images
            that have no HR ("alone").
        lr_edge: Pixels that the resampler sees outside HR: "mirror" (MATLAB) or "replicate" (SelfExSR's files).
        lr_rounding: When LR is rounded to 8 bits: after each pass ("passes", MATLAB on uint8), once at the end
            ("end"), or never ("none", MATLAB on double).
        sr_rounding: Whether SR is rounded to 8 bits before it is measured, as a stored image is.
        channel: Channel that psnr and ssim see: "y" (BT.601 studio luma) or "rgb".
        y_rounding: Whether luma is rounded to whole levels before it is measured.
        border_px: Pixels shaved from each side before psnr and ssim.
        ssim: Flavour that `ssim` stands for.
        lpips: Backbone that `lpips` stands for; always on the whole RGB image.
        source: Papers or software that measure like this.
    """

    name: str
    scale: int
    hr_multiple: int
    content: Literal["rgb", "luma"] = "rgb"
    grey: Literal["luma", "rgb"] = "luma"
    lr: Literal["bicubic", "given", "alone"] = "bicubic"
    lr_edge: Literal["mirror", "replicate"] = "mirror"
    lr_rounding: Literal["passes", "end", "none"] = "passes"
    sr_rounding: bool = True
    channel: Literal["y", "rgb"] = "y"
    y_rounding: bool = False
    border_px: int = 4
    ssim: Literal["wang", "wang-ds", "skimage-default", "daala"] = "wang"
    lpips: Literal["alex", "vgg", "squeeze"] = "alex"
    source: str = ""

    def metric(self, name: str) -> str:
        """Return the full name of a metric: "ssim" and "lpips" stand for the flavours this protocol names."""
        return {"ssim": f"ssim.{self.ssim}", "lpips": f"lpips.{self.lpips}"}.get(name, name)

    def as_dict(self) -> dict[str, Any]:
        """Return all fields, ready for JSON.

        `grey` is left out where it is "luma": rows that were stored before the field was there keep their keys.
        """
        known = asdict(self)
        return {name: value for name, value in known.items() if (name, value) != ("grey", "luma")}

    def describe(self, lr: str = "") -> str:
        """Return one line for the head of a table.

        Args:
            lr: What is known of LR images that were given, as "LR given: lr_deg, 3 files, sha256 ab12cd34".
        """
        made = f"LR MATLAB bicubic ({self.lr_edge}, rounding: {self.lr_rounding})"
        sources = {"bicubic": made, "given": lr or "LR given", "alone": "images upscaled as they are"}
        parts = [
            f"x{self.scale}",
            "luma only" if self.content == "luma" else "",
            "grey as RGB" if self.grey == "rgb" else "",
            "no HR" if self.lr == "alone" else f"HR mod {self.hr_multiple}",
            sources[self.lr],
            ("Y" + (" rounded" if self.y_rounding else "")) if self.channel == "y" else "RGB",
            f"border {self.border_px} px",
            "" if self.sr_rounding else "SR not rounded",
            f"SSIM {self.ssim}",
            f"LPIPS {self.lpips} v0.1",
        ]
        return f"{self.name}: " + ", ".join(part for part in parts if part)


def _classical(scale: int) -> Protocol:
    return Protocol(
        f"classical_x{scale}",
        scale,
        hr_multiple=scale,
        border_px=scale,
        source="the tables of SR papers since SRCNN, as Python toolboxes compute them today",
    )


def _luma(scale: int) -> Protocol:
    return Protocol(
        f"luma_x{scale}",
        scale,
        hr_multiple=scale,
        border_px=scale,
        content="luma",
        lr_rounding="none",
        source="the MATLAB scripts of SRCNN and VDSR: luma alone, LR in double, output rounded",
    )


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        *(_classical(scale) for scale in (4, 2, 3, 8)),
        Protocol(
            "papers_x4",
            4,
            4,
            grey="rgb",
            source="papers since about 2018, as IMDN and RLFN: classical_x4, but grey images are turned into RGB",
        ),
        Protocol("rgb_x4", 4, 4, channel="rgb", source="classical_x4 on RGB"),
        Protocol(
            "openmmlab_x4",
            4,
            12,
            channel="rgb",
            source="open-mmlab/mmagic @ 0a560bba and XPixelGroup/BasicSR @ 8d56e3a0: GTmod12, RGB, border 4",
        ),
        Protocol(
            "srgan_x4",
            4,
            4,
            y_rounding=True,
            ssim="daala",
            source="Ledig et al., SRGAN, CVPR 2017, section 3.1: daala's PSNR and SSIM on 8-bit luma",
        ),
        *(_luma(scale) for scale in (4, 2, 3)),
    )
}
DEFAULT = "classical_x4"
_LARGEST = 1024
"""Largest number in a variant."""


def names() -> list[str]:
    """Return the names of all protocols, the default first."""
    return list(PROTOCOLS)


def find(name: str) -> Protocol:
    """Look up a protocol, in any case, or a variant written `name+field=value+...`.

    Raises:
        UnknownName: No such protocol.
        BadProtocol: No such field, or a value it cannot have.

    Examples:
        >>> find("classical_x4+border_px=6").border_px
        6
    """
    base, *changes = name.lower().split("+")
    if base not in PROTOCOLS:
        raise UnknownName.closest("protocol", base, PROTOCOLS, "srbench protocols")
    protocol = PROTOCOLS[base]
    for change in changes:
        protocol = _vary(protocol, change)
    fields_changed = [change.partition("=")[0] for change in changes]
    if len(set(fields_changed)) < len(fields_changed):
        raise BadProtocol(f"'{name}' gives a field twice; give each once")
    if protocol.hr_multiple % protocol.scale:
        raise BadProtocol(
            f"hr_multiple {protocol.hr_multiple} is no multiple of the scale {protocol.scale}; "
            f"add +hr_multiple={protocol.scale}"
        )
    if protocol.lr != "bicubic" and (unused := [name for name in fields_changed if name in ("lr_edge", "lr_rounding")]):
        raise BadProtocol(
            f"{unused[0]} says how LR is made, but with lr={protocol.lr} LR is read from files; leave one of them out"
        )
    return replace(protocol, name=_name(protocol, PROTOCOLS[base]))


def with_given_lr(protocol: Protocol) -> Protocol:
    """Return the protocol of the same measures on LR images that are given.

    Raises:
        BadProtocol: The protocol says how LR is made.
    """
    return protocol if protocol.lr == "given" else find(f"{protocol.name}+lr=given")


def without_hr(protocol: Protocol) -> Protocol:
    """Return the protocol for images that are upscaled as they are, and have no HR to be compared with.

    Raises:
        BadProtocol: The protocol says how LR is made.
    """
    return protocol if protocol.lr == "alone" else find(f"{protocol.name}+lr=alone")


def read(stored: Mapping[str, Any]) -> Protocol:
    """Return a protocol of its stored fields; what an older version did not know has its default.

    Raises:
        BadProtocol: There is another field, or one is missing.
    """
    known = {field.name for field in fields(Protocol)}
    try:
        return Protocol(**stored)
    except TypeError as error:
        found = ", ".join(sorted(stored.keys() - known)) or "fields missing"
        raise BadProtocol(f"a stored protocol has {found}; expected {', '.join(sorted(known))}") from error


def _name(varied: Protocol, base: Protocol) -> str:
    """Return the base's name and what differs from it, so that equal protocols have one name."""
    values, plain = asdict(varied), asdict(base)
    changed = [f"{field}={str(values[field]).lower()}" for field in sorted(values) if values[field] != plain[field]]
    return "+".join([base.name, *changed])


def _vary(protocol: Protocol, change: str) -> Protocol:
    field, _, text = change.partition("=")
    kinds = {f.name: get_type_hints(Protocol)[f.name] for f in fields(Protocol) if f.name not in ("name", "source")}
    if field not in kinds:
        raise BadProtocol(f"a protocol has no field '{field}'; fields: {', '.join(kinds)}")
    choices = get_args(kinds[field])
    if kinds[field] is bool:
        choices = ("true", "false")
    if choices and text not in choices:
        raise BadProtocol(f"{field} is '{text}'; expected one of: {', '.join(choices)}")
    if kinds[field] is int:
        lowest = 0 if field == "border_px" else 1
        if not re.fullmatch(r"[0-9]{1,5}", text) or not lowest <= int(text) <= _LARGEST:
            raise BadProtocol(f"{field} is '{text}'; expected a whole number of at least {lowest}, at most {_LARGEST}")
    value: Any = int(text) if kinds[field] is int else text == "true" if kinds[field] is bool else text
    return replace(protocol, **{field: value})
