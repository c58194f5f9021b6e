"""A brokerage's reply is kept and shown without the secrets it may echo."""

from nostro.brokers.redact import HIDDEN, redact, redact_outcome
from nostro.domain.cancel import Canceled, CancelUnknown, NotSent, NotSentCause, UnknownCause


def test_values_of_secret_keys_are_hidden_at_any_depth() -> None:
    reply = {
        "status": "canceled",
        "access_token": "t",
        "Authorization": "Bearer t",
        "account": {"apiKey": "k", "number": "1"},
        "items": [{"password": "p", "id": 7}, "text"],
    }
    assert redact(reply) == {
        "status": "canceled",
        "access_token": HIDDEN,
        "Authorization": HIDDEN,
        "account": {"apiKey": HIDDEN, "number": "1"},
        "items": [{"password": HIDDEN, "id": 7}, "text"],
    }


def test_an_outcome_keeps_everything_but_the_secrets() -> None:
    assert redact_outcome(Canceled(raw={"id": "1", "session_token": "t"})) == Canceled(
        raw={"id": "1", "session_token": HIDDEN}
    )


def test_an_outcome_without_a_reply_is_left_alone() -> None:
    unknown = CancelUnknown(cause=UnknownCause.TIMEOUT, message="?")
    not_sent = NotSent(cause=NotSentCause.CONNECT_FAILED, message="?")
    assert redact_outcome(unknown) is unknown
    assert redact_outcome(not_sent) is not_sent
