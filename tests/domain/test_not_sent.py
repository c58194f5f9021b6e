"""What a caller is told of a request that never left: only where nobody was reached, that nobody was."""

import pytest

from nostro.domain.cancel import NotSentCause
from nostro.domain.errors import not_sent


@pytest.mark.parametrize("cause", list(NotSentCause))
def test_every_cause_says_that_nothing_was_sent_and_only_one_that_nobody_was_reached(
    cause: NotSentCause,
) -> None:
    said = str(not_sent(cause, "it takes no such order"))
    assert "Nothing was sent" in said
    assert ("could not be reached" in said) == (cause is NotSentCause.CONNECT_FAILED)
    assert ("it takes no such order" in said) == (cause is NotSentCause.REFUSED_LOCALLY)
    assert ("does not accept these credentials" in said) == (cause is NotSentCause.ACCESS_REFUSED)
