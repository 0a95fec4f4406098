"""Folders of cache, mirror and weights. The only reader of SRBENCH_* variables."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the folder of everything that was downloaded: SRBENCH_CACHE, or the platform's cache folder."""
    setting = os.environ.get("SRBENCH_CACHE")
    return Path(setting).expanduser() if setting else Path(platformdirs.user_cache_dir("srbench", appauthor=False))


def mirror_root() -> str | None:
    """Return SRBENCH_MIRROR, if set: a folder or http(s) URL with `<Set>/HR/<name>.<ext>` and `weights/<file>`."""
    setting = os.environ.get("SRBENCH_MIRROR", "").rstrip("/")
    return setting or None


def weights_roots(extra: Path | None = None) -> list[Path]:
    """Return the folders searched for weights by content: `--weights-root`, then SRBENCH_WEIGHTS (split as PATH is)."""
    setting = os.environ.get("SRBENCH_WEIGHTS", "")
    listed = [Path(part).expanduser() for part in setting.split(os.pathsep) if part]
    return ([extra] if extra else []) + listed
