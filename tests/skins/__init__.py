"""The faces of the embedded brokerage, each tried by its vendor's own client."""
