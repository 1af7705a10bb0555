"""People to try the product with: those whom the packs name, their units, an administrator and a monitor.

All of them share a password that everybody knows. Never on a database that is used in earnest: the first account that
is not one of these ends it.
"""

from __future__ import annotations

from engine import errors
from engine.actions import context, transaction
from engine.model import commands, people

DEMO_PASSWORD = "gongkai-demo"  # noqa: S105 - known to everybody on purpose

#: Units as the text of pack 000 names them; a pair is a unit and the one above it.
_UNITS = (
    ("市政务办", None),
    ("办领导", "市政务办"),
    ("综合处", "市政务办"),
    ("各处室、机关党委", "市政务办"),
    ("各进驻部门行政许可服务处", "市政务办"),
    ("各直属单位", "市政务办"),
)
_UNIT_OF_ROLE = {
    "lingdaoxiaozu": "办领导",
    "baomixiaozu": "办领导",
    "fayanren": "办领导",
    "zonghechu": "综合处",
    "zhuchiren": "综合处",
    "jiluren": "综合处",
    "fanyiren": "综合处",
    "chayuedian": "各直属单位",
    "danwei_fuze": "各处室、机关党委",
    "danwei_jingban": "各处室、机关党委",
    "fankui_chengban": "各进驻部门行政许可服务处",
}
_FURTHER = (
    ("admin", "系统管理员", frozenset({people.Right.ADMIN, people.Right.DESIGN})),
    ("monitor", "督办员", frozenset({people.Right.MONITOR})),
)


def seed_demo(engine: context.Engine) -> list[people.User]:
    """Make the demo users of the deployed packs, with roles and units; those that exist stay as they are.

    Returns:
        Everybody who was made.

    Raises:
        errors.Conflict: The database has accounts that are not for demonstration.
    """
    hashed = engine.passwords.hash(DEMO_PASSWORD)
    with transaction.begin(engine, commands.SYSTEM) as tx:
        known = tx.engine.directory.read(tx.uow)
        wanted: dict[str, tuple[str, frozenset[people.Right], tuple[str, ...]]] = {
            id_: (name, rights, ()) for id_, name, rights in _FURTHER
        }
        for user in tx.engine.directory.demo_users(tx.uow):
            roles = (*wanted[user.id][2], *user.roles) if user.id in wanted else user.roles
            wanted[user.id] = (user.name, frozenset(), tuple(sorted(set(roles))))
        strangers = sorted(set(known.users) - set(wanted))
        if strangers:
            raise errors.Conflict(f"数据库中已有非演示账号（{strangers[0]} 等），不再创建演示用户。")
        units = {unit.name: unit.id for unit in known.units.values()}
        for name, above in _UNITS:
            if name not in units:
                units[name] = tx.uow.units.add(name, None if above is None else units[above]).id
        made = []
        for id_, (name, rights, roles) in wanted.items():
            if id_ not in known.users:
                unit = next((_UNIT_OF_ROLE[role] for role in roles if role in _UNIT_OF_ROLE), "综合处")
                made.append(_add(tx, id_, name, rights, roles, units[unit], hashed))
    engine.directory.forget()
    return made


def _add(
    tx: transaction.Transaction,
    id_: str,
    name: str,
    rights: frozenset[people.Right],
    roles: tuple[str, ...],
    unit_id: int,
    hashed: str,
) -> people.User:
    user = people.User(
        id=id_,
        name=name,
        unit_id=unit_id,
        roles=roles,
        rights=rights,
        email=None,
        active=True,
        created_at=tx.now,
        must_change_password=False,
        language=people.Language.ZH,
        external_id=None,
        deactivated_at=None,
        has_password=True,
    )
    tx.uow.users.add(user, hashed)
    tx.note(None, "create-user", f"user/{id_}", name=name, roles=sorted(roles), rights=sorted(rights), demo=True)
    return user
