"""What each brokerage takes, told to anybody."""

from typing import Any

from .world import Server, send


def rows(server: Server) -> dict[str, Any]:
    reply = send(server.url, "GET", "/capabilities", None, {}, 10.0)
    assert reply.status == 200
    return {each["slug"]: each for each in reply.body}


def test_every_brokerage_says_what_it_takes_and_what_its_word_proves(sandbox: Server) -> None:
    told = rows(sandbox)
    assert set(told) == {each["slug"] for each in sandbox.call("GET", "/brokerages").body}
    assert all(each["place"] and each["cancel"]["asset_classes"] for each in told.values())
    assert told["PAPER"]["cancel"]["acknowledgement"] == "confirmed"
    assert told["ALPACA"]["cancel"] == {
        "asset_classes": ["stock", "option", "crypto"],
        "acknowledgement": "accepted",
        "settles_s": 10.0,
    }
