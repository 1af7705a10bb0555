"""台账 of document 000: whoever the document has work with a register finds it among theirs."""

from __future__ import annotations

import mulu_case
import pytest
from left_behind import entries

from engine import catalog, config, testing
from engine.actions import record_reading

PACK = catalog.find(config.Settings()).pack("shizhengwuban").info


def test_every_register_is_read_by_somebody_of_the_office():
    assert [each.id for each in PACK.registers if not each.readers] == []


@pytest.mark.clause("P000-03 §3", "P000-01 §1")
def test_第三条_责任单位和综合处查得到审定的公开内容目录():
    """A unit decides by the approved catalogue, and a proposal of a release names its entry."""
    with testing.EngineDriver("shizhengwuban") as driver:
        mulu_case.approve(driver)
        approved = entries(driver, "mulu-shending")
        assert approved
        for who in ("张三", "王芳", "陈静", "周明"):
            actor = driver.user(who)
            assert "mulu-shending" in readable(driver, who)
            listed = record_reading.entries(driver.engine, actor, "shizhengwuban", "mulu-shending")
            assert {each.entry.number for each in listed.lines} == {each.number for each in approved}
        assert "mulu-shending" not in readable(driver, "林慧")


def readable(driver, who):
    return [each.kept.register.id for each in record_reading.registers(driver.engine, driver.user(who))]
