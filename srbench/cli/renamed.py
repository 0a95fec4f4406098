"""Verbs and options that have another name now; the command line answers each with one sentence and exit code 2.

Everything here was in use before 0.1.0. A verb of a group is written with the group: "survey create".
"""

from collections.abc import Mapping, Sequence

_MODE_WORD = "is a word of --mode now: --mode"

VERBS: Mapping[str, str] = {}
"""Old verb to the sentence that names the new one."""

OPTIONS: Mapping[tuple[str, str], str] = {
    ("run", "--precision"): f"--precision {_MODE_WORD} {{value}}",
    ("run", "--channels-last"): f"--channels-last {_MODE_WORD} fp32+channels_last",
    ("run", "--tf32"): f"--tf32 {_MODE_WORD} tf32",
    ("run", "--self-ensemble"): f"--self-ensemble {_MODE_WORD} x8",
    ("run", "--tile"): f"--tile {_MODE_WORD} tile={{value}}",
    ("upscale", "--self-ensemble"): f"--self-ensemble {_MODE_WORD} x8",
    ("run", "--fast"): "--fast is called --mode auto now",
    ("upscale", "--fast"): "--fast is called --mode auto now",
    ("upscale", "--tile"): f"--tile {_MODE_WORD} tile={{value}}",
    ("throughput", "--modes"): "--modes is called --mode now: --mode {value}",
}
"""Verb and old option to the sentence that names the new one; {value} stands for what was given to it."""


def answer(arguments: Sequence[str]) -> str:
    """Return the sentence for the first old verb or option among the arguments; empty where there is none.

    Args:
        arguments: Command line without the program's name.

    Examples:
        >>> answer(["run", "--tile=64"])
        '--tile is a word of --mode now: --mode tile=64'
        >>> answer(["run", "--mode", "tile=64"])
        ''
    """
    options = [at for at, argument in enumerate(arguments) if argument.startswith("-")]
    words = list(arguments[: options[0]]) if options else list(arguments)
    verbs = [" ".join(words[: i + 1]) for i in range(len(words))]
    for verb in verbs:
        if verb in VERBS:
            return VERBS[verb]
        for at in options:
            option, _, value = arguments[at].partition("=")
            if (verb, option) in OPTIONS:
                following = "".join(arguments[at + 1 : at + 2])
                return OPTIONS[verb, option].format(value=value or following or "...")
    return ""
