"""Which SDK has what: tests run where there is something to run.

That the table is right, and no SDK left out that has a method, `test_harness.py` asks the SDKs themselves.
"""

import pytest

from .install import PYTHON_VERSIONS, TYPESCRIPT_VERSIONS

Named = tuple[str, str]
"""Language and version."""

SDKS: tuple[Named, ...] = (
    *(("python", version) for version in PYTHON_VERSIONS),
    *(("typescript", version) for version in TYPESCRIPT_VERSIONS),
)
NEWEST: Named = ("python", "13")
OLDEST: Named = ("python", "11.0.100")
"""Its lists, its models and its replacement are of an older shape."""


def but(*left_out: Named) -> tuple[Named, ...]:
    return tuple(each for each in SDKS if each not in left_out)


HAVING: dict[str, tuple[Named, ...]] = {
    "experimental_endpoints.place_simple_order": (NEWEST,),
    "trading.place_simple_order": (OLDEST,),
    "trading.place_crypto_order": but(OLDEST),
    "trading.place_complex_order": but(OLDEST, ("typescript", "9")),
    "trading.place_bracket_order": but(NEWEST),
    "trading.cancel_user_account_order": but(NEWEST),
}
"""By method. A method that is not here is in all of them."""


def only(*sdks: Named) -> pytest.MarkDecorator:
    """Run a test with these SDKs alone."""
    return pytest.mark.parametrize("any_sdk", sdks, ids="-".join, indirect=True)
