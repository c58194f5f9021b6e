"""Installs official SDKs into `build/sdk/`, once per lock file, exactly as locked."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

from .harness import Installed

_ROOT = Path(__file__).parents[2]
_BUILD = _ROOT / "build" / "sdk"
_INSTALL_TIMEOUT_S = 300

PYTHON_VERSIONS = ("13", "11", "11.0.100")
TYPESCRIPT_VERSIONS = ("11", "9")


def install_python(version: str) -> Installed:
    """Install `requirements/sdk-python-<version>.txt`; needs a package index unless it was done before."""
    folder = install_locked(f"sdk-python-{version}", f"python-{version}")
    return Installed(language="python", version=version, folder=folder)


def install_locked(requirements: str, name: str) -> Path:
    """Install `requirements/<requirements>.txt` into a folder of its own, to be put on PYTHONPATH.

    Needs a package index unless it was done before; raises RuntimeError with pip's last words.
    """
    lock = _ROOT / "requirements" / f"{requirements}.txt"
    folder = _BUILD / f"{name}-{_digest(lock)}"
    if not folder.exists():
        fresh = _fresh_folder()
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--target", str(fresh), "--no-deps", "--require-hashes", "-r", str(lock)], _ROOT)
        _publish(fresh, folder)
    return folder


def install_oracle(name: str) -> Path:
    """Install `requirements/oracle-<name>.txt`, a client of others; as `install_locked`.

    Nobody skips what it cannot install: without an index there would be no environment to test in either.
    """
    return install_locked(f"oracle-{name}", f"oracle-{name}")


def missing_for_typescript() -> str | None:
    """Say which program the TypeScript SDKs need and this machine lacks; None if none."""
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    return f"{' and '.join(missing)} not found" if missing else None


def install_typescript(version: str) -> Installed:
    """Install `tests/sdk/node/<version>` with `npm ci`; needs a registry unless it was done before."""
    source = Path(__file__).parent / "node" / version
    folder = _BUILD / f"typescript-{version}-{_digest(source / 'package-lock.json')}"
    if not folder.exists():
        fresh = _fresh_folder()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, fresh / name)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], fresh)
        _publish(fresh, folder)
    return Installed(language="typescript", version=version, folder=folder)


def _digest(lock: Path) -> str:
    """Name an installation by its lock and by the interpreter, whose binary wheels it holds."""
    return hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:12]


def _fresh_folder() -> Path:
    _BUILD.mkdir(parents=True, exist_ok=True)
    return Path(mkdtemp(dir=_BUILD))


def _publish(fresh: Path, folder: Path) -> None:
    """Move a complete installation into place; where another process was first, its copy stays."""
    try:
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(fresh)


def _run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ,
        timeout=_INSTALL_TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = f"{command[0]} failed: {done.stderr.strip()[-2000:]}"
        raise RuntimeError(message)
