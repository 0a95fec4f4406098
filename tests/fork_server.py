"""The process that `tests.forks` starts: a line of JSON asks for a program, another says how it ended."""

import json
import os
import runpy
import sys
import tempfile
import traceback
from typing import Any

from benchmarks.reliability import fork
from srbench.cli import app


def _serve() -> None:
    fork.load_everything()
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                _child(asked, out.fileno(), err.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            for stream in (out, err):
                stream.seek(0)
            print(json.dumps([code, out.read().decode(), err.read().decode()]), flush=True)


def _child(asked: dict[str, Any], out: int, err: int) -> None:
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.path.insert(0, asked["site"])
        os.chdir(asked["site"])
        sys.argv = asked["words"]
        app.main() if sys.argv[0] == "srbench" else runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve()
