"""What a diagram holds before it has coordinates: nodes, edges, bands, pools, scopes.

A scope is what is laid out in one piece: the pools of a collaboration, a process without one, or the inside of an
expanded subprocess.  Its bands are its innermost lanes from top to bottom; a scope without lanes has one band.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What the layout has to know about a node; the BPMN element name is kept beside it."""

    TASK = "task"
    SUBPROCESS = "subprocess"
    EVENT = "event"
    BOUNDARY = "boundary"
    GATEWAY = "gateway"
    DATA = "data"
    NOTE = "note"


class Flow(Enum):
    """Kinds of edges."""

    SEQUENCE = "sequence"
    MESSAGE = "message"
    DATA = "data"
    ASSOCIATION = "association"


#: Kinds that stand beside the flow and are placed next to what they belong to.
ARTIFACTS = frozenset({Kind.DATA, Kind.NOTE})
#: Kinds that boundary events sit on.
HOSTS = frozenset({Kind.TASK, Kind.SUBPROCESS})


@dataclass(frozen=True, slots=True)
class Node:
    """A shape that edges end at; sizes in pixels."""

    id: str
    tag: str
    kind: Kind
    name: str
    width: int
    height: int
    scope: str
    band: int = 0
    host: str | None = None
    event_driven: bool = False
    happy_end: bool = True


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection between two ends: nodes, borders of the scope, and (associations only) other edges."""

    id: str
    flow: Flow
    source: str
    target: str
    name: str = ""
    #: Marked with a slash near its source.
    default: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """An edge between the bodies of a scope; a boundary event counts as its host."""

    edge: Edge
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Border:
    """A side of the scope that edges may end at: a black-box pool, a pool as a whole, the frame of a subprocess."""

    id: str
    above: bool
    #: Index of the pool whose own border this is; None for what lies outside of all pools.
    pool: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane and the bands it covers; lanes that hold lanes come before them."""

    id: str
    name: str
    depth: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool with contents, or the process itself (``id`` None) when nothing is drawn around it."""

    id: str | None
    name: str
    first: int
    last: int
    lanes: tuple[Lane, ...] = ()

    @property
    def depth(self) -> int:
        """Number of nested lane headers."""
        return max((lane.depth + 1 for lane in self.lanes), default=0)


@dataclass(frozen=True, slots=True)
class BlackBox:
    """A pool without contents."""

    id: str
    name: str


@dataclass(slots=True)
class Scope:
    """One piece of layout work."""

    id: str
    pools: list[Pool] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    borders: dict[str, Border] = field(default_factory=dict)
    black_boxes: list[BlackBox] = field(default_factory=list)

    @property
    def bands(self) -> int:
        """Number of bands, over all pools."""
        return max((pool.last + 1 for pool in self.pools), default=1)

    def pool_of(self, band: int) -> int:
        """Index of the pool that a band belongs to."""
        return next(i for i, pool in enumerate(self.pools) if pool.first <= band <= pool.last)


@dataclass(slots=True)
class Diagram:
    """A plane, its outermost scope and the scopes inside of subprocesses, by subprocess id.

    An edge that crosses the frames of subprocesses is laid out in parts that have the same id, one in each scope;
    ``parts`` names these scopes in the direction of the edge.
    """

    plane: str
    root: Scope
    inner: dict[str, Scope] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)
    #: Groups and the nodes in them.
    groups: dict[str, list[str]] = field(default_factory=dict)
