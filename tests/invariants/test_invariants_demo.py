"""What `make run` shows violates nothing, and the command says so."""

from __future__ import annotations

import dataclasses
import json

import behind
import pytest
from click import testing as click_testing

import cli
from engine import bootstrap, config, testing
from engine.actions import deployments, people
from engine.calendars import moments
from engine.cli import stories
from engine.model import commands


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The demonstration as it stands after `gongkai serve --demo`."""
    place = tmp_path_factory.mktemp("demo")
    with testing.fresh_database(place, None, testing.MONDAY) as url:
        settings = dataclasses.replace(config.Settings(), database=url, files=str(place / "files"))
        clock = stories.Clock(moments.read("2026-11-18T10:00:00+08:00"))
        with bootstrap.open_engine(settings, clock) as engine:
            deployments.deploy(engine, "shizhengwuban", commands.Actor("admin", admin=True))
            people.seed_demo(engine)
            told = list(stories.play_together(engine, clock, stories.find(engine.packs)))
        assert len(told) > 5
        yield url


def run(url, *arguments):
    return click_testing.CliRunner().invoke(cli.main, ["--database", url, "audit", "invariants", *arguments])


def test_the_demonstration_violates_nothing(played):
    answer = run(played, "--json")
    report = json.loads(answer.stdout)
    assert [(each["invariant"]["id"], each["violations"]) for each in report["outcomes"] if each["violations"]] == []
    assert (answer.exit_code, report["errors"], report["warnings"]) == (0, 0, 0)
    looked_at = {each["invariant"]["id"]: each["looked_at"] for each in report["outcomes"]}
    assert looked_at["I-01"] > 0
    assert looked_at["I-08"] > 0
    text = run(played)
    assert "均符合要求。" in text.stdout


def test_an_error_ends_the_command_with_one_and_a_warning_does_not(played, tmp_path):
    with behind.copied(played, tmp_path / "copy.db") as copy:
        behind.change(
            copy,
            "update publications set until = '2001-01-01T00:00:00.000000Z' where kind = 'gongshi'",
            "update publications set content_sha256 = 'x' where kind = 'xinxi'",
        )
        warned = run(copy, "--invariant", "I-30")
        assert (warned.exit_code, "提示" in warned.stdout) == (0, True)
        wrong = run(copy, "--invariant", "I-08")
        assert (wrong.exit_code, "违反" in wrong.stdout) == (1, True)
        assert run(copy, "--invariant", "I-08", "--since", "2027-01-01").exit_code == 0


def test_unknown_names_are_refused(played):
    assert run(played, "--invariant", "I-99").exit_code == 3
    assert run(played, "--case", "没有这个编号").exit_code == 3
