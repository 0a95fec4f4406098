"""Where things lie: cache, mirror and weights folders. The only reader of SRBENCH_* variables."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Folder of everything that was downloaded: SRBENCH_CACHE, or the platform's cache folder."""
    given = os.environ.get("SRBENCH_CACHE")
    return Path(given).expanduser() if given else Path(platformdirs.user_cache_dir("srbench", appauthor=False))


def mirror_root() -> str | None:
    """SRBENCH_MIRROR: a folder or http(s) URL with `<Set>/HR/<name>.<ext>` and `weights/<file>`."""
    given = os.environ.get("SRBENCH_MIRROR", "").rstrip("/")
    return given or None


def weights_roots(extra: Path | None = None) -> list[Path]:
    """Folders searched for weight files by content: `--weights-root`, then SRBENCH_WEIGHTS (split as PATH is)."""
    given = os.environ.get("SRBENCH_WEIGHTS", "")
    listed = [Path(part).expanduser() for part in given.split(os.pathsep) if part]
    return ([extra] if extra else []) + listed
