"""A brokerage that says what a test tells it to."""

import json

from nostro.brokers.transport import Reply, Request


class Scripted:
    """A transport with one answer after the other, and the last one again and again."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[Request] = []

    async def send(self, request: Request, _timeout_s: float) -> Reply:
        self.requests.append(request)
        found = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def answer(status: int, document: object) -> Reply:
    return Reply(status, json.dumps(document).encode())
