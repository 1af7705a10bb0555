"""What tests of migrations share: diagrams, a pack deployed once more, and the acts."""

from __future__ import annotations

from typing import Any

import packbuilder as p
import snippets as s

from engine import testing
from engine.actions import migrating
from engine.model import migrations

DRAFT = s.user("draft", name="起草", camunda_formKey="demo/report")
CHECK = s.user("check", name="复核")
REVIEW = s.user("review", name="审核", camunda_candidateGroups="chief")
FORM = {"report": p.schema(title=p.text())}


def line(*tasks: str, ids: tuple[str, ...], **more: Any) -> bytes:
    """Write a diagram of tasks one after the other."""
    return p.line(*tasks, ids=ids, **more)


ONE = line(DRAFT, REVIEW, ids=("draft", "review"))
TWO = line(DRAFT, CHECK, REVIEW, ids=("draft", "check", "review"))


def redeploy(driver: testing.EngineDriver, **parts: Any) -> None:
    """Write what has changed into the pack and deploy it."""
    given = {name: parts.pop(name) for name in {"forms", "handlers"} & set(parts)}
    p.write(driver.engine.packs.roots[0], parts, **given)
    driver.deploy("demo")


def migrate(driver: testing.EngineDriver, case: Any = None, **more: Any) -> migrations.Plan:
    """Migrate a case."""
    return migrating.migrate(driver.engine, driver.case(case).id, driver.user("admin"), **more)


def plan(driver: testing.EngineDriver, case: Any = None, **more: Any) -> migrations.Plan:
    """Ask what migrating a case would do."""
    return migrating.plan(driver.engine, driver.case(case).id, driver.user("admin"), **more)


def version(driver: testing.EngineDriver, case: Any = None) -> int:
    """Return the version that a case runs on."""
    definition_id = driver.case(case).definition_id
    with driver.engine.store.read() as uow:
        return uow.definitions.get(definition_id).version
