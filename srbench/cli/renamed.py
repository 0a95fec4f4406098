"""Verbs and options that have another name now; the command line answers each with one sentence and exit code 2.

Everything here was in use before 0.1.0. A verb of a group is written with the group: "survey create".
"""

from collections.abc import Mapping, Sequence

VERBS: Mapping[str, str] = {}
"""Old verb to the sentence that names the new one."""

OPTIONS: Mapping[tuple[str, str], str] = {}
"""Verb and old option to the sentence that names the new one."""


def answer(arguments: Sequence[str]) -> str:
    """Return the sentence for the first old verb or option among the arguments; empty where there is none.

    Args:
        arguments: Command line without the program's name.
    """
    options = [argument for argument in arguments if argument.startswith("-")]
    words = list(arguments[: arguments.index(options[0])]) if options else list(arguments)
    verbs = [" ".join(words[: i + 1]) for i in range(len(words))]
    asked = [(verb, option.partition("=")[0]) for verb in verbs for option in options]
    sentences = [VERBS[verb] for verb in verbs if verb in VERBS] + [OPTIONS[pair] for pair in asked if pair in OPTIONS]
    return sentences[0] if sentences else ""
