"""The "Cancel order" snippet of SnapTrade's reference, with nothing but the server's address added.

Start `nostro sandbox`, then run this with any official SDK (pip install snaptrade-python-sdk).
"""

import os
from pprint import pprint

import snaptrade_client  # type: ignore[import-not-found]  # nostro itself needs no SDK
from snaptrade_client import SnapTrade

url = os.environ.get("NOSTRO_URL", "http://127.0.0.1:8787")

if hasattr(snaptrade_client, "SnapTradeAuth"):  # since 12
    auth = snaptrade_client.SnapTradeAuth.commercial_api_key(
        client_id="PARTNER_CLIENT_ID",
        consumer_key="CONSUMER_KEY",
    )
    snaptrade = SnapTrade(auth=auth, host=url)
else:
    snaptrade = SnapTrade(
        client_id="PARTNER_CLIENT_ID",
        consumer_key="CONSUMER_KEY",
        host=url,
    )

response = snaptrade.trading.cancel_order(
    account_id="917c8734-8470-4a3e-a18f-57c3f2ee6631",
    user_id="snaptrade-user-123",
    user_secret="adf2aa34-8219-40f7-a6b3-60156985cc61",  # noqa: S106 - public, the sandbox's
    brokerage_order_id="66a033fa-da74-4fcf-b527-feefdec9257e",
)
pprint(response.body)  # noqa: T203 - what the snippet is for
