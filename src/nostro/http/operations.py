"""Everything this server answers, one row each.

Routing, authentication and the OpenAPI document read this table.
"""

from dataclasses import replace
from typing import Any

from nostro.http import accounts, connections, orders, placing, reference, trading, users
from nostro.http.lanes import Lane
from nostro.http.operation import Operation, QueryParam, Who
from nostro.wire import forms, group_forms, order_forms, orders_v1, orders_v2, previews
from nostro.wire.accounts import AccountRecord, BalanceRecord, ConnectionAccountsResponse
from nostro.wire.cancel import CancellationReceipt, CancelOrderResponse
from nostro.wire.capabilities import BrokerageCapabilities
from nostro.wire.connections import (
    Brokerage,
    BrokerageAuthorization,
    Confirmation,
    DeleteConnectionConfirmation,
)
from nostro.wire.markets import (
    BrokerageInstrumentsResponse,
    CryptocurrencyPairQuote,
    CryptocurrencyPairs,
    SymbolQuote,
)
from nostro.wire.positions import AllAccountPositionsResponse
from nostro.wire.reference import UniversalSymbol
from nostro.wire.users import DeleteUserResponse, LoginRedirectURI, PartnerData, Status, UserIDandSecret

_ACCOUNT = "/accounts/{accountId}"
_PAIRS = _ACCOUNT + "/trading/instruments/cryptocurrencyPairs"


def _get(path: str, id_: str, handler: Any, answer: Any, summary: str, **rest: Any) -> Operation:
    return Operation(method="GET", path=path, id=id_, handler=handler, answer=answer, summary=summary, **rest)


def _post(path: str, id_: str, handler: Any, answer: Any, summary: str, **rest: Any) -> Operation:
    return Operation(
        method="POST", path=path, id=id_, handler=handler, answer=answer, summary=summary, **rest
    )


def _delete(path: str, id_: str, handler: Any, answer: Any, summary: str, **rest: Any) -> Operation:
    return Operation(
        method="DELETE", path=path, id=id_, handler=handler, answer=answer, summary=summary, **rest
    )


_STATE = QueryParam(
    name="state",
    description="Which orders to list.",
    schema=(("type", "string"), ("enum", ["all", "open", "executed"])),
)
_DAYS = QueryParam(
    name="days",
    description=f"How many days back to look, {orders.DAYS_DEFAULT} by default.",
    schema=(("type", "integer"), ("minimum", 1), ("maximum", orders.DAYS_MAX)),
)
_ONLY_EXECUTED = QueryParam(
    name="only_executed",
    description="Leave out what has no fill; true by default.",
    schema=(("type", "boolean"),),
)

CANCELS = (
    _post(
        _ACCOUNT + "/trading/cancel",
        "Trading_cancelOrder",
        trading.cancel_order,
        CancelOrderResponse,
        "Cancel order",
        description="Cancels an order in the specified account. Accepts order IDs for all asset types.\n",
        form=forms.CancelForm,
    ),
    _post(
        _ACCOUNT + "/orders/cancel",
        "Trading_cancelUserAccountOrder",
        trading.cancel_order_to_record,
        orders_v1.AccountOrderRecord,
        "Cancel order, first generation",
        form=forms.CancelForm,
    ),
    _post(
        _ACCOUNT + "/trading/crypto/spot/cancelOrder",
        "Trading_cancelCryptoSpotOrder",
        trading.cancel_order_to_record,
        orders_v1.AccountOrderRecord,
        "Cancel order, second generation",
        form=forms.CancelForm,
    ),
    _post(
        _ACCOUNT + "/trading/simple/{brokerageOrderId}/cancel",
        "Trading_cancelSimpleOrder",
        trading.cancel_order_by_path,
        orders_v1.OrderUpdatedResponse,
        "Cancel order, third generation",
    ),
    _get(
        "/cancellations/{cancelId}",
        "Trading_getCancellation",
        trading.get_cancellation,
        CancellationReceipt,
        "Get the receipt of a cancel: what was asked, sent, answered and proven",
    ),
)

PLACEMENTS = (
    _post(
        "/trade/place",
        "Trading_placeForceOrder",
        placing.place_order,
        orders_v1.AccountOrderRecord,
        "Place order",
        form=order_forms.OrderForm,
        is_repeatable=False,
    ),
    _post(
        "/trade/impact",
        "Trading_getOrderImpact",
        placing.preview_order,
        previews.ManualTradeAndImpact,
        "Check order impact",
        form=order_forms.OrderForm,
    ),
    _post(
        "/trade/{tradeId}",
        "Trading_placeOrder",
        placing.place_previewed_order,
        orders_v1.AccountOrderRecord,
        "Place checked order",
        form=forms.ConfirmForm,
        is_form_optional=True,
    ),
    _post(
        _ACCOUNT + "/trading/options",
        "Trading_placeMlegOrder",
        placing.place_options_order,
        orders_v1.MlegOrderResponse,
        "Place option order, single or multi-leg",
        form=order_forms.OptionsForm,
        is_repeatable=False,
    ),
    _post(
        _ACCOUNT + "/trading/options/impact",
        "Trading_getOptionImpact",
        placing.preview_options_order,
        previews.OptionImpact,
        "Check option order impact",
        form=order_forms.OptionsForm,
    ),
    _post(
        _ACCOUNT + "/trading/crypto",
        "Trading_placeCryptoOrder",
        placing.place_crypto_order,
        orders_v1.OrderUpdatedResponse,
        "Place crypto order",
        form=order_forms.CryptoForm,
        is_repeatable=False,
    ),
    _post(
        _ACCOUNT + "/trading/crypto/preview",
        "Trading_previewCryptoOrder",
        placing.preview_crypto_order,
        previews.CryptoOrderPreview,
        "Preview crypto order",
        form=order_forms.CryptoForm,
    ),
    _post(
        _ACCOUNT + "/trading/complex",
        "Trading_placeComplexOrder",
        placing.place_complex_order,
        orders_v1.ComplexOrderResponse,
        "Place OCO, OTO or OTOCO orders",
        form=group_forms.ComplexForm,
        is_repeatable=False,
    ),
    _post(
        _ACCOUNT + "/trading/bracket",
        "Trading_placeBracketOrder",
        placing.place_bracket_order,
        orders_v1.AccountOrderRecord,
        "Place bracket order",
        form=group_forms.BracketForm,
        is_repeatable=False,
    ),
    _post(
        _ACCOUNT + "/trading/simple",
        "Trading_placeSimpleOrder",
        placing.place_simple_order,
        orders_v1.SimpleTradeResponse,
        "Place order of any class",
        form=order_forms.SimpleForm,
        is_repeatable=False,
    ),
    _post(
        _ACCOUNT + "/trading/replace",
        "Trading_replaceOrder",
        placing.replace_order,
        orders_v1.AccountOrderRecord,
        "Replace order",
        form=order_forms.ReplaceForm,
        is_repeatable=False,
    ),
)

ORDERS = (
    _get(
        _ACCOUNT + "/orders",
        "AccountInformation_getUserAccountOrders",
        orders.list_orders,
        list[orders_v1.AccountOrderRecord],
        "List account orders",
        query=(_STATE, _DAYS),
    ),
    _get(
        _ACCOUNT + "/orders/v2",
        "AccountInformation_getUserAccountOrdersV2",
        orders.list_orders_v2,
        orders_v2.AccountOrdersV2Response,
        "List account orders, with legs",
        query=(_STATE, _DAYS),
    ),
    _get(
        _ACCOUNT + "/recentOrders",
        "AccountInformation_getUserAccountRecentOrders",
        orders.list_recent_orders,
        orders_v1.RecentOrdersResponse,
        "List orders of the last 24 hours",
        query=(_ONLY_EXECUTED,),
    ),
    _get(
        _ACCOUNT + "/recentOrders/v2",
        "AccountInformation_getUserAccountRecentOrdersV2",
        orders.list_recent_orders_v2,
        orders_v2.AccountOrdersV2Response,
        "List orders of the last 24 hours, with legs",
        query=(_ONLY_EXECUTED,),
    ),
    _post(
        _ACCOUNT + "/orders/details",
        "AccountInformation_getUserAccountOrderDetail",
        orders.get_order,
        orders_v1.AccountOrderRecord,
        "Get one order",
        form=forms.OrderDetailForm,
    ),
    _get(
        _ACCOUNT + "/orders/details/v2/{brokerageOrderId+}",
        "AccountInformation_getUserAccountOrderDetailV2",
        orders.get_order_v2,
        orders_v2.AccountOrderRecordV2,
        "Get one order, with legs",
    ),
)

ACCOUNTS = (
    _get(
        "/accounts",
        "AccountInformation_listUserAccounts",
        accounts.list_accounts,
        list[AccountRecord],
        "List accounts",
    ),
    _get(
        _ACCOUNT,
        "AccountInformation_getUserAccountDetails",
        accounts.get_account,
        AccountRecord,
        "Get account detail",
    ),
    _get(
        _ACCOUNT + "/balances",
        "AccountInformation_getUserAccountBalance",
        accounts.list_balances,
        list[BalanceRecord],
        "List account balances",
    ),
    _get(
        _ACCOUNT + "/positions/all",
        "AccountInformation_getAllAccountPositions",
        accounts.list_positions,
        AllAccountPositionsResponse,
        "List positions of every kind",
    ),
    _get(
        _ACCOUNT + "/quotes",
        "Trading_getUserAccountQuotes",
        accounts.list_quotes,
        list[SymbolQuote],
        "Get quotes",
        query=(
            QueryParam(name="symbols", description="Symbols or their ids, by commas.", is_required=True),
            QueryParam(name="use_ticker", description="Symbols are tickers.", schema=(("type", "boolean"),)),
        ),
    ),
    _post(
        _ACCOUNT + "/symbols",
        "ReferenceData_symbolSearchUserAccount",
        accounts.search_account_symbols,
        list[UniversalSymbol],
        "Search symbols that the account can trade",
        form=forms.SymbolQueryForm,
    ),
    _get(
        _PAIRS,
        "Trading_searchCryptocurrencyPairInstruments",
        accounts.list_crypto_pairs,
        CryptocurrencyPairs,
        "List crypto pairs",
        query=(
            QueryParam(name="base", description="Only pairs of this coin."),
            QueryParam(name="quote", description="Only pairs against this currency."),
        ),
    ),
    _get(
        _PAIRS + "/{instrumentSymbol}/quote",
        "Trading_getCryptocurrencyPairQuote",
        accounts.get_crypto_quote,
        CryptocurrencyPairQuote,
        "Get a crypto pair's quote",
    ),
    _get(
        _PAIRS + "/{base}/{quote}/quote",
        "Trading_getCryptocurrencyPairQuoteByParts",
        accounts.get_crypto_quote,
        CryptocurrencyPairQuote,
        "Get a crypto pair's quote, the pair written with a slash",
        is_hidden=True,
    ),
)

CONNECTIONS = (
    _get(
        "/authorizations",
        "Connections_listBrokerageAuthorizations",
        connections.list_connections,
        list[BrokerageAuthorization],
        "List connections",
        shares_path=True,
    ),
    _post(
        "/authorizations",
        "Connections_connect",
        connections.connect,
        BrokerageAuthorization,
        "Connect an account",
        form=forms.ConnectForm,
        shares_path=True,
    ),
    _get(
        "/authorizations/{authorizationId}",
        "Connections_detailBrokerageAuthorization",
        connections.get_connection,
        BrokerageAuthorization,
        "Get connection detail",
        shares_path=True,
    ),
    _get(
        "/authorizations/{authorizationId}/accounts",
        "Connections_listBrokerageAuthorizationAccounts",
        accounts.list_authorization_accounts,
        list[AccountRecord],
        "List a connection's accounts",
    ),
    _get(
        "/connections/{connectionId}/accounts",
        "Connections_listConnectionAccounts",
        accounts.list_connection_accounts,
        ConnectionAccountsResponse,
        "List a connection's accounts, by kind",
    ),
    _post(
        "/authorizations/{authorizationId}/refresh",
        "Connections_refreshBrokerageAuthorization",
        connections.refresh_connection,
        Confirmation,
        "Refresh a connection",
    ),
    _post(
        "/authorizations/{authorizationId}/disable",
        "Connections_disableBrokerageAuthorization",
        connections.disable_connection,
        Confirmation,
        "Disable a connection",
    ),
    _delete(
        "/connection/{connectionId}",
        "Connections_deleteConnection",
        connections.delete_connection,
        DeleteConnectionConfirmation,
        "Delete a connection",
    ),
    _delete(
        "/authorizations/{authorizationId}",
        "Connections_removeBrokerageAuthorization",
        connections.delete_authorization,
        None,
        "Delete a connection, first generation",
        success_status=204,
        shares_path=True,
    ),
)

IDENTITY = (
    _get(
        "/snapTrade/listUsers",
        "Authentication_listSnapTradeUsers",
        users.list_users,
        list[str],
        "List users",
        who=Who.PARTNER,
    ),
    _post(
        "/snapTrade/registerUser",
        "Authentication_registerSnapTradeUser",
        users.register_user,
        UserIDandSecret,
        "Register user",
        who=Who.PARTNER,
        form=forms.RegisterUserForm,
    ),
    _delete(
        "/snapTrade/deleteUser",
        "Authentication_deleteSnapTradeUser",
        users.delete_user,
        DeleteUserResponse,
        "Delete user",
        who=Who.PARTNER,
        query=(QueryParam(name="userId", description="The user to delete.", is_required=True),),
    ),
    _post(
        "/snapTrade/resetUserSecret",
        "Authentication_resetSnapTradeUserSecret",
        users.reset_user_secret,
        UserIDandSecret,
        "Rotate user secret",
        who=Who.PARTNER,
        form=forms.ResetUserSecretForm,
    ),
    _post(
        "/snapTrade/login",
        "Authentication_loginSnapTradeUser",
        users.login,
        LoginRedirectURI,
        "Make a link into the connection portal",
        form=forms.LoginForm,
        is_form_optional=True,
    ),
    _get(
        "/snapTrade/partners",
        "ReferenceData_getPartnerInfo",
        reference.get_partner,
        PartnerData,
        "Get partner info",
        who=Who.PARTNER,
    ),
)

REFERENCE = (
    _get("/", "ApiStatus_check", reference.get_status, Status, "Get API status", who=Who.ANYONE),
    _get(
        "/brokerages",
        "ReferenceData_listAllBrokerages",
        reference.list_brokerages,
        list[Brokerage],
        "List brokerages",
        who=Who.ANYONE,
    ),
    _get(
        "/capabilities",
        "ReferenceData_listCapabilities",
        reference.list_capabilities,
        list[BrokerageCapabilities],
        "List what each brokerage takes, and what its word proves",
        who=Who.ANYONE,
    ),
    _get(
        "/brokerages/{slug}/instruments",
        "ReferenceData_listAllBrokerageInstruments",
        reference.list_brokerage_instruments,
        BrokerageInstrumentsResponse,
        "List a brokerage's instruments",
        who=Who.PARTNER,
    ),
    _post(
        "/symbols",
        "ReferenceData_getSymbols",
        reference.search_symbols,
        list[UniversalSymbol],
        "Search symbols",
        who=Who.PARTNER,
        form=forms.SymbolQueryForm,
    ),
    _get(
        "/symbols/{query}",
        "ReferenceData_getSymbolsByTicker",
        reference.get_symbol,
        UniversalSymbol,
        "Get symbol by ticker or id",
        who=Who.PARTNER,
    ),
    _get("/logos/{file}", "Page_logo", reference.get_logo, None, "Logo", who=Who.ANYONE, is_hidden=True),
)

OPERATIONS = (
    *(replace(each, lane=Lane.CANCEL) for each in CANCELS),
    *(replace(each, lane=Lane.PLACE) for each in PLACEMENTS),
    *ORDERS,
    *ACCOUNTS,
    *CONNECTIONS,
    *IDENTITY,
    *REFERENCE,
)
