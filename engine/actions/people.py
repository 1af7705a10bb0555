"""Everything about people, in one place: the directory, accounts, units, substitutions, tokens, handing over."""

from __future__ import annotations

from engine.actions import context
from engine.actions.api_tokens import NewToken, create_token, grantable, revoke_token, tokens
from engine.actions.demo_people import DEMO_PASSWORD, seed_demo
from engine.actions.directory import Directory
from engine.actions.handing_over import HandedTask, HandOver, Outcome, hand_over
from engine.actions.substitutions import create_substitution, end_substitution, substitutions
from engine.actions.units import create_unit, remove_unit, update_unit
from engine.actions.users import (
    Changes,
    Created,
    activate,
    create_user,
    deactivate,
    reset_password,
    update_profile,
    update_user,
)
from engine.model import people

__all__ = [
    "DEMO_PASSWORD",
    "Changes",
    "Created",
    "Directory",
    "HandOver",
    "HandedTask",
    "NewToken",
    "Outcome",
    "activate",
    "create_substitution",
    "create_token",
    "create_unit",
    "create_user",
    "deactivate",
    "directory",
    "end_substitution",
    "grantable",
    "hand_over",
    "people_in_role",
    "remove_unit",
    "reset_password",
    "revoke_token",
    "seed_demo",
    "substitutions",
    "tokens",
    "update_profile",
    "update_unit",
    "update_user",
]


def directory(engine: context.Engine) -> Directory:
    """Return the names of all people, units and roles; from memory, at most half a minute old."""
    return engine.directory.get(engine.store)


def people_in_role(engine: context.Engine, role: str) -> list[people.User]:
    """Return the active people who have a role, by id."""
    return directory(engine).in_role(role)
