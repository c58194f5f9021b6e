"""The embedded exchange: a scriptable market with a truth log, the faces it has, and declared faults.

    refusals instruments trading_day   facts and words
    terms matching money groups        rules, pure
    book ledger                        state: in memory, and on disk
    floor                              the steps an order goes through
    desk exchange                      what customers ask, what controls tell; one call = one transaction
    face                               what a brokerage's HTTP API is made of
    native skins/                      the exchange's own API, and those of other brokerages
    faults venue                       how requests go wrong; the two together, as a transport
    controls                           what tells the exchange, as JSON requests and replies
    server sockets                     all of it behind a port
    proxy                              connections that break at a named byte, for tests

It is a second program in spirit: it knows nothing of nostro's storage, and nostro knows of it only what comes
back through a `Transport`. The vocabulary (`nostro.domain`) is shared.
"""
