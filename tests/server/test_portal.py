"""The plain connection page: a link that works once, an account that can trade afterwards."""

from urllib.parse import parse_qs, urlsplit

import pytest

from .portal import connect_paper_account, login_link, open_page, submit
from .world import Server, send


def test_a_link_opens_a_page_that_connects_a_paper_account(sandbox: Server) -> None:
    link = login_link(sandbox, connectionType="trade")
    status, page = open_page(sandbox, link)
    assert status == 200
    assert "Connect nostro Paper" in page
    status, _, page = submit(sandbox, link, broker="PAPER", api_key="")
    assert status == 200
    assert "is connected" in page
    assert len(sandbox.call("GET", "/authorizations").body) == 2


def test_an_order_on_a_newly_connected_account_can_be_canceled(sandbox: Server) -> None:
    account = connect_paper_account(sandbox)
    order_id = sandbox.place(account)
    assert sandbox.cancel(order_id, account=account).body["status"] == "CANCELED"


def test_an_order_of_another_account_is_unknown_here(sandbox: Server) -> None:
    account = connect_paper_account(sandbox)
    order_id = sandbox.place(account)
    reply = sandbox.cancel(order_id)
    assert (reply.status, reply.body["code"]) == (400, "7011")
    assert sandbox.cancels_received(order_id) == 0


def test_a_link_works_once(sandbox: Server) -> None:
    link = login_link(sandbox)
    assert submit(sandbox, link, broker="PAPER", api_key="")[0] == 200
    assert submit(sandbox, link, broker="PAPER", api_key="")[0] == 400
    assert open_page(sandbox, link)[0] == 400


def test_a_made_up_token_opens_nothing(sandbox: Server) -> None:
    status, page = open_page(sandbox, sandbox.url + "/snapTrade/redeemToken?token=made-up")
    assert status == 400
    assert "does not work" in page


def test_success_redirects_with_the_connection_and_keeps_the_partners_own_query(sandbox: Server) -> None:
    link = login_link(sandbox, customRedirect="https://partner.example/back?state=x%26y")
    status, location, _ = submit(sandbox, link, broker="PAPER", api_key="")
    assert status == 303
    query = parse_qs(urlsplit(location).query)
    assert location.startswith("https://partner.example/back?")
    assert (query["state"], query["status"]) == (["x&y"], ["SUCCESS"])
    connections = {each["id"] for each in sandbox.call("GET", "/authorizations").body}
    assert query["connection_id"][0] in connections


def test_wrong_credentials_are_explained(sandbox: Server) -> None:
    status, _, page = submit(sandbox, login_link(sandbox), broker="PAPER", api_key="wrong")
    assert status == 400
    assert "did not accept" in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil", "ftp://x/", "https://"])
def test_a_redirect_that_is_no_web_address_is_refused(sandbox: Server, url: str) -> None:
    reply = sandbox.call("POST", "/snapTrade/login", {"customRedirect": url})
    assert (reply.status, reply.body["code"]) == (400, "1012")


def test_the_link_has_a_query_so_that_clients_can_append_to_it(sandbox: Server) -> None:
    link = login_link(sandbox)
    assert link.startswith(sandbox.url + "/snapTrade/redeemToken?token=")
    assert open_page(sandbox, link + "&connectionType=trade&darkMode=true")[0] == 200


def test_the_page_runs_nothing_from_anywhere_and_cannot_be_framed(sandbox: Server) -> None:
    parts = urlsplit(login_link(sandbox))
    reply = send(sandbox.url, "GET", f"{parts.path}?{parts.query}", None, {}, 30)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in reply.body


def test_a_connection_can_be_read_refreshed_disabled_and_deleted(sandbox: Server) -> None:
    connect_paper_account(sandbox)
    connection = sandbox.call("GET", "/authorizations").body[1]
    path = f"/authorizations/{connection['id']}"
    assert sandbox.call("GET", path).body == connection
    refreshed = sandbox.call("POST", f"{path}/refresh")
    assert refreshed.status == 200
    assert sandbox.call("GET", path).body["updated_date"] > connection["updated_date"]
    assert sandbox.call("POST", f"{path}/disable").status == 200
    again = sandbox.call("POST", f"{path}/disable")
    assert (again.status, again.body["code"]) == (402, "3011")
    assert sandbox.call("GET", path).body["disabled"] is True
    deleted = sandbox.call("DELETE", f"/connection/{connection['id']}")
    assert (deleted.status, deleted.body["connection_id"]) == (200, connection["id"])
    assert sandbox.call("GET", path).status == 404


def test_the_old_deletion_answers_without_a_body(sandbox: Server) -> None:
    connection = sandbox.call("GET", "/authorizations").body[0]["id"]
    assert sandbox.call("DELETE", f"/authorizations/{connection}").status == 204
    assert sandbox.call("GET", "/accounts").body == []
