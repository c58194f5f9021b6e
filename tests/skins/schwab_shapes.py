"""The shapes of Schwab's answers.

Written from the schemas of the portal's files (major/schwab-go b51b93a, `docs/*.openapi.json`), as far as
the face answers with them. What was recorded differs from these files, and stands here instead
(z-Wind/schwab_api 01c0039, and QuantConnect/Lean.Brokerages.CharlesSchwab 457fc68 for `aggregatedBalance`):
CANCELED as the type of an execution, and `activityId`; instruments without a name, and funds with a type;
`isInCall` is a flag; current balances have more than the file's schema; `aggregatedBalance` stands beside an
account; the leg of a preview has an instrument; preferences are one object.
"""

from .shapes import FLAG, INTEGER, NUMBER, TEXT, TIME, words

STATUS = words(
    "AWAITING_PARENT_ORDER AWAITING_CONDITION AWAITING_STOP_CONDITION AWAITING_MANUAL_REVIEW ACCEPTED"
    " AWAITING_UR_OUT PENDING_ACTIVATION QUEUED WORKING REJECTED PENDING_CANCEL CANCELED PENDING_REPLACE"
    " REPLACED FILLED EXPIRED NEW AWAITING_RELEASE_TIME PENDING_ACKNOWLEDGEMENT PENDING_RECALL UNKNOWN"
)
SESSION = words("NORMAL AM PM SEAMLESS")
DURATION = words(
    "DAY GOOD_TILL_CANCEL FILL_OR_KILL IMMEDIATE_OR_CANCEL END_OF_WEEK END_OF_MONTH NEXT_END_OF_MONTH UNKNOWN"
)
ORDER_TYPE = words(
    "MARKET LIMIT STOP STOP_LIMIT TRAILING_STOP CABINET NON_MARKETABLE MARKET_ON_CLOSE EXERCISE"
    " TRAILING_STOP_LIMIT NET_DEBIT NET_CREDIT NET_ZERO LIMIT_ON_CLOSE UNKNOWN"
)
STRATEGY = words("NONE COVERED VERTICAL CALENDAR DIAGONAL STRADDLE STRANGLE BUTTERFLY CONDOR CUSTOM")
INSTRUCTION = words(
    "BUY SELL BUY_TO_COVER SELL_SHORT BUY_TO_OPEN BUY_TO_CLOSE SELL_TO_OPEN SELL_TO_CLOSE EXCHANGE"
    " SELL_SHORT_EXEMPT"
)
ASSET_TYPE = words("EQUITY OPTION MUTUAL_FUND CASH_EQUIVALENT FIXED_INCOME COLLECTIVE_INVESTMENT")

INSTRUMENT = {
    "assetType": ASSET_TYPE,
    "symbol": TEXT,
    "description": TEXT,
    "instrumentId": INTEGER,
    "type": words("VANILLA EXCHANGE_TRADED_FUND"),
    "putCall": words("PUT CALL UNKNOWN"),
    "underlyingSymbol": TEXT,
    "optionDeliverables": [{"symbol": TEXT, "deliverableUnits": NUMBER}],
}
EXECUTION = {
    "legId": INTEGER,
    "quantity": NUMBER,
    "mismarkedQuantity": NUMBER,
    "price": NUMBER,
    "time": TIME,
    "instrumentId": INTEGER,
}
ORDER = {
    "session": SESSION,
    "duration": DURATION,
    "orderType": ORDER_TYPE,
    "cancelTime": TIME,
    "complexOrderStrategyType": STRATEGY,
    "quantity": NUMBER,
    "filledQuantity": NUMBER,
    "remainingQuantity": NUMBER,
    "requestedDestination": words("INET ECN_ARCA CBOE AMEX PHLX ISE BOX NYSE NASDAQ BATS C2 AUTO"),
    "destinationLinkName": TEXT,
    "stopPrice": NUMBER,
    "stopType": words("STANDARD BID ASK LAST MARK"),
    "price": NUMBER,
    "orderLegCollection": [
        {
            "orderLegType": words("EQUITY OPTION"),
            "legId": INTEGER,
            "instrument": INSTRUMENT,
            "instruction": INSTRUCTION,
            "positionEffect": words("OPENING CLOSING AUTOMATIC"),
            "quantity": NUMBER,
        }
    ],
    "orderStrategyType": words("SINGLE CANCEL RECALL PAIR FLATTEN TWO_DAY_SWAP BLAST_ALL OCO TRIGGER"),
    "orderId": INTEGER,
    "cancelable": FLAG,
    "editable": FLAG,
    "status": STATUS,
    "enteredTime": TIME,
    "closeTime": TIME,
    "tag": TEXT,
    "accountNumber": INTEGER,
    "orderActivityCollection": [
        {
            "activityType": words("EXECUTION ORDER_ACTION"),
            "activityId": INTEGER,
            "executionType": words("FILL CANCELED"),
            "quantity": NUMBER,
            "orderRemainingQuantity": NUMBER,
            "executionLegs": [EXECUTION],
        }
    ],
    "statusDescription": TEXT,
}
ORDER_ALWAYS = words(
    "session duration orderType complexOrderStrategyType quantity filledQuantity remainingQuantity"
    " orderLegCollection orderStrategyType orderId cancelable editable status enteredTime accountNumber"
)

_BALANCE = dict.fromkeys(
    words(
        "accruedInterest cashAvailableForTrading cashAvailableForWithdrawal cashBalance bondValue"
        " cashReceipts liquidationValue longOptionMarketValue moneyMarketFund mutualFundValue"
        " shortOptionMarketValue unsettledCash cashDebitCallValue pendingDeposits"
    ),
    NUMBER,
)
POSITION = dict.fromkeys(
    words(
        "shortQuantity averagePrice currentDayProfitLoss currentDayProfitLossPercentage longQuantity"
        " settledLongQuantity settledShortQuantity marketValue maintenanceRequirement averageLongPrice"
        " averageShortPrice taxLotAverageLongPrice taxLotAverageShortPrice longOpenProfitLoss"
        " shortOpenProfitLoss previousSessionLongQuantity previousSessionShortQuantity currentDayCost"
    ),
    NUMBER,
) | {"instrument": INSTRUMENT}
ACCOUNT = {
    "securitiesAccount": {
        "type": words("CASH MARGIN"),
        "accountNumber": TEXT,
        "roundTrips": INTEGER,
        "isDayTrader": FLAG,
        "isClosingOnlyRestricted": FLAG,
        "pfcbFlag": FLAG,
        "positions": [POSITION],
        "initialBalances": _BALANCE
        | {"longStockValue": NUMBER, "shortStockValue": NUMBER, "isInCall": FLAG, "accountValue": NUMBER},
        "currentBalances": _BALANCE
        | dict.fromkeys(
            words("longMarketValue shortMarketValue savings cashCall longNonMarginableMarketValue totalCash"),
            NUMBER,
        ),
        "projectedBalances": {"cashAvailableForTrading": NUMBER, "cashAvailableForWithdrawal": NUMBER},
    },
    "aggregatedBalance": {"currentLiquidationValue": NUMBER, "liquidationValue": NUMBER},
}
NUMBERS = [{"accountNumber": TEXT, "hashValue": TEXT}]

_FEES = {"value": NUMBER, "type": words("COMMISSION SEC_FEE OPT_REG_FEE TAF_FEE BASE_CHARGE")}
_COMMISSION = {"commissionLegs": [{"commissionValues": [_FEES]}]}
PREVIEW = {
    "orderId": INTEGER,
    "orderStrategy": {
        "accountNumber": TEXT,
        "advancedOrderType": words("NONE OTO OCO OTOCO"),
        "closeTime": TIME,
        "enteredTime": TIME,
        "orderBalance": dict.fromkeys(
            words("orderValue projectedAvailableFund projectedBuyingPower projectedCommission"), NUMBER
        ),
        "orderStrategyType": words("SINGLE"),
        "orderVersion": NUMBER,
        "session": SESSION,
        "status": STATUS,
        "discretionary": FLAG,
        "duration": DURATION,
        "filledQuantity": NUMBER,
        "orderType": ORDER_TYPE,
        "orderValue": NUMBER,
        "price": NUMBER,
        "quantity": NUMBER,
        "remainingQuantity": NUMBER,
        "sellNonMarginableFirst": FLAG,
        "strategy": STRATEGY,
        "amountIndicator": words("DOLLARS SHARES ALL_SHARES PERCENTAGE UNKNOWN"),
        "orderLegs": [
            {
                "askPrice": NUMBER,
                "bidPrice": NUMBER,
                "lastPrice": NUMBER,
                "markPrice": NUMBER,
                "projectedCommission": NUMBER,
                "finalSymbol": TEXT,
                "legId": NUMBER,
                "assetType": ASSET_TYPE,
                "instruction": INSTRUCTION,
                "quantity": NUMBER,
                "instrument": INSTRUMENT,
            }
        ],
    },
    "orderValidationResult": {
        "rejects": [
            {"activityMessage": TEXT, "originalSeverity": words("ACCEPT ALERT REJECT REVIEW UNKNOWN")}
        ]
    },
    "commissionAndFee": {
        "commission": _COMMISSION,
        "fee": {"feeLegs": [{"feeValues": [_FEES]}]},
        "trueCommission": _COMMISSION,
    },
}
PREFERENCE = {
    "accounts": [
        {
            "accountNumber": TEXT,
            "primaryAccount": FLAG,
            "type": TEXT,
            "nickName": TEXT,
            "displayAcctId": TEXT,
            "autoPositionEffect": FLAG,
            "accountColor": TEXT,
        }
    ],
    "streamerInfo": [
        dict.fromkeys(
            words(
                "streamerSocketUrl schwabClientCustomerId schwabClientCorrelId schwabClientChannel"
                " schwabClientFunctionId"
            ),
            TEXT,
        )
    ],
    "offers": [{"level2Permissions": FLAG, "mktDataPermission": TEXT}],
}
QUOTE = {
    "assetMainType": words("EQUITY OPTION"),
    "assetSubType": words("COE ETF"),
    "quoteType": words("NBBO NFL"),
    "realtime": FLAG,
    "symbol": TEXT,
    "quote": {
        "askPrice": NUMBER,
        "askSize": INTEGER,
        "bidPrice": NUMBER,
        "bidSize": INTEGER,
        "lastPrice": NUMBER,
        "mark": NUMBER,
        "quoteTime": INTEGER,
        "securityStatus": TEXT,
        "tradeTime": INTEGER,
    },
    "reference": {"description": TEXT},
}
ERROR = {"message": TEXT, "errors": [TEXT]}
