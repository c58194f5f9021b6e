"""The shapes of TradeStation's answers.

Written from the schemas of the vendor's file (mxcoppell/tradestation-api-python 40370f1,
`docs/tradestation-webapi-v3-openapi.json`), as far as the face answers with them. Where these differ from the
examples beside them, or from what was recorded, the latter stand here: new orders are answered with an
object, where the file says a list of such objects; dates of expiry are text, where it says objects; orders
show durations with a plus (QuantConnect/Lean.Brokerages.TradeStation 3a67233
`Models/Enums/TradeStationDuration.cs`).
"""

from .shapes import FLAG, INTEGER, TEXT, TIME, words

STATUS = words(
    "ACK ASS BRC BRF BRO CHG CND COR DIS DOA DON ECN EXE FPR LAT OPN OSO OTHER PLA REC RJC RPD RSN STP STT"
    " SUS UCN CAN EXP OUT RJR SCN TSC UCH REJ FLL FLP"
)
ORDER_TYPE = words("Limit StopMarket Market StopLimit")
DURATION = words("DAY DAY+ GTC GTC+ GTD GTD+ OPG CLO IOC FOK")
ASKED_DURATION = words("DAY DYP GTC GCP GTD GDP OPG CLO IOC FOK 1 3 5")
ASSET_TYPE = words("UNKNOWN STOCK STOCKOPTION FUTURE FUTUREOPTION FOREX CURRENCYOPTION INDEX INDEXOPTION")
ACCOUNT_TYPE = words("Cash Margin Futures DVP")

LEG = {
    "AssetType": ASSET_TYPE,
    "BuyOrSell": words("Buy Sell SellShort BuyToCover"),
    "ExecQuantity": TEXT,
    "ExecutionPrice": TEXT,
    "ExpirationDate": TIME,
    "OpenOrClose": words("Open Close"),
    "OptionType": words("CALL PUT"),
    "QuantityOrdered": TEXT,
    "QuantityRemaining": TEXT,
    "StrikePrice": TEXT,
    "Symbol": TEXT,
    "Underlying": TEXT,
}
ORDER = {
    "AccountID": TEXT,
    "AdvancedOptions": TEXT,
    "ClosedDateTime": TIME,
    "CommissionFee": TEXT,
    "ConditionalOrders": [{"OrderID": TEXT, "Relationship": words("BRK OSP OSO OCO")}],
    "Currency": TEXT,
    "Duration": DURATION,
    "FilledPrice": TEXT,
    "GoodTillDate": TIME,
    "GroupName": TEXT,
    "Legs": [LEG],
    "LimitPrice": TEXT,
    "OpenedDateTime": TIME,
    "OrderID": TEXT,
    "OrderType": ORDER_TYPE,
    "PriceUsedForBuyingPower": TEXT,
    "RejectReason": TEXT,
    "Routing": TEXT,
    "Status": STATUS,
    "StatusDescription": TEXT,
    "StopPrice": TEXT,
    "UnbundledRouteFee": TEXT,
}
ORDER_ALWAYS = words(
    "AccountID CommissionFee Currency Duration Legs OpenedDateTime OrderID OrderType PriceUsedForBuyingPower"
    " Routing Status StatusDescription UnbundledRouteFee"
)
"""What every example of an order has."""
ACCOUNT_ERROR = {"AccountID": TEXT, "Error": TEXT, "Message": TEXT}
ORDERS = {"Orders": [ORDER], "Errors": [ACCOUNT_ERROR], "NextToken": TEXT}
ORDERS_BY_ID = {"Orders": [ORDER], "Errors": [ACCOUNT_ERROR | {"OrderID": TEXT}]}
ACCOUNTS = {
    "Accounts": [
        {
            "AccountID": TEXT,
            "AccountType": ACCOUNT_TYPE,
            "Alias": TEXT,
            "Currency": TEXT,
            "Status": words("Active"),
            "AccountDetail": {
                "DayTradingQualified": FLAG,
                "EnrolledInRegTProgram": FLAG,
                "IsStockLocateEligible": FLAG,
                "OptionApprovalLevel": INTEGER,
                "PatternDayTrader": FLAG,
                "RequiresBuyingPowerWarning": FLAG,
            },
        }
    ]
}
BALANCES = {
    "Balances": [
        {
            "AccountType": ACCOUNT_TYPE,
            "BalanceDetail": dict.fromkeys(
                words(
                    "CostOfPositions DayTradeExcess DayTradeMargin DayTradeOpenOrderMargin DayTrades"
                    " InitialMargin MaintenanceMargin MaintenanceRate MarginRequirement OpenOrderMargin"
                    " OptionBuyingPower OptionsMarketValue OvernightBuyingPower RealizedProfitLoss"
                    " RequiredMargin SecurityOnDeposit TodayRealTimeTradeEquity TradeEquity"
                    " UnrealizedProfitLoss UnsettledFunds"
                ),
                TEXT,
            ),
        }
        | dict.fromkeys(
            words(
                "AccountID BuyingPower CashBalance Commission Equity MarketValue TodaysProfitLoss"
                " UnclearedDeposit"
            ),
            TEXT,
        )
    ],
    "Errors": [ACCOUNT_ERROR],
}
POSITIONS = {
    "Positions": [
        {
            "AssetType": words("STOCK STOCKOPTION FUTURE INDEXOPTION"),
            "ExpirationDate": TIME,
            "LongShort": words("Long Short"),
            "Timestamp": TIME,
        }
        | dict.fromkeys(
            words(
                "AccountID AveragePrice Bid Ask ConversionRate DayTradeRequirement InitialRequirement"
                " MaintenanceMargin Last MarkToMarketPrice MarketValue PositionID Quantity Symbol"
                " TodaysProfitLoss TotalCost UnrealizedProfitLoss UnrealizedProfitLossPercent"
                " UnrealizedProfitLossQty"
            ),
            TEXT,
        )
    ],
    "Errors": [ACCOUNT_ERROR],
}
QUOTES = {
    "Quotes": [
        {
            "TradeTime": TIME,
            "MarketFlags": dict.fromkeys(words("IsBats IsDelayed IsHalted IsHardToBorrow"), FLAG),
        }
        | dict.fromkeys(
            words(
                "Ask AskSize Bid BidSize Close DailyOpenInterest High Low Last NetChange NetChangePct Open"
                " PreviousClose PreviousVolume Symbol TickSizeTier Volume LastSize LastVenue VWAP"
            ),
            TEXT,
        )
    ],
    "Errors": [{"Symbol": TEXT, "Error": TEXT}],
}
CHANGED = {"Error": TEXT, "Message": TEXT, "OrderID": TEXT}
PLACED = {"Orders": [CHANGED], "Errors": [CHANGED]}
CONFIRMED = {
    "Confirmations": [
        {
            "OrderAssetCategory": words("EQUITY STOCKOPTION FUTURE"),
            "TimeInForce": {"Duration": ASKED_DURATION},
        }
        | dict.fromkeys(
            words(
                "AccountID Currency DebitCreditEstimatedCost EstimatedCommission EstimatedCost EstimatedPrice"
                " OrderConfirmID Route SummaryMessage"
            ),
            TEXT,
        )
    ]
}
ERROR = {"Error": TEXT, "Message": TEXT}
