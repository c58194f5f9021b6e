"""What stands in an account, read live from its brokerage."""
