"""tastytrade."""

import re
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from nostro.brokers.transport import Reply, Request
from nostro.sim.face import Face
from nostro.sim.skins.tastytrade import tokens
from nostro.sim.skins.tastytrade.refusals import NoClient, fail, refuse
from nostro.sim.skins.tastytrade.routes import OAUTH_PATH, ROUTES
from nostro.sim.skins.tastytrade.shapes import about_another_order, answer, shape_id

_USER_AGENT = re.compile(r"[^\s/]+/\S+.*")


def _customer(request: Request, at: datetime) -> str:
    if not _USER_AGENT.fullmatch(request.headers.get("user-agent", "")):
        return ""
    if urlsplit(request.path).path != OAUTH_PATH:
        return tokens.read_access(request.headers.get("authorization", ""), at)
    grant = tokens.read_grant(request.body)
    api_key = tokens.read_refresh(grant.get("refresh_token", ""))
    if api_key and not tokens.is_client(api_key, grant):
        raise NoClient
    return api_key


def _shape(made: UUID) -> str:
    return str(shape_id(made))


def _no_orders() -> Reply:
    return answer(200, {"items": []}, "/accounts")


FACE = Face(
    slug="tastytrade",
    routes=ROUTES,
    customer=_customer,
    refuse=refuse,
    failure=fail,
    no_orders=_no_orders,
    about_another_order=about_another_order,
    shape_id=_shape,
    issue=tokens.issue,
)
