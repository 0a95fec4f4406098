"""Verbs and options that have another name now; the command line answers each with one sentence and exit code 2.

Everything here was in use before 0.1.0. A verb of a group is written with the group: "survey create".
"""

from collections.abc import Mapping, Sequence

_MODE_WORD = "is a word of --mode now: --mode"

VERBS: Mapping[str, str] = {}
"""Old verb to the sentence that names the new one."""

OPTIONS: Mapping[tuple[str, str], str] = {
    ("run", "--precision"): f"--precision {_MODE_WORD} bf16",
    ("run", "--channels-last"): f"--channels-last {_MODE_WORD} fp32+channels_last",
    ("run", "--tf32"): f"--tf32 {_MODE_WORD} tf32",
    ("run", "--self-ensemble"): f"--self-ensemble {_MODE_WORD} x8",
    ("run", "--tile"): f"--tile {_MODE_WORD} tile=208",
    ("upscale", "--self-ensemble"): f"--self-ensemble {_MODE_WORD} x8",
    ("upscale", "--tile"): f"--tile {_MODE_WORD} tile=208",
    ("throughput", "--modes"): "--modes is called --mode now: --mode fp32,bf16+channels_last",
}
"""Verb and old option to the sentence that names the new one."""


def answer(arguments: Sequence[str]) -> str:
    """Return the sentence for the first old verb or option among the arguments; empty where there is none.

    Args:
        arguments: Command line without the program's name.

    Examples:
        >>> answer(["run", "--tile=64"])
        '--tile is a word of --mode now: --mode tile=208'
        >>> answer(["run", "--mode", "tile=64"])
        ''
    """
    options = [argument for argument in arguments if argument.startswith("-")]
    words = list(arguments[: arguments.index(options[0])]) if options else list(arguments)
    verbs = [" ".join(words[: i + 1]) for i in range(len(words))]
    asked = [(verb, option.partition("=")[0]) for verb in verbs for option in options]
    sentences = [VERBS[verb] for verb in verbs if verb in VERBS] + [OPTIONS[pair] for pair in asked if pair in OPTIONS]
    return sentences[0] if sentences else ""
