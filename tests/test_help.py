"""Whoever asks for help gets it: for the program, every command and every option."""

import pytest
from typer.main import get_command

from ridgepath.cli import app, main

COMMANDS = get_command(app).commands
PARAMETERS = [(name, each) for name, command in COMMANDS.items() for each in command.params]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_says_what_it_does_in_a_sentence(command):
    assert command.help.endswith(".")
    assert command.help.count("\n") == 0


@pytest.mark.parametrize(
    ("command", "parameter"), PARAMETERS, ids=[f"{command} {parameter.name}" for command, parameter in PARAMETERS]
)
def test_an_option_says_what_it_is_for(command, parameter):
    assert parameter.help, f"{command} has an option without help"
    assert parameter.help.endswith(".")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_printed_at_80_columns(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert max(map(len, printed.splitlines())) <= 80
    for parameter in COMMANDS[command].params:
        assert any(each in printed for each in (*parameter.opts, parameter.metavar or ""))
