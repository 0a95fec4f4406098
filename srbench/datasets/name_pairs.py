"""Which LR or output file belongs to which original, told by their names."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from srbench.errors import BadData

PLACE = "{name}"
"""Stands for the original's name in a pattern that a user gives."""

_NAMED = 4


@dataclass(frozen=True)
class NamePairs:
    """Files that belong together.

    Attributes:
        paths: The other file of each original, by the original's stem.
        rules: How the names differ, as "*_out"; empty where they are equal.
    """

    paths: Mapping[str, Path]
    rules: tuple[str, ...]

    def describe(self, folder: Path) -> list[str]:
        """Say in a line by what rule a folder's names were read; nothing where they are those of the originals."""
        named = ", ".join(f"'{rule}'" for rule in self.rules[:_NAMED])
        more = f" and {len(self.rules) - _NAMED} more" if len(self.rules) > _NAMED else ""
        return [f"{folder}: names read as {named}{more}, * being the original's name"] if self.rules else []


def pair(
    hr: Mapping[str, Path],
    other: Mapping[str, Path],
    hr_dir: Path,
    other_dir: Path,
    scale: int,
    pattern: str = "",
    names: Collection[str] = (),
    *,
    some: bool = False,
) -> NamePairs:
    """Pair LR or output files with originals, one to one, by the longest stem of an original that a name contains.

    A name that is an original's, or this and `x<scale>` or `_x<scale>`, is that original's. Where one rule, as "*_out",
    gives each original one file, it holds for all.

    Args:
        hr: Originals by stem.
        other: LR or output files by stem.
        hr_dir: Folder of the originals, for the error.
        other_dir: Folder of the other files, for the error.
        scale: Upscaling factor in the suffix.
        pattern: Name of the other files, `{name}` standing for the original's; empty for the rules above.
        names: Stems of all originals, where `hr` is only the first of them; what belongs to the others is left out.
        some: Whether originals may be without a file, where nothing else is left over and one pair is found.

    Raises:
        BadData: Something is left over on either side that may not be, a name fits two originals or none, or two files
            claim one original; the files are named. Or the pattern lacks `{name}`.
    """
    stems = list(dict.fromkeys([*hr, *names]))
    if pattern and pattern.count(PLACE) != 1:
        raise BadData(f"--pairs '{pattern}' needs {PLACE} once, for the original's name, as '{PLACE}_SwinIR'")
    rule = pattern.replace(PLACE, "*") if pattern else _common_rule(stems, other, len(hr))
    found: dict[str, str] = {}
    surplus: list[str] = []
    for stem, path in other.items():
        name = _by_rule(stem, stems, rule) if rule else _by_name(stem, stems, scale, path)
        if name is None:
            surplus.append(path.name)
        elif name in found:
            both = f"{other[found[name]].name} and {path.name} in {other_dir}"
            original = hr[name].name if name in hr else name
            raise BadData(f"{both} both belong to {original}; keep one, or give --pairs '{PLACE}_SwinIR'")
        else:
            found[name] = stem
    missing = [path.name for stem, path in hr.items() if stem not in found]
    if surplus or (missing and not (some and found)):
        _refuse_leftovers(surplus, missing, other_dir, hr_dir)
    pairs = {name: other[stem] for name, stem in found.items() if name in hr}
    rules = dict.fromkeys(found[name].replace(name, "*", 1) for name in pairs)
    return NamePairs(pairs, tuple(sorted(rules.keys() - {"*"})))


def _refuse_leftovers(surplus: list[str], missing: list[str], other_dir: Path, hr_dir: Path) -> None:
    sides = [f"in {other_dir} without a partner: {', '.join(surplus)}"] if surplus else []
    sides += [f"in {hr_dir} without a partner: {', '.join(missing)}"] if missing else []
    raise BadData(f"files cannot be paired by name: {'; '.join(sides)}. Rename them, or give --pairs '{PLACE}_SwinIR'")


def _common_rule(stems: list[str], other: Mapping[str, Path], fewest: int) -> str:
    """Return the only rule by which each file belongs to another original; empty where there is none or several."""
    if len(other) < fewest:
        return ""
    first = next(iter(other))
    rules = dict.fromkeys(rule for stem in stems for rule in _rules(first, stem))
    fitting = []
    for rule in rules:
        names = [_by_rule(stem, stems, rule) for stem in other]
        if None not in names and len(set(names)) == len(names):
            fitting.append(rule)
    return fitting[0] if len(fitting) == 1 else ""


def _rules(name: str, stem: str) -> Iterator[str]:
    at = name.find(stem)
    while at >= 0:
        yield f"{name[:at]}*{name[at + len(stem) :]}"
        at = name.find(stem, at + 1)


def _by_rule(name: str, stems: Collection[str], rule: str) -> str | None:
    before, _, after = rule.partition("*")
    inner = name[len(before) : len(name) - len(after)]
    return inner if inner in stems and name == f"{before}{inner}{after}" else None


def _by_name(name: str, stems: Collection[str], scale: int, path: Path) -> str | None:
    for form in (name, name.removesuffix(f"_x{scale}"), name.removesuffix(f"x{scale}")):
        if form in stems:
            return form
    inside = [stem for stem in stems if stem in name]
    longest = [stem for stem in inside if len(stem) == max(map(len, inside))]
    if len(longest) > 1:
        raise BadData(
            f"{path} may belong to {' or '.join(sorted(longest))}; rename it, or give --pairs '{PLACE}_SwinIR' with "
            "what stands around the original's name"
        )
    return longest[0] if longest else None
