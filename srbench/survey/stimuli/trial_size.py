"""How much of a screen the pictures of a study need."""

from srbench.survey.study import Study


def pictures_size_px(study: Study) -> tuple[int, int]:
    """Return width and height of what the largest trial shows, in device pixels.

    Pictures side by side stand in one row. What stands around the pictures is not counted.
    """
    wide = max(picture.width_px for picture in study.pictures)
    high = max(picture.height_px for picture in study.pictures)
    beside = study.method.pictures_per_trial if study.method.beside(study.design) else 1
    boost = study.method.boost(study.design)
    enlarge = study.design.presentation.enlarge * (boost.zoom if boost else 1)
    return wide * beside * enlarge, high * enlarge
