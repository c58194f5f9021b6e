"""Which adapters the suite can be run against: those whose brokerage has a face."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nostro.brokers.registry import BrokerKind, discover
from nostro.embedded import paper_over_http
from nostro.sim.face import Face
from nostro.sim.native import NATIVE


@dataclass(frozen=True, slots=True)
class Subject:
    """An adapter, and the face that it is tried against."""

    kind: BrokerKind
    face: Face


def subjects() -> dict[str, Subject]:
    """Find all of them, by slug."""
    faces = _faces()
    return {
        kind.spec.slug: Subject(kind, faces[kind.spec.slug.lower()])
        for kind in _kinds()
        if kind.spec.slug.lower() in faces
    }


def _kinds() -> Iterator[BrokerKind]:
    yield paper_over_http()
    yield from discover()


def _faces() -> Mapping[str, Face]:
    """Find the faces, by slug in lower case."""
    return {NATIVE.slug: NATIVE}
