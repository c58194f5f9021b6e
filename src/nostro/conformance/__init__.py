"""The conformance suite: numbered cases that every adapter has to pass; `nostro conformance` runs them.

    case        a case, and what it can need of a brokerage
    card        what came of all cases, and how that is written down
    samples     orders that a brokerage takes, made from its specification
    bench       an exchange with two customers behind a brokerage's face, and the adapter's sessions there
    truth       what an outcome may say, given what the exchange knows
    closing identity acknowledged replies lost placing reading kinds_of_orders
                the cases
    suite       all of them, run one after the other
    kinds       which adapters there are to run them against

A case judges twice: what the adapter says, and what the exchange's truth log says was received and done. The
adapter talks to its brokerage's face over real HTTP. No case knows a brokerage by name: what a brokerage
cannot do is in its specification, and what needs that is skipped.
"""
