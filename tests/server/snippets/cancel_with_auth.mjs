import { Snaptrade, SnaptradeAuth } from "snaptrade-typescript-sdk";

const snaptrade = new Snaptrade({
  auth: SnaptradeAuth.commercialApiKey({ clientId: "PARTNER_CLIENT_ID", consumerKey: "CONSUMER_KEY" }),
  basePath: "@URL@",
});

const response =
  await snaptrade.trading.cancelOrder({
    accountId:
      "917c8734-8470-4a3e-a18f-57c3f2ee6631",
    userId: "snaptrade-user-123",
    userSecret:
      "adf2aa34-8219-40f7-a6b3-60156985cc61",
    brokerage_order_id:
      "66a033fa-da74-4fcf-b527-feefdec9257e",
  });
console.log(response.data);
