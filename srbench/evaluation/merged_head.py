"""run.json of several runs together."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from srbench.evaluation.row import TIMINGS, WHOLE_SET, Row, key

_Call = Mapping[str, Any]


def united(heads: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> dict[str, Any]:
    """Unite the conditions of several runs.

    The calls of all runs stay, the oldest first, and behind them stands one that holds every model, data set and image
    of the rows: a reader shows what the newest call names.

    Args:
        heads: Contents of run.json, under one protocol, in an order that does not depend on names.
        rows: Rows that stay.
    """
    found = {_text(call): call for head in heads for call in head["calls"]}
    calls = sorted(found.values(), key=lambda call: (str(call.get("started", "")), _text(call)))
    environments = {name: facts for head in heads for name, facts in head["environments"].items()}
    last: dict[str, Any] = {
        "started": max((str(call.get("started", "")) for call in calls), default=""),
        "pipeline": max((row.pipeline for row in rows), default=0),
        "models": _models(calls, rows),
        "datasets": _datasets(calls, rows),
        "metrics": list(dict.fromkeys(row.metric for row in rows if row.metric not in TIMINGS)),
        "mode": calls[-1].get("mode", {}) if calls else {},
        "modes": _joined(calls, "modes"),
        "notes": [],
        "unavailable": {
            name: why for name, why in _joined(calls, "unavailable").items() if name not in {row.model for row in rows}
        },
        "failed": _failed(calls, rows),
        "seeds": _joined(calls, "seeds"),
        "merged": len(heads),
    }
    return {
        "protocol": heads[0]["protocol"],
        "environments": dict(sorted(environments.items())),
        "calls": [*calls, last],
    }


def _text(call: _Call) -> str:
    return json.dumps(call, sort_keys=True)


def _joined(calls: Iterable[_Call], part: str) -> dict[str, Any]:
    return {name: value for call in calls for name, value in call.get(part, {}).items()}


def _models(calls: Iterable[_Call], rows: Iterable[Row]) -> dict[str, Any]:
    """Return the newest facts of each model that rows have, of the content that they measured."""
    identities = {row.model: row.identity for row in rows}
    facts = {(name, of.get("fingerprint")): of for call in calls for name, of in call.get("models", {}).items()}
    return {name: facts[name, identity] for name, identity in identities.items() if (name, identity) in facts}


def _datasets(calls: Sequence[_Call], rows: Sequence[Row]) -> dict[str, Any]:
    """Return the newest facts of each data set, with all images that rows have."""
    united_sets = {}
    for name in dict.fromkeys(row.dataset for row in rows):
        known = [call["datasets"][name] for call in calls if name in call.get("datasets", {})]
        if not known:
            continue
        pictures = {row.image: (row.hr, row.lr) for row in rows if row.dataset == name and row.image != WHOLE_SET}
        files = {
            image: file
            for facts in known
            for image, file in facts.get("files", {}).items()
            if pictures.get(image) == (file["hr_sha256"], file["lr_sha256"])
        }
        united_sets[name] = {**known[-1], "of": max(facts["of"] for facts in known)}
        if files:
            united_sets[name] |= {"images": len(files), "files": files, "content": _content(known, files)}
    return united_sets


def _content(known: Iterable[Mapping[str, Any]], files: Mapping[str, Mapping[str, str]]) -> str:
    """Return the digits of a call that has the same images; digits of their hashes where none has."""
    same = [facts["content"] for facts in known if facts.get("files", {}).keys() == files.keys()]
    return same[-1] if same else key(images=sorted((name, f["hr_sha256"], f["lr_sha256"]) for name, f in files.items()))


def _failed(calls: Iterable[_Call], rows: Iterable[Row]) -> list[Any]:
    """Return what failed and was not measured in another call."""
    measured = {(row.model, row.dataset, row.image) for row in rows}
    failed = {_text(one): one for call in calls for one in call.get("failed", ())}
    places = {text: (one.get("model"), one.get("dataset"), one.get("image")) for text, one in failed.items()}
    return [one for text, one in sorted(failed.items()) if places[text] not in measured]
