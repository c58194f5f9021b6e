from pprint import pprint
from snaptrade_client import SnapTrade, SnapTradeAuth

snaptrade = SnapTrade(
    auth=SnapTradeAuth.commercial_api_key(client_id="PARTNER_CLIENT_ID", consumer_key="CONSUMER_KEY"),
    host="@URL@",
)

response = snaptrade.trading.cancel_order(
    account_id="917c8734-8470-4a3e-a18f-57c3f2ee6631",
    user_id="snaptrade-user-123",
    user_secret="adf2aa34-8219-40f7-a6b3-60156985cc61",
    brokerage_order_id="66a033fa-da74-4fcf-b527-feefdec9257e",
)
pprint(response.body)
