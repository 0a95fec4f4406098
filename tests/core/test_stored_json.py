import json
from pathlib import Path

import pytest

from srbench.core import stored_json
from srbench.errors import BadRun, UserError


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "speed.json"
    stored_json.write(path, "speed", 2, {"rows": [1.5, None], "name": "é"})
    assert list(json.loads(path.read_text(encoding="utf-8"))) == ["schema", "version", "rows", "name"]
    assert stored_json.read(path, "speed", 2) == {"version": 2, "rows": [1.5, None], "name": "é"}
    assert stored_json.read(path, "speed", 3)["version"] == 2


def test_a_number_that_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        stored_json.write(tmp_path / "a.json", "speed", 1, {"value": float("nan")})
    assert not list(tmp_path.iterdir())


def test_a_file_from_before_schemas_is_version_0(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"rows": [], "device": {}}')
    assert stored_json.read(path, "speed", 1, unmarked_keys=("rows",)) == {"version": 0, "rows": [], "device": {}}
    with pytest.raises(UserError, match="no schema, and the keys rows, device; expected speed, version 1"):
        stored_json.read(path, "speed", 1, unmarked_keys=("votes",))
    with pytest.raises(UserError, match="no schema, and the keys rows, device"):
        stored_json.read(path, "speed", 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"schema": "study", "version": 1}', "has schema study, version 1; expected speed, version 1 or older"),
        ('{"schema": "speed", "version": 2}', "has version 2 of speed; .*Install a newer srbench"),
        ('{"schema": "speed"}', "has schema speed, version None"),
        ("{}", "no schema, and the keys -"),
        ("[1]", "holds JSON of type list; expected speed"),
        ('{"schema": "sp', "is not JSON, or torn"),
    ],
)
def test_the_error_says_what_was_found(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(BadRun, match=message):
        stored_json.read(path, "speed", 1, error=BadRun)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist; expected speed"):
        stored_json.read(tmp_path / "a.json", "speed", 1)


def test_a_sealed_content_tells_when_it_has_changed() -> None:
    sealed = stored_json.sealed({"rows": [{"median_ms": 3.25}], "device": "cpu"})
    assert list(sealed) == ["rows", "device", "crc32"]
    assert stored_json.opened(json.loads(json.dumps({"schema": "speed", "version": 1, **sealed}))) == {
        **{"schema": "speed", "version": 1, "rows": [{"median_ms": 3.25}], "device": "cpu"}
    }
    assert stored_json.opened({**sealed, "rows": [{"median_ms": 3.26}]}) is None
    assert stored_json.opened({"rows": []}) == {"rows": []}
