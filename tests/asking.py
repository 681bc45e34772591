"""What the command line asks for, without the training."""

import pytest

from ridgepath import api
from ridgepath.cli import app


class AskedError(Exception):
    """Stands in for the training of a request."""


def asked(arguments, monkeypatch):
    """Return what is asked for when the command line is given some arguments; nothing is trained."""

    def ask(request, **_):
        raise AskedError(request)

    monkeypatch.setattr(api, "fit_request", ask)
    with pytest.raises(AskedError) as found:
        app([str(each) for each in arguments], standalone_mode=False)
    return found.value.args[0]


def question_of(request):
    """Return what a request asks, so that it can be compared with another."""
    values = {name: getattr(request, name) for name in vars(request) if name not in ("command", "data", "builder")}
    return values | {"data": request.data.location, "builder": request.builder.card}
