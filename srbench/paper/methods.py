"""The methods paragraph of a paper, from the folder of a run."""

from srbench import protocol as protocols
from srbench.errors import BadRun
from srbench.evaluation import cited
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import MOS, TIMINGS
from srbench.evaluation.shown import shown
from srbench.report.runs import caption
from srbench.report.runs.methods import Methods


def methods(folder: RunFolder) -> Methods:
    """Describe how the rows of a run came about that `srbench show` prints.

    Raises:
        BadRun: The folder holds no rows.
    """
    head, rows = folder.head(), shown(folder).rows
    if not rows:
        raise BadRun(f"{folder.path} holds no rows yet; run: srbench run --out {folder.path}")
    calls, known = head["calls"], head["environments"]
    protocol = protocols.read(head["protocol"])
    used = dict.fromkeys((row.mode, row.environment) for row in rows)
    given = {facts.get("lr", "") for call in calls for facts in call.get("datasets", {}).values()}
    measured = {row.metric for row in rows}
    return Methods(
        protocol,
        cited.cited_models(rows, calls),
        cited.cited_metrics(rows, protocol),
        cited.cited_datasets(rows, calls),
        caption.machines([(mode, known[name]) for mode, name in used if name in known]),
        timed=bool(measured & TIMINGS.keys()),
        rated=MOS in measured,
        lr=sorted(given - {""}),
    )
