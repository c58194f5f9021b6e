"""The connection portal: a page behind a login link where a person connects a brokerage account."""
