"""The whole server in one thread, under virtual time and seeded chance, with a world that is against it.

loop.py        event loop: virtual time, seeded choice of what runs next, processes that can be killed
ports.py       clock, ids and membership on that loop
durable.py     the database: an image that outlives processes, and a way to it that fails
disk.py        what every seed begins with
network.py     the way to the brokerage: requests that are late, and outlive their sender
receiver.py    partners' webhook receivers: up, down for hours, slow, losing their answers
fleet.py       server processes: they start, answer, die and start again
plan.py        everything that one seed decides
caller.py      what an API client sends
world.py       all of it together; chaos first, then peace
truth.py       the exchange's own log, by which all is judged
oracle.py      what must hold of cancels
placements.py  what must hold of orders that are placed
notices.py     what must hold of webhooks
recorder.py    what is seen from outside, order by order
history.py     whether an order of effects explains it
reached.py     what must happen at least once in a run of many seeds
"""
