"""What is kept for a while is forgotten after it, and not before."""

from __future__ import annotations

import datetime

import packbuilder as p
import snippets as s
import staff

from engine.actions import housekeeping, instances, people


def test_answers_and_messages_are_forgotten_after_a_month(drive):
    start = s.start("asked", s.event("message", messageRef="M2"))
    driver = drive(
        main=p.diagram(start, s.start(), s.user("a"), s.end(), s.path("start", "a", "end"), s.path("asked", "a"))
    )
    first = instances.start(driver.engine, "main", driver.user("zhangsan"), idempotency_key="k")
    driver.message("收到申请", key="K", message_id="m", ttl=datetime.timedelta(hours=1))

    driver.sleep(days=29)
    assert housekeeping.tidy(driver.engine) == 0
    assert instances.start(driver.engine, "main", driver.user("zhangsan"), idempotency_key="k").id == first.id

    driver.sleep(days=2)
    assert housekeeping.tidy(driver.engine) == 2
    assert instances.start(driver.engine, "main", driver.user("zhangsan"), idempotency_key="k").id != first.id


def test_what_people_were_told_is_forgotten_after_a_year(drive):
    driver = drive(main=p.line(s.user("a"), ids=("a",)), settings=staff.SETTINGS)
    staff.hire(driver)
    driver.start("main", as_="zhangsan")
    people.reset_password(driver.engine, staff.ADMIN, "lisi")
    driver.run()

    driver.sleep(days=364)
    assert housekeeping.tidy(driver.engine) == 0
    driver.sleep(days=2)
    assert housekeeping.tidy(driver.engine) == 2, (
        "who may take the task beside its starter, and whose password was changed"
    )
