"""Connections: opening, listing, disabling and deleting them, and the brokerage sessions behind them."""
