"""Command lines that are wrong: status 2 and a sentence that says what was expected."""

import pytest

from clients import publish, subscribe

URL = "ws://127.0.0.1:8000/ws/chat/lobby/"
MESSAGE = ("message", "lobby", "hi")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "the following arguments are required: URL"),
        (("lobby",), "argument URL: expected an address such as ws://127.0.0.1:8000/ws/chat/lobby/"),
        ((URL, "--count", "0"), "argument --count: expected a whole number, 1 or more, got '0'"),
        ((URL, "--since=-1"), "argument --since: expected a whole number, 0 or more, got '-1'"),
        ((URL, "--retries", "x"), "argument --retries: expected a whole number, 0 or more, got 'x'"),
        ((URL, "--timeout", "soon"), "argument --timeout: expected a number of seconds, more than 0, got 'soon'"),
        ((URL, "--epoch", "e1"), "--epoch needs --since"),
        ((URL, "--positions", "seen.json"), "--positions needs --stream"),
        ((URL, "--stream", "a", "--stream", "b", "--since", "1", "--epoch", "e"), "--epoch goes with one --stream"),
        ((URL, "--stream", "a", "--positions", "/nowhere/seen.json"), "argument --positions: [Errno 2]"),
        ((URL, "--stream", "a", "--positions", __file__), "argument --positions: expected in "),
        ((URL + "?since=3",), "give the position with --since and --epoch"),
        ((URL, "--token", "hunter2 x"), "argument --token: expected a token"),
        ((URL, "--tok", "x"), "unrecognized arguments"),
    ],
)
def test_subscribe_says_what_was_expected(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        subscribe.main(arguments)
    messages = capsys.readouterr().err
    assert end.value.code == 2
    assert sentence in messages
    assert "hunter2" not in messages


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "the following arguments are required: alert|message"),
        (("shout", "lobby"), "invalid choice: 'shout'"),
        (("message", "lobby"), "the following arguments are required: BODY"),
        (("alert", "demo"), "the following arguments are required: TITLE"),
        ((*MESSAGE, "--server", "hub"), "argument --server: expected an address such as http://127.0.0.1:8000"),
        ((*MESSAGE, "--token", "a", "--api-key", "b"), "argument --api-key: not allowed with argument --token"),
        ((*MESSAGE, "--api-key", "hunter2 x"), "argument --api-key: expected a token or key"),
        ((*MESSAGE, "--retries", "2.5"), "argument --retries: expected a whole number"),
        ((*MESSAGE, "--server", "http://user:hunter2@host"), "not supported"),
    ],
)
def test_publish_says_what_was_expected(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        publish.main(arguments)
    messages = capsys.readouterr().err
    assert end.value.code == 2
    assert sentence in messages
    assert "hunter2" not in messages
