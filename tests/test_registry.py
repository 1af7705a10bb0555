"""Handlers: declared, found, looked up, given what they asked for and nothing else."""

from __future__ import annotations

import datetime
import pathlib
import sys
from typing import Any

import pytest

from engine import errors, registry

NOW = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)


def job(inputs: dict[str, Any]) -> registry.Job:
    return registry.Job("t", inputs, "K-1", 7, "Service_a", 1, "7-3", NOW)


def only(function: Any) -> registry.Handler:
    (found,) = registry.of(function)
    return found


def write(directory: pathlib.Path, name: str, text: str) -> None:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("from engine import registry\n" + text, encoding="utf-8")


def test_a_handler_gets_its_inputs_and_its_answer_becomes_variables() -> None:
    @registry.handler("t", inputs={"title": str, "days": int, "note": str | None, "tags": list[str]})
    def publish(job: registry.Job) -> dict[str, object]:
        return {"until": job.inputs["days"], "key": job.idempotency_key, "at": job.now.isoformat()}

    answer = only(publish).run(job({"title": "公示", "days": 5, "tags": ["a"]}))

    assert answer == {"until": 5, "key": "7-3", "at": "2026-03-02T09:00:00+00:00"}


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"days": 5}, "缺少“title”"),
        ({"title": "公示", "days": 5, "colour": "red"}, "多出“colour”"),
        ({"title": "公示", "days": "5"}, '“days”应为整数，实际为 "5"'),
        ({"title": "公示", "days": True}, "“days”应为整数，实际为 true"),
        ({"title": None, "days": 5}, "“title”应为文字，实际为 null"),
        ({"title": "公示", "days": 5, "note": 3}, "“note”应为文字或空，实际为 3"),
        ({"title": "公示", "days": 5, "tags": ["a", 1]}, "“tags.1”应为文字，实际为 1"),
        ({}, "缺少“title”；缺少“days”"),
    ],
)
def test_a_wrong_input_is_named_with_its_topic(inputs: dict[str, Any], sentence: str) -> None:
    ran = []

    @registry.handler(
        "publications.publish", inputs={"title": str, "days": int, "note": str | None, "tags": list[str] | None}
    )
    def publish(job: registry.Job) -> None:
        ran.append(job)

    with pytest.raises(errors.InvalidInput) as refusal:
        only(publish).run(job(inputs))

    assert "publications.publish" in refusal.value.message
    assert sentence in refusal.value.message
    assert ran == []


def test_inputs_may_be_declared_as_json_schema() -> None:
    schema = {"type": "object", "properties": {"level": {"enum": ["秘密", "机密"]}, "days": {"minimum": 1}}}

    @registry.handler("t", inputs=schema)
    def review(job: registry.Job) -> None:
        """Do nothing."""

    assert only(review).run(job({"level": "秘密", "other": 1})) == {}
    with pytest.raises(errors.InvalidInput, match='“level”应为 "秘密"、"机密" 之一，实际为 "公开"'):
        only(review).run(job({"level": "公开"}))
    with pytest.raises(errors.InvalidInput, match="“days”应满足 minimum: 1，实际为 0"):
        only(review).run(job({"days": 0}))


def test_undeclared_inputs_are_passed_as_they_are() -> None:
    @registry.handler("t")
    def echo(job: registry.Job) -> dict[str, object]:
        return dict(job.inputs)

    assert only(echo).run(job({"x": [1, {"y": None}]})) == {"x": [1, {"y": None}]}


@pytest.mark.parametrize("answer", [3, ["a"], {1: "a"}, {"at": NOW}, {"x": float("nan")}])
def test_an_answer_that_cannot_be_stored_is_refused(answer: Any) -> None:
    @registry.handler("t")
    def odd(job: registry.Job) -> Any:
        return answer

    with pytest.raises(errors.GongkaiError, match="处理程序“t”.*test_registry.py"):
        only(odd).run(job({}))


@pytest.mark.parametrize(
    ("topic", "inputs"), [("", None), ("t", {"a": set}), ("t", {"a": 3}), ("t", {"type": "objekt"})]
)
def test_a_wrong_declaration_fails_where_it_is_written(topic: str, inputs: Any) -> None:
    with pytest.raises(errors.InvalidInput):
        registry.handler(topic, inputs=inputs)


def test_heartbeat_tells_the_worker() -> None:
    beats = []
    registry.Job("t", {}, None, 1, "e", 1, "1-1", NOW, beat=lambda: beats.append(1)).heartbeat()
    assert beats == [1]


def test_scanning_finds_the_handlers_of_several_directories_even_when_files_have_the_same_name(tmp_path) -> None:
    body = "@registry.handler('{0}')\ndef run(job):\n    return {{'by': '{0}'}}\n"
    write(tmp_path / "a", "documents.py", body.format("a.print"))
    write(
        tmp_path / "a", "sub/more.py", "from ..documents import run\n" + body.format("a.more").replace("run(", "more(")
    )
    write(tmp_path / "b", "documents.py", body.format("b.print"))

    found = registry.scan([tmp_path / "a", tmp_path / "b", tmp_path / "missing"])

    assert found.topics == {"a.print", "a.more", "b.print"}
    assert found.get("b.print").run(job({})) == {"by": "b.print"}
    assert [each.topic for each in found] == ["a.more", "a.print", "b.print"]


def test_a_module_is_loaded_once_however_often_it_is_scanned(tmp_path) -> None:
    write(tmp_path, "once.py", "@registry.handler('once')\ndef run(job):\n    return {}\n")

    first, second = registry.scan([tmp_path]), registry.scan([tmp_path, tmp_path])

    assert first.get("once").function is second.get("once").function


def test_the_shipped_handlers_keep_their_importable_name() -> None:
    import handlers

    registry.scan([pathlib.Path(next(iter(handlers.__path__)))])

    assert not [
        name
        for name in sys.modules
        if name.startswith("gongkai_handlers_")
        and "handlers" in str(sys.modules[name])
        and str(pathlib.Path(next(iter(handlers.__path__))).resolve()) in getattr(sys.modules[name], "__path__", [])
    ]


def test_two_handlers_of_one_topic_are_refused_and_both_places_named(tmp_path) -> None:
    body = "@registry.handler('same.topic')\ndef run(job):\n    return {}\n"
    write(tmp_path, "one.py", body)
    write(tmp_path, "two.py", body)

    with pytest.raises(errors.InvalidInput) as refusal:
        registry.scan([tmp_path])

    assert "same.topic" in refusal.value.message
    assert f"{tmp_path / 'one.py'}:2" in refusal.value.message
    assert f"{tmp_path / 'two.py'}:2" in refusal.value.message


def test_a_file_that_cannot_be_imported_is_named(tmp_path) -> None:
    write(tmp_path, "broken.py", "import no_such_library\n")

    with pytest.raises(errors.InvalidInput, match="broken.py.*no_such_library"):
        registry.scan([tmp_path])


def test_an_unknown_topic_suggests_those_that_look_alike(tmp_path) -> None:
    write(tmp_path, "p.py", "@registry.handler('publications.publish')\ndef run(job):\n    return {}\n")
    found = registry.scan([tmp_path])

    with pytest.raises(errors.NotFound, match=r"publication\.publish.*是否应为：publications\.publish"):
        found.get("publication.publish")
    with pytest.raises(errors.NotFound, match="请在 handlers/ 中"):
        found.get("完全不同")
