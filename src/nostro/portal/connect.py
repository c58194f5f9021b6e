"""One plain page: choose a brokerage, give its credentials, done. The link that opens it works once."""

import html
from importlib.resources import files
from string import Template
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from nostro.brokers.registry import BrokerKind
from nostro.domain.connection import ConnectionType
from nostro.domain.errors import Refusal
from nostro.http.call import Answer, Call
from nostro.http.operation import Operation, Who
from nostro.http.users import PORTAL_PATH
from nostro.storage.port import LoginLink

_PAGE = Template(files("nostro.portal").joinpath("page.html").read_text("utf-8"))
_PREFIX = "credential."
"""Begins the names of fields of credentials, so that one called `token` is none of the page's own."""

_HEADERS = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self' https: http:;"
            b" frame-ancestors 'none'; base-uri 'none'"
        ),
    ),
)


async def show_portal(call: Call) -> Answer:
    """Show the form. The token stays in the page's address and is used up by the form's submission."""
    token = call.query.get("token", "")
    try:
        link = await call.do.links.open(token)
    except Refusal as refusal:
        return _page("This link does not work", f"<p>{html.escape(str(refusal))}</p>", status=400)
    return _page("Connect an account", _forms(call, link, token))


async def submit_portal(call: Call) -> Answer:
    """Connect the account and send the person back where the partner wants them."""
    fields = call.value if isinstance(call.value, dict) else {}
    try:
        link = await call.do.links.use(str(fields.pop("token", "")))
        slug = str(fields.pop("broker", ""))
        given = {
            name.removeprefix(_PREFIX): text for name, text in fields.items() if name.startswith(_PREFIX)
        }
        connection = await call.do.connections.connect(link.owner, slug, given, _type(link))
    except Refusal as refusal:
        return _page("That did not work", f"<p>{html.escape(str(refusal))}</p>", status=400)
    redirect = link.options.get("custom_redirect", "")
    if redirect:
        target = _with_query(redirect, {"status": "SUCCESS", "connection_id": connection.connection_id})
        return Answer(body=b"", status=303, headers=((b"location", target.encode()), *_HEADERS))
    name = call.do.sessions.spec(connection).name
    return _page("Connected", f"<p>{html.escape(name)} is connected. You can close this page.</p>")


def _type(link: LoginLink) -> ConnectionType:
    return ConnectionType.READ if link.options.get("connection_type") == "read" else ConnectionType.TRADE


def _forms(call: Call, link: LoginLink, token: str) -> str:
    wanted = link.options.get("broker", "")
    kinds = [kind for kind in call.do.registry.kinds() if wanted in ("", kind.spec.slug)]
    if not kinds:
        return f"<p>This server has no brokerage {html.escape(wanted)}.</p>"
    return "".join(_form(kind, token) for kind in kinds)


def _form(kind: BrokerKind, token: str) -> str:
    spec = kind.spec
    optional = " (leave empty to open a new account)" if kind.open_account is not None else ""
    inputs = "".join(
        f'<label for="{spec.slug}-{each.name}">{html.escape(each.label)}{optional}</label>'
        f'<input id="{spec.slug}-{each.name}" name="{_PREFIX}{each.name}" autocomplete="off"'
        f' type="{"password" if each.is_secret else "text"}">'
        for each in spec.credentials
    )
    return (
        f'<form method="post" action="redeemToken"><h2>{html.escape(spec.name)}</h2>'
        f"<p>{html.escape(spec.description)}</p>{inputs}"
        f'<input type="hidden" name="token" value="{html.escape(token)}">'
        f'<button name="broker" value="{spec.slug}">Connect {html.escape(spec.name)}</button></form>'
    )


def _page(title: str, content: str, status: int = 200) -> Answer:
    body = _PAGE.substitute(title=html.escape(title), content=content).encode()
    return Answer(body=body, status=status, content_type=b"text/html; charset=utf-8", headers=_HEADERS)


def _with_query(url: str, values: dict[str, str]) -> str:
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *values.items()])
    return urlunsplit(parts._replace(query=query))


OPERATIONS = tuple(
    Operation(
        method=method,
        path=PORTAL_PATH,
        id=f"Page_{handler.__name__}",
        summary=summary,
        handler=handler,
        who=Who.ANYONE,
        takes_web_form=True,
        is_hidden=True,
    )
    for method, handler, summary in (
        ("GET", show_portal, "Show the connection portal"),
        ("POST", submit_portal, "Connect an account"),
    )
)
