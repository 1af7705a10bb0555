"""Who acts. Every action is given an actor; there is no anonymous or implicit one."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Actor:
    """A person or a part of the system that acts: its id, its roles, and whether it may administer.

    `roles` are role ids of the packs. `system` is the platform itself (worker, timers).
    """

    id: str
    roles: frozenset[str] = frozenset()
    admin: bool = False
    system: bool = False

    @property
    def is_operator(self) -> bool:
        """Tell whether the actor may operate on cases that are not their own."""
        return self.admin or self.system


SYSTEM = Actor("system", system=True)
