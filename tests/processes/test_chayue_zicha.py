"""P000-20 查阅点自查: each of the three points against the five requirements of §42, and no fee (§43)."""

from __future__ import annotations

import pytest
from left_behind import entries

from engine import catalog, config, errors
from engine.actions import checking

KEPT = {
    "checked_on": "2026-03-09",
    "sign_kept": True,
    "sign_place": "大厅入口左侧",
    "rules_kept": True,
    "rules_named": "查阅服务规范、查阅点管理制度",
    "guidance_kept": True,
    "suggestions_kept": True,
    "training_kept": True,
    "training_note": "3月2日，查阅服务用语和目录检索",
    "free_kept": True,
}
#: Each requirement, with what is written where it is kept.
REQUIREMENTS = {
    "（一）": ("sign_kept", "sign_place"),
    "（二）": ("rules_kept", "rules_named"),
    "（三）": ("guidance_kept", None),
    "（四）": ("suggestions_kept", None),
    "（五）": ("training_kept", "training_note"),
    "免费": ("free_kept", None),
}
NAMES = {"first": "第一查阅点", "second": "第二查阅点", "third": "第三查阅点"}


def begin(driver):
    """Start a check; return the tasks of the points, in their order."""
    driver.start("chayue-zicha", as_="陈静")
    return driver.tasks()


def lacking(requirement, **more):
    kept, said = REQUIREMENTS[requirement]
    return {**{key: value for key, value in KEPT.items() if key != said}, kept: False, **more}


@pytest.mark.clause("P000-20 §41", "P000-20 §42(一)", "P000-20 §42(二)", "P000-20 §42(五)", "P000-20 §43")
def test_三处查阅点各自自查_登记后由综合处审阅(driver):
    tasks = begin(driver)
    assert [task.name for task in tasks] == ["逐项自查"] * 3
    for task in reversed(tasks):
        assert driver.status() == "active"
        driver.complete(task, as_="许丽", form=KEPT)
    found = entries(driver, "chayue-zicha")
    assert {each.values["point"] for each in found} == set(NAMES.values())
    for each in found:
        assert all(each.values[kept] for kept, _ in REQUIREMENTS.values())
        assert (each.values["sign_place"], each.values["checked_by"]) == (KEPT["sign_place"], "xuli")
    for who in ("许丽", "周明"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("审阅自查情况", as_=who, form={"office_opinion": "继续保持"})
    driver.complete("审阅自查情况", as_="陈静", form={"office_opinion": "继续保持"})
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_wanbi")


@pytest.mark.clause("P000-20 §42(一)", "P000-20 §42(二)", "P000-20 §42(三)")
@pytest.mark.clause("P000-20 §42(四)", "P000-20 §42(五)", "P000-20 §43")
@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_有一项没有做到的写明问题_改进以后才登记(driver, requirement):
    first, *_ = begin(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete(first, as_="许丽", form=lacking(requirement))
    driver.complete(first, as_="许丽", form=lacking(requirement, problems="标志脱落"))
    assert entries(driver, "chayue-zicha") == []
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("改进服务", as_="许丽", form={})
    driver.complete("改进服务", as_="许丽", form={"improvement": "已经重新设置"})
    (entry,) = entries(driver, "chayue-zicha")
    assert entry.values[REQUIREMENTS[requirement][0]] is False
    assert (entry.values["problems"], entry.values["improvement"]) == ("标志脱落", "已经重新设置")


@pytest.mark.clause("P000-20 §42(一)", "P000-20 §42(二)", "P000-20 §42(五)")
@pytest.mark.parametrize("missing", KEPT)
def test_每一项都要核对_做到的写明标志位置_制度名称_培训情况(driver, missing):
    first, *_ = begin(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete(first, as_="许丽", form={key: KEPT[key] for key in KEPT if key != missing})


@pytest.mark.clause("P000-20 §42")
def test_自查由综合处发起_由查阅点工作人员进行(driver):
    for who in ("许丽", "张三", "周明"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("chayue-zicha", as_=who)
    first, *_ = begin(driver)
    for who in ("陈静", "周明", "张三"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete(first, as_=who, form=KEPT)


@pytest.mark.clause("P000-20 §41")
def test_the_three_points_of_the_diagram_are_those_of_the_pack():
    pack = catalog.find(config.Settings()).pack("shizhengwuban")
    checked = checking.check(pack, topics=["registers.append"])
    file, process = checked.processes["chayue-zicha"]
    assert [each.sentence() for each in checked.findings if each.file == file.path] == []
    assert {(each.id, each.name) for each in pack.info.places.places} == set(NAMES.items())
    assert {element.id for element in process.elements.values() if not element.clause} == set()
    for name in ("chayue-zicha", "chayue-gaijin"):
        (point,) = (each for each in checked.forms[f"shizhengwuban/{name}"].fields if each.name == "point")
        assert [(each.value, each.label) for each in point.options] == list(NAMES.items())
