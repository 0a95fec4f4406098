import pytest
import typer

from srbench.cli import renamed
from srbench.cli.app import app
from tests.cli.conftest import Call

KNOWN = typer.main.get_command(app)


def _command(verb: str) -> object:
    """The command of a verb, or None."""
    command: object = KNOWN
    for word in verb.split():
        command = getattr(command, "commands", {}).get(word)
    return command


@pytest.mark.parametrize(("verb", "option"), renamed.OPTIONS)
def test_an_old_option_answers_with_its_new_name(verb: str, option: str, call: Call) -> None:
    ways = {"...": [option], "1": ["given", "--json", f"{option}=1"], "64": [option, "64", "given"]}
    for value, arguments in ways.items():
        code, out, err = call(*verb.split(), *arguments)
        assert (code, out) == (2, "")
        assert err == f"Error: {renamed.OPTIONS[verb, option].format(value=value)}\n"


@pytest.mark.parametrize("verb", renamed.VERBS)
def test_an_old_verb_answers_with_its_new_name(verb: str, call: Call) -> None:
    code, out, err = call(*verb.split(), "--help")
    assert (code, out, err) == (2, "", f"Error: {renamed.VERBS[verb]}\n")


def test_what_is_called_old_is_gone() -> None:
    assert [verb for verb in renamed.VERBS if _command(verb)] == []
    for verb, option in renamed.OPTIONS:
        command = _command(verb)
        assert command, verb
        assert not [each for each in getattr(command, "params", []) if option in each.opts], (verb, option)


def test_each_sentence_is_one_line_that_names_the_old_word() -> None:
    for name, sentence in {**renamed.VERBS, **{option: text for (_, option), text in renamed.OPTIONS.items()}}.items():
        assert sentence.startswith(name)
        assert "\n" not in sentence
