"""Which models and contents of a run a study can be of: those that were asked for, each model with every content."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from srbench.core.names import fits, split_label
from srbench.errors import BadStudy

Content = tuple[str, str]
"""Data set and image."""


def named(asked: Sequence[str], places: Mapping[str, str], also: str) -> list[str]:
    """Return the models of a run that names mean, as `srbench run` takes them.

    Args:
        asked: Ids in any case, families, patterns, "all", files, each also as NAME=FILE.
        places: The models of the run by id, with the file that each comes from; empty where it comes from none.
        also: A name that stands for itself.

    Raises:
        BadStudy: A name means no model of the run.
    """
    found: list[str] = []
    for typed in asked:
        meant = [also] if typed.lower() == also else _meant(typed, places)
        if not meant:
            raise BadStudy(f"the run has no model '{typed}'; it has {', '.join(places)}")
        found += [model for model in meant if model not in found]
    return found


def _meant(typed: str, places: Mapping[str, str]) -> list[str]:
    label, name = split_label(typed)
    lower = (label or name).lower()
    pattern = "*" if lower == "all" else lower
    file, colon, function = name.rpartition(":") if name.rpartition(":")[0] else (name, "", "")
    place = f"{Path(file).resolve()}{colon}{function}"
    return (
        [model for model in places if model.lower() == lower]
        or [model for model, of in places.items() if not of and model.lower().partition(".")[0] == lower]
        or [model for model in places if fits(model, pattern)]
        or [model for model, of in places.items() if of and not label and place in (of, of.rpartition(":")[0])]
    )


def same_for_all(contents: Mapping[Content, Sequence[str]], asked: Sequence[str]) -> tuple[list[str], list[Content]]:
    """Choose models and contents so that each model has a picture of each content.

    Args:
        contents: Models that have a picture, by content.
        asked: Models that the study has to be of; where it is empty, those that give the most pictures.

    Returns:
        The models and the contents, which are none where no content has all models that are asked for.
    """
    sets = [frozenset(asked)] if asked else list(dict.fromkeys(map(frozenset, contents.values())))
    choices = [(models, [content for content, of in contents.items() if models <= set(of)]) for models in sets]
    models, chosen = max(choices, key=lambda choice: len(choice[0]) * len(choice[1]), default=(frozenset(), []))
    order = list(asked) or list(dict.fromkeys(model for of in contents.values() for model in of))
    return [model for model in order if model in models], chosen
