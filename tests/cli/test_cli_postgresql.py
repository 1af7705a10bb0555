"""The commands that look at a case do so on PostgreSQL, too, where what only reads locks nothing."""

from __future__ import annotations

from office import Office


def test_a_case_and_its_task_are_shown(bare: Office, postgres, monkeypatch):
    with postgres() as url:
        monkeypatch.setenv("GONGKAI_DATABASE", url)
        monkeypatch.setenv("GONGKAI_QUEUE", "rows")
        bare("deploy", "demo")
        case = bare.start()
        shown = bare("instance", "show", case, "--json").json
        (task,) = shown["user_tasks"]
        assert shown["instance"]["status"] == "active"
        assert str(case) in bare("instance", "show", case).out
        assert task["name"] in bare("task", "show", task["id"]).out
