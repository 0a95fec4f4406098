"""What a paper cites of a run: its models, metrics and data sets, with where they come from and their publications."""

from collections.abc import Mapping, Sequence
from typing import Any

from srbench.core import bibliography
from srbench.core.bibliography import Cited
from srbench.datasets import catalogue as datasets
from srbench.errors import UnknownName, UserError
from srbench.evaluation.row import FILES, MOS, TIMINGS, Row
from srbench.metrics import catalogue as metrics
from srbench.models import interpolation, registry
from srbench.models.card import Card
from srbench.protocol import Protocol

_OWN = "this project's own"
"""How the reference of a metric begins that no publication describes but this software."""

_READS = {
    "rgb": "RGB",
    "y": "luma",
    "grey": "MATLAB's rgb2gray",
}
_DIGITS = 12
"""Hex digits of a hash that a text shows; run.json holds them whole."""


def cited_models(rows: Sequence[Row], calls: Sequence[Mapping[str, Any]]) -> list[Cited]:
    """Describe the models of rows, in their order.

    Args:
        rows: Rows that are shown.
        calls: Calls of run.json, oldest first.
    """
    newest = {name: facts for call in calls for name, facts in call.get("models", {}).items()}
    modes = {row.model: row.mode for row in rows}
    return [_model(name, newest.get(name, {}), files=mode == FILES) for name, mode in modes.items()]


def _model(name: str, facts: Mapping[str, Any], *, files: bool) -> Cited:
    if files:
        return Cited(name, name, ("images that other software made",), ())
    id_, alpha = _between(name)
    card = _card(id_) if facts.get("place", "") in ("", name) else None
    if card is None:
        known = bibliography.about(registry.references(), [str(facts.get("arch", ""))])
        return Cited(name, name, ("given by its user", *_hashes(facts.get("weights", {}))), known)
    entries = bibliography.about(registry.references(), [card.id, card.family])
    if alpha is not None:
        entries += bibliography.about(registry.references(), [interpolation.SIGN])
        between = f"weights between those of {card.psnr_partner} and {card.id}, of the latter {100 * alpha:g} %"
        return Cited(name, name, (between,), entries)
    return Cited(name, name, (*_origin(card), *_hashes(facts.get("weights", {}))), entries)


def _between(name: str) -> tuple[str, float | None]:
    """Split the name of a network between two others into id and share; any other name stays whole."""
    if interpolation.SIGN not in name:
        return name, None
    try:
        return interpolation.parse(name)
    except UserError:
        return name, None


def _card(id_: str) -> Card | None:
    try:
        return registry.find(id_)
    except UnknownName:
        return None


def _origin(card: Card) -> list[str]:
    """Say where weights come from and what they were trained on."""
    if not card.files:
        return ["without weights"]
    where, _, path = card.source.partition(";")[0].partition(", ")
    facts = [f"{card.parameters:,} parameters", f"weights of {where}" + (f" ({path})" if path else "")]
    images = card.training.images.partition(":")[0] if card.training else ", ".join(card.trained_on)
    return facts + ([f"trained on {images}"] if images else [])


def _hashes(weights: Mapping[str, Any]) -> list[str]:
    digits = [str(digest)[:_DIGITS] for digest in weights.values() if not isinstance(digest, Mapping)]
    return [f"SHA-256 {' and '.join(digits)}"] if digits else []


def cited_metrics(rows: Sequence[Row], protocol: Protocol) -> list[Cited]:
    """Describe the metrics of rows, in their order; timings and opinions are none.

    Args:
        rows: Rows that are shown.
        protocol: Protocol under which they were measured.
    """
    names = dict.fromkeys(row.metric for row in rows if row.metric not in (*TIMINGS, MOS))
    return [_metric(name, protocol) for name in names]


def _metric(name: str, protocol: Protocol) -> Cited:
    full = protocol.metric(name)
    try:
        metric = metrics.find(full)
    except UnknownName:
        return Cited(name, name, ("a function of its user",), ())
    inside = "inside the border" if metric.border else "of the whole image"
    own = metric.reference.startswith(_OWN)
    flavour = full.partition(".")[2]
    facts = [
        f"flavour {flavour}" if flavour else "",
        f"version {metric.version}",
        "" if metric.reads == "protocol" else f"on {_READS[metric.reads]} {inside}",
        f"in {metric.unit}" if metric.unit else "",
        "defined by srbench" if own else "",
        "higher is better" if metric.higher_is_better else "lower is better",
    ]
    entries = bibliography.about(metrics.references(), [full, full.partition(".")[0]])
    return Cited(name, metric.title, tuple(filter(None, facts)), entries, own)


def cited_datasets(rows: Sequence[Row], calls: Sequence[Mapping[str, Any]]) -> list[Cited]:
    """Describe the data sets of rows, in their order.

    Args:
        rows: Rows that are shown.
        calls: Calls of run.json, oldest first.
    """
    newest = {name: facts for call in calls for name, facts in call.get("datasets", {}).items()}
    return [_dataset(name, newest.get(name, {})) for name in dict.fromkeys(row.dataset for row in rows)]


def _dataset(name: str, facts: Mapping[str, Any]) -> Cited:
    record = None if facts.get("place") else datasets.catalogue().get(name)
    images, of = facts.get("images"), facts.get("of")
    said = []
    if images:
        said.append(f"the first {images} of {of} images" if of and images < of else f"{images} images")
    if facts:
        said.append("pinned by SHA-256" if facts.get("pinned") else "not pinned")
    title = record.title if record else name
    return Cited(name, title, tuple(said), bibliography.about(datasets.references(), [name]) if record else ())
