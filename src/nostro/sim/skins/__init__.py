"""Faces of the exchange that speak as brokerages do: each module or package here has one, `FACE`."""

import importlib
import pkgutil

from nostro.sim.face import Face
from nostro.sim.native import NATIVE


def faces() -> dict[str, Face]:
    """Find every face by its slug; the native one is `paper`."""
    modules = (importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))
    found: list[Face] = [NATIVE, *(module.FACE for module in modules)]
    return {face.slug: face for face in found}
