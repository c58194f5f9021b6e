"""nostro: a self-hosted brokerage gateway that tells the truth about every cancel.

Start at `orders/cancel.py`.
"""

__version__ = "0.1.0.dev0"
