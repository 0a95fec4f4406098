"""Tables, methods paragraph and records of a study of triplets."""

from typing import Any

import numpy as np

from srbench.core import stored_json
from srbench.ratings.triplet_likelihood import PRIOR_JND
from srbench.ratings.triplet_study import TripletAnalysis
from srbench.ratings.triplets import Form
from srbench.report.ratings.record import SCHEMA, VERSION, known, versions
from srbench.report.table import DASH, Column, Table, text_column, text_rows


def tables(study: TripletAnalysis) -> list[Table]:
    """Return the distances of models and of stimuli, for each form."""
    return [table for form in study.fits for table in (_models(study, form), _stimuli(study, form))]


def _mapped(study: TripletAnalysis, form: Form) -> bool:
    return form == "boosted" and study.mapping is not None


def _plain(study: TripletAnalysis, distance: float) -> float:
    assert study.mapping is not None
    return float(study.mapping.apply(np.array([distance]))[0])


def _plain_mean(study: TripletAnalysis, model: str) -> float:
    """The mean over contents of a model's boosted distances on the plain scale, which is curved."""
    assert study.mapping is not None
    fit = study.fits["boosted"]
    own = [name == model for _, name in fit.items]
    return float(study.mapping.apply(fit.score[own]).mean())


def _models(study: TripletAnalysis, form: Form) -> Table:
    more = (Column("on the plain scale", rank=1),) if _mapped(study, form) else ()
    columns = (text_column("model"), Column(f"{form} JND", higher_is_better=False), Column("95 %"), *more)
    rows = []
    for model, score, half in study.fits[form].means():
        mapped = (f"{_plain_mean(study, model):.2f}",) if more else ()
        rows.append((model, f"{score:.2f}", _half(half), *mapped))
    note = "Mean distance from the original over the contents; 0 is the original. Intervals over raters like these."
    return Table(f"models-{form}", f"Models, {form} triplets", columns, text_rows(rows), notes=(note,))


def _stimuli(study: TripletAnalysis, form: Form) -> Table:
    fit = study.fits[form]
    more = (Column("on the plain scale"),) if _mapped(study, form) else ()
    columns = (text_column("content"), text_column("model"), Column(f"{form} JND"), Column("95 %"), *more)
    listed = zip(fit.items, fit.score.tolist(), fit.half.tolist(), strict=True)
    rows = [
        (content, model, f"{score:.2f}", _half(half), *((f"{_plain(study, score):.2f}",) if more else ()))
        for (content, model), score, half in listed
    ]
    return Table(f"stimuli-{form}", f"Stimuli, {form} triplets", columns, text_rows(rows))


def _half(half: float) -> str:
    return DASH if np.isnan(half) else f"± {half:.2f}"


def methods(study: TripletAnalysis) -> str:
    """Describe the answers, the model and the mapping in sentences."""
    sentences = [_answers(study, form) for form in study.fits]
    sentences.append(
        "Distances from the original are in just noticeable differences (1 JND is told in 75 % of forced choices): "
        "Thurstone's case V with a threshold of 'not sure' (Glenn and David 1960), a bias to one side, and for each "
        "rater a share of answers given without looking (Wichmann and Hill 2001), drawn from a beta distribution and "
        "summed out (Bock and Aitkin 1981); all is estimated together by maximum likelihood from trials, traps and "
        f"bias questions, with a normal prior of {PRIOR_JND:g} JND on distances. Intervals are Student t intervals "
        "from a sandwich covariance of all parameters with raters as clusters."
    )
    for form, fit in study.fits.items():
        sentences.append(
            f"Of {form} triplets the bias to the left is {fit.bias:+.2f} JND, the threshold {fit.threshold:.2f} JND, "
            f"and the mean share of absent answers {fit.lapse.mean():.1%}."
        )
    if study.mapping:
        sentences.append(
            f"Boosted distances d were mapped to plain ones, {study.mapping.factor:.2f} d^{study.mapping.power:.2f}, "
            f"by least squares over {study.mapping.shared} stimuli that have both (Spearman's correlation "
            f"{study.mapping.correlation:.2f})."
        )
    elif "boosted" in study.fits:
        sentences.append("Boosted distances are not mapped to plain ones.")
    if study.screening:
        sentences.append(study.screening)
    return " ".join(sentences)


def _answers(study: TripletAnalysis, form: Form) -> str:
    fit, traps, bias = study.fits[form], study.traps[form], study.bias[form]
    text = f"{len(fit.raters)} raters gave {study.answers[form]:,} answers on {form} triplets"
    text += f"; {traps:.1%} of traps were answered rightly" if traps is not None else ""
    if bias:
        text += f"; of two equal pictures the left was chosen in {bias[0]:.1%}, the right in {bias[2]:.1%}"
    return f"{text}."


def record(study: TripletAnalysis, text: str) -> dict[str, Any]:
    """Return the records in full precision."""
    mapping = study.mapping
    content = {
        "study": study.name,
        "kind": "triplets",
        "models": [
            {"form": form, "model": model, "jnd": score, "half": known(half)}
            | ({"plain_jnd": _plain_mean(study, model)} if _mapped(study, form) else {})
            for form, fit in study.fits.items()
            for model, score, half in fit.means()
        ],
        "stimuli": [
            {"form": form, "content": content, "model": model, "jnd": score, "half": known(half)}
            | ({"plain_jnd": _plain(study, score)} if _mapped(study, form) else {})
            for form, fit in study.fits.items()
            for (content, model), score, half in zip(fit.items, fit.score.tolist(), fit.half.tolist(), strict=True)
        ],
        "raters": [
            {"form": form, "rater": rater, "absent": share}
            for form, fit in study.fits.items()
            for rater, share in zip(fit.raters, fit.lapse.tolist(), strict=True)
        ],
        "fits": [
            {
                "form": form,
                "bias": fit.bias,
                "threshold": fit.threshold,
                "answers": fit.answers,
                "traps": study.traps[form],
            }
            for form, fit in study.fits.items()
        ],
        "mapping": None
        if mapping is None
        else {"factor": mapping.factor, "power": mapping.power, "shared": mapping.shared},
        "methods": text,
        "caveats": list(study.caveats),
        "versions": versions(),
    }
    return stored_json.marked(SCHEMA, VERSION, content)
