import csv as reader
import io

from srbench.report.formats import csv


def test_records_keep_their_precision_and_lists_are_one_cell() -> None:
    rows = [{"a": 1 / 3, "b": [1, 2]}, {"a": None, "c": 'x,\r"y'}]
    read = list(reader.DictReader(io.StringIO(csv.records(rows), newline="")))
    assert read[0] == {"a": repr(1 / 3), "b": "1 2", "c": ""}
    assert read[1] == {"a": "", "b": "", "c": 'x,\r"y'}
