"""Who acts. Every action is given an actor; there is no anonymous or implicit one."""

from __future__ import annotations

import dataclasses

from engine.model import people


@dataclasses.dataclass(frozen=True, slots=True)
class Actor:
    """A person or a part of the system that acts: its id, its roles, and whether it may administer.

    `roles` are role ids of the packs. `system` is the platform itself (worker, timers). `monitor` may see every case,
    `designs` may work on processes. `acting_for` are the people whom the actor stands in for just now (代理): what is
    assigned or offered to them, the actor may do, under the own name. Nothing else of theirs passes over. `unit` is
    what candidate groups call the unit of the actor: its number; its name while there are no accounts. `topics` are the
    external topics whose jobs the actor may do, by the API token of number `token`.
    """

    id: str
    roles: frozenset[str] = frozenset()
    admin: bool = False
    system: bool = False
    monitor: bool = False
    designs: bool = False
    acting_for: tuple[Actor, ...] = ()
    unit: str | None = None
    topics: frozenset[str] = frozenset()
    token: int | None = None

    @property
    def is_operator(self) -> bool:
        """Tell whether the actor may operate on cases that are not their own."""
        return self.admin or self.system

    @property
    def groups(self) -> frozenset[str]:
        """Return the candidate groups that the actor is in: the roles, and these within the own unit."""
        return people.groups(self.roles, self.unit)


SYSTEM = Actor("system", system=True)
#: Everybody who takes part without an account. No account can have this id: brackets like these are not let through.
PUBLIC = Actor("公众（网上）")
