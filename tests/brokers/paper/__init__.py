"""The embedded brokerage's adapter."""
