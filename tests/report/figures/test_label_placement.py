"""Labels cover neither points nor one another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.report.figures import label_placement


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 200), st.floats(5, 120)), min_size=1, max_size=25))
def test_labels_never_overlap_wherever_points_lie(spots: list[tuple[float, float, float]]) -> None:
    points = np.array([(x - 4, y - 4, x + 4, y + 4) for x, y, _ in spots])
    wanted = [label_placement.Wanted(np.array([(x, y)]), width, 10.0) for x, y, width in spots]
    found = label_placement.place(wanted, points, np.zeros((0, 2, 2)), (0, 0, 400, 200))
    boxes = np.array([(p.x, p.y, p.x + w.width, p.y + w.height) for p, w in zip(found, wanted, strict=True) if p])
    if len(boxes):
        assert not label_placement.overlaps(boxes, points).any()
        assert not np.triu(label_placement.overlaps(boxes, boxes), 1).any()
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, 2:] <= (400, 200)).all()


@pytest.mark.parametrize(
    ("line", "through"),
    [
        (((0, 5), (20, 5)), True),
        (((5, 5), (6, 6)), True),
        (((0, 0), (4, 20)), False),
        (((12, 0), (12, 20)), False),
        (((8, -5), (8, 30)), True),
    ],
)
def test_a_segment_crosses_a_box_or_not(line: tuple[tuple[float, float], ...], through: bool) -> None:
    assert label_placement.crossings(np.array([(4.0, 2.0, 10.0, 8.0)]), np.array([line], float)).tolist() == [[through]]
