"""No partner's URL reaches the operator's own network, however it is spelled and whatever it resolves to."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from typing import Any

import pytest

from nostro.webhooks.deliver import HttpDeliver
from nostro.webhooks.guard import Guard, UrlRefused, is_public
from nostro.webhooks.relay import DeliveryFailed

PUBLIC = "93.184.215.14"
PUBLIC_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


class Sockets:
    """Opens no socket, and remembers where one was wanted."""

    def __init__(self) -> None:
        self.wanted: list[str] = []

    def __call__(self, address: Any) -> socket.socket:
        self.wanted.append(f"{address[4][0]} {address[4][1]}")
        raise OSError("no socket in this test")


class Names:
    """A resolver that gives each answer once, then the last for ever; other names do not exist."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(lists) for name, lists in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise OSError("no such name")
        left = self.answers[host]
        return left.pop(0) if len(left) > 1 else left[0]


def connects(url: str, names: Names | None = None, allowed: str = "") -> list[str]:
    """Say where a delivery to this URL wants to connect."""
    sockets = Sockets()
    deliver = HttpDeliver(Guard(allowed, names or Names()), open_socket=sockets)
    with pytest.raises(DeliveryFailed):
        asyncio.run(deliver(url, b"{}", {}))
    return sockets.wanted


LITERALS = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "0177.0.0.1",
    "0177.1",
    "017700000001",
    "127.0.0.01",
    "127.0.0.0x1",
    "127.0.0.1%00",
    "127.0.0.1%2f",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "127\u30020\u30020\u30021",
    "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.169.254.",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "256.1.1.1",
    "1.2.3.4.5",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:db8::1]",
    "[100::1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[127.0.0.1]",
    "[::1",
    "::1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a_b.example.com",
    "-a.example.com",
    "a..example.com",
    ".example.com",
    "*",
    "",
]


@pytest.mark.parametrize("host", LITERALS)
def test_no_spelling_of_a_host_that_is_not_public_is_connected_to(host: str) -> None:
    names = Names(localhost=[["127.0.0.1"]])
    assert connects(f"https://{host}/hook", names) == []


TRICKS = [
    "https://hooks.example.com@127.0.0.1/",
    "https://127.0.0.1@hooks.example.com/",
    "https://user:password@hooks.example.com/",
    "https://hooks.example.com:443@127.0.0.1/",
    "https://hooks.example.com#@127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://127.0.0.1\\.hooks.example.com/",
    "https://hooks.example.com%40127.0.0.1/",
    "https:hooks.example.com/",
    "https:///hooks.example.com/",
    "https:\\\\hooks.example.com/",
    "//hooks.example.com/",
    "hooks.example.com",
    " https://hooks.example.com/",
    "https://hooks.example.com/\n",
    "https://hooks.example.com/\r\nX-Injected: 1",
    "https://hooks.example.com/ a",
    "https://hooks.exa\tmple.com/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:65536/",
    "https://hooks.example.com:\u0664\u0664\u0663/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:25/",
    "https://hooks.example.com:6379/",
    "https://hooks.example.com:80/",
    "http://hooks.example.com/",
    "HTTPS://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com:443/",
    "unix:///var/run/docker.sock",
    "https://hooks.example.com/" + "a" * 2048,
]


@pytest.mark.parametrize("url", TRICKS)
def test_no_trick_in_a_url_leads_anywhere(url: str) -> None:
    names = Names(hooks_example_com=[[PUBLIC]])
    assert (connects(url, names), names.asked) == ([], [])


@pytest.mark.parametrize(
    "inner", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"]
)
def test_a_name_with_one_address_that_is_not_public_is_not_connected_to_at_all(inner: str) -> None:
    assert connects("https://hooks.example.com/", Names(hooks_example_com=[[PUBLIC, inner]])) == []


def test_a_name_that_changes_its_mind_is_asked_once_and_the_checked_address_is_used() -> None:
    names = Names(hooks_example_com=[[PUBLIC], ["127.0.0.1"]])
    wanted = connects("https://hooks.example.com/", names)
    assert (wanted, names.asked) == ([f"{PUBLIC} 443"], ["hooks.example.com"])


def test_a_name_without_an_address_is_not_connected_to() -> None:
    assert connects("https://hooks.example.com/", Names(hooks_example_com=[[]])) == []


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_6, "64:ff9b::5db8:d70e"])
def test_a_public_address_is_connected_to(address: str) -> None:
    names = Names(hooks_example_com=[[address]])
    assert connects("https://hooks.example.com:8443/", names) == [f"{address} 8443"]


def test_a_public_address_in_the_url_needs_no_resolver() -> None:
    assert connects(f"https://{PUBLIC}/") == [f"{PUBLIC} 443"]
    assert connects(f"https://[{PUBLIC_6}]/") == [f"{PUBLIC_6} 443"]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:9000/", "127.0.0.1"),
        ("http://127.0.0.1:9000/", "other.internal, 127.0.0.1:9000"),
        ("http://[::1]:9000/", "[::1]:9000"),
        ("http://hooks.internal:9000/", "HOOKS.internal"),
    ],
)
def test_an_allowed_host_may_be_private_and_plain(url: str, allowed: str) -> None:
    names = Names(hooks_internal=[["10.0.0.7"]])
    assert len(connects(url, names, allowed)) == 1


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:9001/", "127.0.0.1:9000"),
        ("http://127.0.0.2:9000/", "127.0.0.1:9000"),
        ("http://a.hooks.internal:9000/", "hooks.internal"),
        ("http://127.0.0.1@10.0.0.7:9000/", "127.0.0.1"),
        ("http://127.1:9000/", "127.0.0.1"),
    ],
)
def test_what_is_allowed_is_allowed_exactly(url: str, allowed: str) -> None:
    names = Names(a_hooks_internal=[["10.0.0.7"]])
    assert connects(url, names, allowed) == []


@pytest.mark.parametrize("url", ["https://hooks.example.com/a?b=c%20d&e=f", "https://hooks.example.com"])
def test_a_url_is_taken_as_it_is(url: str) -> None:
    assert Guard("", Names()).check(url).url == url


def test_a_refusal_says_how_to_allow() -> None:
    with pytest.raises(UrlRefused, match="NOSTRO_WEBHOOK_ALLOW"):
        Guard("", Names()).check("http://hooks.example.com/")


@pytest.mark.parametrize(
    "block",
    ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "fc00::/7", "fe80::/10", "ff00::/8"],
)
def test_no_block_has_a_hole_at_its_ends(block: str) -> None:
    network = ipaddress.ip_network(block)
    assert not is_public(network[0])
    assert not is_public(network[-1])
