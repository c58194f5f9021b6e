"""What nostro writes, read by the models of the official SDKs."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from nostro.brokers.spec import BrokerSpec, Quality
from nostro.domain.cancel import CancelIntent, CancelState
from nostro.domain.capability import CancelAck, Capabilities, OrderRow, Replace
from nostro.domain.ids import CancelId, ClientOrderId
from nostro.domain.instrument import AssetClass
from nostro.domain.order import GroupRole, OrderStatus, OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Preview
from nostro.wire import (
    accounts,
    cancel,
    connections,
    markets,
    orders_v1,
    orders_v2,
    positions,
    previews,
    reference,
    users,
)
from nostro.wire.values import encode

from .conftest import StartSdk
from .harness import Sdk
from .install import install_python
from .samples import (
    ACCOUNT,
    BALANCES,
    CONNECTION,
    INSTRUMENTS,
    NOW,
    ONE_SIDED_QUOTE,
    POSITIONS,
    QUOTE,
    a_spread,
    an_order,
)

SPEC = BrokerSpec(
    slug="PAPER",
    name="Paper",
    description="A brokerage without money.",
    site="",
    is_paper=True,
    credentials=(),
    order_id=re.compile(r"[a-z0-9-]+"),
    capabilities=Capabilities(
        orders=(
            OrderRow(
                asset_class=AssetClass.STOCK,
                order_types=frozenset({OrderType.MARKET}),
                times_in_force=frozenset({TimeInForce.DAY}),
            ),
        ),
        groups=frozenset(),
        cancel=CancelAck.CONFIRMED,
        replace=Replace.UNSUPPORTED,
        client_order_ids=True,
    ),
    quality=Quality(rests_on="nothing", oracles=()),
    request_timeout_s=5.0,
    cancel_settles_s=None,
)
BROKERAGE = connections.render_brokerage(SPEC, "https://gateway.example/logo.png")
PREVIEW = Preview(cash_change=Decimal("-313.30"), commission=Decimal("0.50"), remaining_cash=Decimal("86.20"))
NEW_ORDER = NewOrder(
    legs=(NewLeg(symbol="AAPL", side=Side.BUY),),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(10),
    limit_price=Decimal("31.33"),
    client_order_id=ClientOrderId("550e8400-e29b-41d4-a716-446655440000"),
)
MONEY = accounts.render_money(Decimal(15363), "USD")
INTENT = CancelIntent(
    cancel_id=CancelId("0b3ebefb-ed47-43df-8d8f-729a4420b5cf"),
    account_id=ACCOUNT.account_id,
    brokerage_order_id=an_order().brokerage_order_id,
    state=CancelState.CONFIRMED,
    requested_at=NOW,
    raw={"status": "CANCELLED"},
)

BODIES: list[tuple[str, object]] = [
    ("status", users.Status(timestamp=NOW)),
    ("user_i_dand_secret", users.UserIDandSecret(userId="u", userSecret="s")),
    ("user_list", ["u1", "u2"]),
    ("delete_user_response", users.render_deleted_user("u")),
    (
        "login_redirect_uri",
        users.LoginRedirectURI(redirectURI="http://127.0.0.1:8000/portal?token=t", sessionId="s"),
    ),
    (
        "partner_data",
        users.PartnerData(
            slug="WEALTHLY", name="Wealthly", allowed_brokerages=(BROKERAGE,), redirect_uri=None
        ),
    ),
    ("brokerage", BROKERAGE),
    ("brokerage_authorization", connections.render_connection(CONNECTION, BROKERAGE)),
    (
        "brokerage_authorization",
        connections.render_connection(replace(CONNECTION, disabled_at=NOW), BROKERAGE),
    ),
    ("brokerage_authorization_refresh_confirmation", connections.render_refreshed("c")),
    ("brokerage_authorization_disabled_confirmation", connections.render_disabled("c")),
    ("delete_connection_confirmation", connections.render_deleted("c")),
    (
        "account",
        accounts.render_account(ACCOUNT, institution_name="Paper", total=MONEY, synced_at=NOW),
    ),
    ("account", accounts.render_account(ACCOUNT, institution_name="Paper", total=None, synced_at=None)),
    *(("balance", accounts.render_balance(balance)) for balance in BALANCES),
    (
        "connection_accounts_response",
        accounts.ConnectionAccountsResponse(
            results=(
                accounts.render_connection_account(
                    ACCOUNT, institution_id=BROKERAGE.id, total=MONEY, synced_at=NOW
                ),
                accounts.render_connection_account(
                    ACCOUNT, institution_id=BROKERAGE.id, total=None, synced_at=None
                ),
            )
        ),
    ),
    ("all_account_positions_response", positions.render_positions(POSITIONS, NOW)),
    ("symbols_quotes", markets.render_quotes((QUOTE, ONE_SIDED_QUOTE))),
    ("brokerage_instruments_response", markets.render_instruments(INSTRUMENTS.values())),
    ("cryptocurrency_pair_quote", markets.render_pair_quote(QUOTE)),
    *(("cryptocurrency_pair", pair) for pair in markets.render_pairs([INSTRUMENTS["crypto"]]).items),
    ("currency", reference.render_currency("USD")),
    *(("exchange", exchange) for exchange in reference.list_exchanges()),
    ("exchange", reference.render_exchange("XCME")),
    *(("security_type", kind) for kind in reference.list_security_types()),
    *(
        ("universal_symbol", reference.render_symbol(instrument))
        for instrument in INSTRUMENTS.values()
        if instrument.option is None
    ),
    (
        "manual_trade_and_impact",
        previews.render_impact(
            "139e307a-82f7-4402-b39e-4da7baa87758", ACCOUNT, NEW_ORDER, INSTRUMENTS["stock"], PREVIEW
        ),
    ),
    ("option_impact", previews.render_option_impact(PREVIEW)),
    ("crypto_order_preview", previews.render_crypto_preview(PREVIEW, "USD")),
    ("recent_orders_response", orders_v1.RecentOrdersResponse(orders=orders_v1.render_legs(a_spread()))),
    ("order_updated_response", orders_v1.render_updated(an_order())),
    ("mleg_order_response", orders_v1.render_mleg(a_spread())),
    ("complex_order_response", orders_v1.render_group((an_order(role=GroupRole.TRIGGER),))),
    ("simple_trade_response", orders_v1.SimpleTradeResponse(brokerage_order_id="1")),
    ("account_orders_v2_response", orders_v2.render_orders_v2((a_spread(), an_order()))),
    ("cancel_order_response", cancel.render_cancel(INTENT)),
    ("cancel_order_response", cancel.render_cancel(replace(INTENT, raw=None))),
]
VERSIONS = ("13", "11")
NEWER_THAN_11 = {("11", "connection_accounts_response"), ("11", "simple_trade_response")}
"""Models that SDK 11 does not have."""


@pytest.fixture(scope="module", params=VERSIONS)
def sdk(request: pytest.FixtureRequest, start_sdk: StartSdk) -> Sdk:
    """Each Python SDK with the published models; 11.0.100 still has numbers for quantities and prices."""
    return start_sdk(install_python(request.param), "http://127.0.0.1:9")


def as_json(value: object) -> object:
    return json.loads(encode(value))


@pytest.mark.parametrize(
    ("sdk", "model", "value"),
    [
        (version, model, value)
        for version in VERSIONS
        for model, value in BODIES
        if (version, model) not in NEWER_THAN_11
    ],
    ids=lambda part: part if isinstance(part, str) else "",
    indirect=["sdk"],
)
def test_the_sdk_takes_the_body(sdk: Sdk, model: str, value: object) -> None:
    assert sdk.check_model(model, as_json(value)) is None


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("kind", INSTRUMENTS)
def test_the_sdk_takes_an_order_of_every_kind_in_every_status(
    sdk: Sdk, kind: str, status: OrderStatus
) -> None:
    order = an_order(kind, status, filled="4")

    (record,) = orders_v1.render_legs(order)

    assert sdk.check_model("account_order_record", as_json(record)) is None
    assert sdk.check_model("account_order_record_v2", as_json(orders_v2.render_order_v2(order))) is None


@pytest.mark.parametrize("role", GroupRole)
def test_the_sdk_takes_every_role_in_a_group(sdk: Sdk, role: GroupRole) -> None:
    order = an_order(role=role)

    assert sdk.check_model("account_order_record", as_json(orders_v1.render_order(order))) is None
    assert sdk.check_model("account_order_record_v2", as_json(orders_v2.render_order_v2(order))) is None
