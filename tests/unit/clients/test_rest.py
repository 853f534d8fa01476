"""Errors of the REST interface as sentences."""

from clients.rest import error_sentence


def test_the_servers_words_come_first() -> None:
    answer = {"error": {"code": 103, "message": "permission denied"}}
    assert error_sentence(403, "Forbidden", answer) == "permission denied (HTTP 403, error 103)"


def test_each_field_says_what_is_wrong_with_it() -> None:
    fields = {"title": ["This field is required."], "url": ["Too long.", "No address."], "kind": "unknown"}
    answer = {"error": {"code": 107, "message": "bad request", "fields": fields}}
    assert error_sentence(400, "Bad Request", answer) == (
        "bad request (HTTP 400, error 107); title: This field is required.; url: Too long. No address.; kind: unknown"
    )


def test_a_field_that_the_message_speaks_of_is_not_told_twice() -> None:
    answer = {"error": {"code": 107, "message": "body: Too long.", "fields": {"body": ["Too long."]}}}
    assert error_sentence(400, "Bad Request", answer) == "body: Too long. (HTTP 400, error 107)"


def test_without_words_the_status_has_to_do() -> None:
    assert error_sentence(502, "Bad Gateway", {}) == "the server answered HTTP 502 Bad Gateway"
    assert error_sentence(404, "", {"error": "oh"}) == "the server answered HTTP 404"
