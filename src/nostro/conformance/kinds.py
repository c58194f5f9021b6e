"""Which adapters the suite can be run against: those whose brokerage has a face."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nostro.brokers.registry import BrokerKind, discover
from nostro.embedded import paper_over_http
from nostro.sim.face import Face
from nostro.sim.skins import faces


@dataclass(frozen=True, slots=True)
class Subject:
    """An adapter, and the face that it is tried against."""

    kind: BrokerKind
    face: Face


def subjects() -> dict[str, Subject]:
    """Find all of them, by slug."""
    known = faces()
    return {
        kind.spec.slug: Subject(kind, face)
        for kind in _kinds()
        if (face := face_of(kind.spec.slug, known)) is not None
    }


def face_of(slug: str, faces: Mapping[str, Face]) -> Face | None:
    """Find the face of this slug, or of the longest part that it begins with.

    A brokerage speaks the same at its second entrance: `PAPER-SANDBOX` as `PAPER`.
    """
    name = slug.lower()
    while name not in faces and "-" in name:
        name = name.rpartition("-")[0]
    return faces.get(name)


def _kinds() -> Iterator[BrokerKind]:
    yield paper_over_http()
    yield from discover()
