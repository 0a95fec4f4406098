"""Rates, latencies and the length of an outage, from the requests of the raters."""

from collections.abc import Sequence

import numpy as np

from benchmarks.load.raters import EVERY_S, Request

KINDS = ("answer", "page", "picture", "shown", "step", "static", "turn")
SCHEDULED = ("answer", "turn")


def by_kind(requests: Sequence[Request], start: float, end: float) -> dict[str, dict[str, float]]:
    """Of each kind of request sent in this time: number, rate, and latency, from when it was due too."""
    found = {}
    for kind in KINDS:
        own = [request for request in requests if request.kind == kind and start <= request.sent < end]
        if own:
            sent = spread([request.done - request.sent for request in own])
            due = spread([request.done - request.due for request in own]) if kind in SCHEDULED else {}
            rate = {"count": len(own), "per_s": round(len(own) / (end - start), 2)}
            found[kind] = rate | sent | {f"due_{name}": value for name, value in due.items()}
    return found


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 90th and 99th percentile and maximum, in milliseconds."""
    values = np.percentile(np.asarray(seconds) * 1000, (50, 90, 99, 100)).round(2).tolist()
    return dict(zip(("median_ms", "p90_ms", "p99_ms", "max_ms"), values, strict=True))


def outage(requests: Sequence[Request], killed: float, listening: float) -> dict[str, float]:
    """How long after the kill the server listened, answered something, and nobody was late any more; in seconds."""
    after = [request for request in requests if request.sent > killed]
    late = [request.done for request in after if request.kind == "answer" and request.sent - request.due > EVERY_S / 2]
    return {
        "listening_again_s": round(listening - killed, 2),
        "answered_again_s": round(min((request.done for request in after), default=np.inf) - killed, 2),
        "caught_up_s": round(max(late, default=killed) - killed, 2),
    }
