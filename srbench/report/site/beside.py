"""Columns that come from elsewhere: speed of `srbench throughput`, opinions of `srbench survey analyze`."""

from collections.abc import Mapping, Sequence
from typing import Any

from srbench.report.site.leaderboard import BoardCell, BoardColumn, BoardLine, Leaderboard
from srbench.report.speed.tables import SpeedGroup, groups, number
from srbench.report.speed.trade_off import words
from srbench.report.table import Cell, Column
from srbench.speed.records import SpeedRow, SpeedSession

_SPEED = (
    ("ms", Column("ms / image", higher_is_better=False)),
    ("mp", Column("output MP/s", higher_is_better=True)),
    ("mib", Column("peak MiB", higher_is_better=False)),
)


def with_speed(board: Leaderboard, sessions: Sequence[SpeedSession], scale: int) -> Leaderboard:
    """Add time, output megapixels a second and peak memory of each model in its own mode.

    Args:
        board: Leaderboard of runs at one scale.
        sessions: Sessions of `srbench throughput`.
        scale: Upscaling factor of the protocol; rows of another one are left out.
    """
    for session in sessions:
        for group in groups(session.rows):
            rows = [_measured(group, line) for line in board.lines]
            if group.scale == scale and any(rows):
                machine = session.device.get("machine") or session.device.get("device") or "unknown machine"
                board = _with_group(board, f"{group.scenario}, {group.sizes}, {machine}", rows)
    return board


def unjoined(
    board: Leaderboard, sessions: Sequence[SpeedSession], studies: Sequence[Mapping[str, Any]], scale: int
) -> list[str]:
    """Say of each session and study that adds no column why it does not."""
    lines = []
    for session in sessions:
        found = [group for group in groups(session.rows) if group.scale == scale]
        if not any(_measured(group, line) for group in found for line in board.lines):
            lines.append(
                f"speed of {session.device.get('machine') or 'an unknown machine'}: none of its rows is of a model of "
                "these runs in the same mode and with the same content; measure again with srbench throughput"
            )
    names = {line.variant[0] for line in board.lines}
    for study in studies:
        if not any(model.get("mean") is not None and model["model"] in names for model in study.get("models", ())):
            lines.append(f"study {study['study']}: none of its models has the name of one of these, or it has no means")
    return lines


def _with_group(board: Leaderboard, name: str, rows: Sequence[SpeedRow | None]) -> Leaderboard:
    columns = [BoardColumn(f"{name}/{key}", name, key, "speed", column) for key, column in _SPEED]
    return board.with_columns(columns, [[_cell(row, key) for key, _ in _SPEED] for row in rows])


def _measured(group: SpeedGroup, line: BoardLine) -> SpeedRow | None:
    """Find the row of a model in its mode on its device: the same content, or the same name where none is noted."""
    model, device, mode = line.variant
    for row in group.rows:
        same = row.identity == line.identity if row.identity and line.identity else row.model == model
        if same and row.device == device and words(row.mode) == words(mode) and not row.failure:
            return row
    return None


def _cell(row: SpeedRow | None, key: str) -> BoardCell | None:
    if row is None:
        return None
    value = {"ms": row.ms_per_image, "mp": row.output_mp_per_s, "mib": row.peak_memory_mib}[key]
    if value is None:
        return None
    return BoardCell(Cell(number(value), doubtful=not row.valid and key != "mib"), value)


def with_opinions(board: Leaderboard, studies: Sequence[Mapping[str, Any]]) -> Leaderboard:
    """Add mean scores of raters, joined by the names of data sets and models.

    Args:
        board: Leaderboard of runs.
        studies: Contents of files that `srbench.report.ratings.record.read` reads, of studies on a scale.
    """
    for study in studies:
        models = [model for model in study.get("models", ()) if "mean" in model]
        for dataset in dict.fromkeys(model["dataset"] for model in models):
            scores = {model["model"]: model for model in models if model["dataset"] == dataset}
            cells = [_opinion(scores.get(line.variant[0])) for line in board.lines]
            if any(cells):
                best = max(cell.value for cell in cells if cell and cell.value is not None)
                name = dataset or str(study["study"])
                column = BoardColumn(
                    f"{name}/mos/{study['study']}", name, "mos", "opinion", Column("MOS", higher_is_better=True)
                )
                board = board.with_columns([column], [[_marked(cell, best)] for cell in cells])
    return board


def _opinion(score: Mapping[str, Any] | None) -> BoardCell | None:
    if score is None or score["mean"] is None:
        return None
    ends = score["ci95_raters_images"] or score["ci95"]
    spread = f"{ends[0]:.2f}–{ends[1]:.2f}" if ends and None not in ends else ""
    return BoardCell(Cell(f"{score['mean']:.2f}", spread), score["mean"], score["group"] or "")


def _marked(cell: BoardCell | None, best: float) -> BoardCell | None:
    """Mark the best score."""
    if cell is None or cell.value != best:
        return cell
    return BoardCell(Cell(cell.cell.text, cell.cell.spread, best=True), cell.value, cell.letters)
