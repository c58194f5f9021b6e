"""Sessions of the official SDKs. The server they talk to is any base URL that a test gives them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from .harness import Auth, Installed, Sdk
from .install import PYTHON_VERSIONS, install_python, install_typescript, missing_for_typescript
from .which import SDKS

StartSdk = Callable[..., Sdk]
"""Called as `(installed, base_url, *, client_id=..., consumer_key=..., auth="commercial")`."""


@pytest.fixture(scope="session", params=PYTHON_VERSIONS)
def python_sdk(request: pytest.FixtureRequest) -> Installed:
    """Each Python SDK in turn."""
    return install_python(request.param)


@pytest.fixture(scope="session", params=SDKS, ids="-".join)
def any_sdk(request: pytest.FixtureRequest) -> Installed:
    """Each SDK of both languages in turn; TypeScript is skipped where node or npm is missing."""
    language, version = request.param
    if language == "python":
        return install_python(version)
    missing = missing_for_typescript()
    if missing is not None:
        pytest.skip(f"TypeScript SDKs: {missing}")  # Node is not asked of a machine; Python's SDKs are tried
    return install_typescript(version)


@pytest.fixture(scope="session")
def start_sdk() -> Iterator[StartSdk]:
    """Start SDKs against any server; the same arguments give the same running SDK."""
    running: dict[tuple[object, ...], Sdk] = {}
    with ExitStack() as stack:

        def start(
            installed: Installed,
            base_url: str,
            *,
            client_id: str = "PARTNER_CLIENT_ID",
            consumer_key: str = "CONSUMER_KEY",
            auth: Auth = "commercial",
        ) -> Sdk:
            key = (installed, base_url, client_id, consumer_key, auth)
            if key not in running:
                running[key] = stack.enter_context(
                    Sdk(installed, base_url, client_id, consumer_key, auth=auth)
                )
            return running[key]

        yield start
