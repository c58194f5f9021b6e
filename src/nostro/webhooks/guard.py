"""Where a webhook may go: to public addresses, whatever the name in its URL resolves to.

A partner's URL is called from inside the operator's network, so it must not reach anything there (server-side
request forgery). Whoever checks a name and then connects to it asks the resolver twice, and can be told two
things; here a name is resolved once, every address of the answer is checked, and the connection goes to those
addresses. The operator can allow hosts by name (`NOSTRO_WEBHOOK_ALLOW`); their addresses are not checked.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

PORTS = frozenset({443, 8443})
"""Other ports must be allowed by the operator: a webhook must not talk to a mail server or a database."""

URL_CHARS_MAX = 2048

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Called with a host name and a port; returns IP addresses as text. Raises OSError where there is none."""

_URL = re.compile(r"(https?)://(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9.-]+)(?::([0-9]{1,5}))?(?:[/?][!-~]*)?")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address that is meant."""
_SPECIAL = (
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("2001::/23"),
)
"""Blocks of IANA's special-purpose registries that not every Python release counts as such."""


class UrlRefused(Exception):
    """The URL is not to be called; `str()` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL that may be called, and where its host led when it was checked."""

    url: str
    host: str
    """Lower case; an IPv6 address without brackets."""
    port: int
    addresses: tuple[str, ...] = ()
    """Empty as long as nobody resolved the host."""


class Guard:
    def __init__(self, allowed: str, resolve: Resolve) -> None:
        """`allowed` is a comma list of `host` (any port) or `host:port`."""
        self._allowed = frozenset(filter(None, (each.strip().lower() for each in allowed.split(","))))
        self._resolve = resolve

    def check(self, url: str) -> Target:
        """Check all that can be known without a resolver; raises UrlRefused."""
        found = _URL.fullmatch(url) if len(url) <= URL_CHARS_MAX else None
        if found is None or "\\" in url or "#" in url:
            raise UrlRefused("It must be an https URL in ASCII, without user, password and fragment.")
        scheme, host = found[1], found[2].lower().strip("[]")
        port = int(found[3] or (443 if scheme == "https" else 80))
        if not 0 < port < 65536:
            raise UrlRefused("There is no such port.")
        literal = _literal(host, is_ipv6=found[2].startswith("["))
        if not self._allows(host, port):
            if scheme != "https":
                raise UrlRefused(
                    "It must be https; NOSTRO_WEBHOOK_ALLOW can name hosts for which http will do."
                )
            if port not in PORTS:
                raise UrlRefused(f"Port {port} is not open to webhooks; NOSTRO_WEBHOOK_ALLOW can open it.")
        target = Target(url=url, host=host, port=port)
        return target if literal is None else self._led_to(target, [literal])

    async def find(self, url: str) -> Target:
        """Check the URL, resolve its host once, and check every address; raises UrlRefused, OSError."""
        target = self.check(url)
        if target.addresses:
            return target
        found = await self._resolve(target.host, target.port)
        if not found:
            raise OSError("the name has no address")
        return self._led_to(target, [ipaddress.ip_address(each) for each in found])

    def _led_to(self, target: Target, addresses: Sequence[Address]) -> Target:
        if not self._allows(target.host, target.port) and not all(map(is_public, addresses)):
            raise UrlRefused("It leads to an address that is not public.")
        return replace(target, addresses=tuple(map(str, addresses)))

    def _allows(self, host: str, port: int) -> bool:
        name = f"[{host}]" if ":" in host else host
        return bool(self._allowed & {host, name, f"{name}:{port}"})


def is_public(address: Address) -> bool:
    """Say whether an address is a public host's, also of one that wraps an IPv4 address in IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or address.scope_id is not None:
            return False
    return (
        address.is_global
        and not any(address.version == block.version and address in block for block in _SPECIAL)
        and not address.is_private
        and not address.is_loopback
        and not address.is_link_local
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver (`Resolve`)."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for _, _, _, _, sockaddr in found]


def _literal(host: str, *, is_ipv6: bool) -> Address | None:
    """Read an IP address; None for a name.

    Raises UrlRefused for what is neither: also for the short, octal and hexadecimal spellings of IPv4, which
    some resolvers understand.
    """
    try:
        if is_ipv6:
            return ipaddress.IPv6Address(host)
        labels = host.split(".")
        if _NUMBER.fullmatch(labels[-1]) is not None:
            return ipaddress.IPv4Address(host)
    except ValueError:
        raise UrlRefused("Its host is no IP address as one is usually written.") from None
    if len(host) > 253 or any(_LABEL.fullmatch(label) is None for label in labels):
        raise UrlRefused("Its host is no host name.")
    return None
