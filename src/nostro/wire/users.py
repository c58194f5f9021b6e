"""Service status, partners, users and the way into the connection portal."""

from datetime import datetime

from msgspec import Struct

from nostro.wire.connections import Brokerage

API_VERSION = 153
"""The number in SnapTrade's published example; clients print it, and nothing more."""


class Status(Struct, kw_only=True, frozen=True):
    """`GET /`."""

    version: int = API_VERSION
    timestamp: datetime
    online: bool = True


class UserIDandSecret(Struct, kw_only=True, frozen=True):
    """What registering a user and rotating a secret answer: the only two bodies that carry a secret."""

    userId: str
    userSecret: str


class DeleteUserResponse(Struct, kw_only=True, frozen=True):
    status: str = "deleted"
    detail: str
    userId: str


class LoginRedirectURI(Struct, kw_only=True, frozen=True):
    redirectURI: str
    """Has a query already: clients append `&darkMode=true` and the like to it."""
    sessionId: str


class PartnerData(Struct, kw_only=True, frozen=True):
    slug: str
    name: str
    logo_url: str | None = None
    allowed_brokerages: tuple[Brokerage, ...]
    can_access_trades: bool = True
    can_access_holdings: bool = True
    can_access_account_history: bool = False
    can_access_reference_data: bool = True
    can_access_portfolio_management: bool = False
    can_access_orders: bool = True
    redirect_uri: str | None
    pin_required: bool = False


def render_deleted_user(user_id: str) -> DeleteUserResponse:
    return DeleteUserResponse(detail="User and all its connections were deleted.", userId=user_id)
