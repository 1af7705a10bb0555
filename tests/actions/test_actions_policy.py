"""Deny by default: every action is refused for everybody it is not for, and nothing changes then."""

from __future__ import annotations

import datetime
import inspect
import pathlib
import pkgutil

import packbuilder as p
import pytest
import snippets as s

from engine import actions, errors
from engine.actions import (
    archiving,
    backups,
    batches,
    conditions,
    definitions,
    deployments,
    external,
    incidents,
    instances,
    invariants,
    jobs,
    mails,
    messages,
    migrating,
    people,
    reissuing,
    signals,
    statistics,
    units,
    user_tasks,
    users,
    webhooks,
    withdrawing,
    worklists,
)
from engine.model import batches as batch_model
from engine.model import commands
from engine.model import instances as model

STRANGER = commands.Actor("zhaoliu")
CHIEF = commands.Actor("wangwu", frozenset({"chief"}))
ADMIN = commands.Actor("admin", admin=True)
CLERK = commands.Actor("zhangsan", frozenset({"clerk"}))
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
TODAY = NOW.date()
MAIN = batch_model.Selection(definition="main")
JOB = model.Job(1, 1, 5, "b", "t.run", model.JobStatus.LEASED, 1, 3, "R3/PT5M", NOW)

#: Action -> (call, who may not). Every public function of the action modules must be here or in NOT_FOR_ACTORS.
REFUSED = {
    "deployments.deploy": (lambda e, a: deployments.deploy(e, "demo", a), [STRANGER, CLERK]),
    "definitions.suspend": (lambda e, a: definitions.suspend(e, 1, a), [STRANGER, CLERK]),
    "definitions.activate": (lambda e, a: definitions.activate(e, 1, a), [STRANGER, CLERK]),
    "invariants.audit": (lambda e, a: invariants.audit(e, a), [STRANGER, CHIEF, CLERK]),
    "invariants.rulebooks": (lambda e, a: invariants.rulebooks(e, a), [STRANGER, CHIEF, CLERK]),
    "instances.start": (lambda e, a: instances.start(e, "main", a), [STRANGER, CHIEF]),
    "instances.start_by_id": (lambda e, a: instances.start_by_id(e, 1, a), [STRANGER, CHIEF]),
    "instances.start_by_message": (lambda e, a: instances.start_by_message(e, "收到申请", a), [STRANGER, CHIEF]),
    "instances.cancel": (lambda e, a: instances.cancel(e, 1, "误报", a), [STRANGER, CHIEF]),
    "instances.suspend": (lambda e, a: instances.suspend(e, 1, a), [STRANGER, CLERK]),
    "instances.activate": (lambda e, a: instances.activate(e, 1, a), [STRANGER, CLERK]),
    "instances.set_variables": (lambda e, a: instances.set_variables(e, 1, {"x": 1}, a), [STRANGER, CLERK]),
    "migrating.migrate": (lambda e, a: migrating.migrate(e, 1, a), [STRANGER, CHIEF, CLERK]),
    "migrating.plan": (lambda e, a: migrating.plan(e, 1, a), [STRANGER, CHIEF, CLERK]),
    "migrating.versions": (lambda e, a: migrating.versions(e, 1, a), [STRANGER, CHIEF, CLERK]),
    "user_tasks.claim": (lambda e, a: user_tasks.claim(e, 1, a), [STRANGER, CHIEF]),
    "user_tasks.unclaim": (lambda e, a: user_tasks.unclaim(e, 1, a), [STRANGER, CHIEF, CLERK]),
    "user_tasks.complete": (lambda e, a: user_tasks.complete(e, 1, a), [STRANGER, CHIEF, commands.SYSTEM]),
    "user_tasks.save_draft": (lambda e, a: user_tasks.save_draft(e, 1, a, {}), [STRANGER, CHIEF]),
    "user_tasks.delegate": (lambda e, a: user_tasks.delegate(e, 1, "lisi", a), [STRANGER, CHIEF, CLERK]),
    "user_tasks.resolve": (lambda e, a: user_tasks.resolve(e, 1, a), [STRANGER, CHIEF, CLERK]),
    "user_tasks.transfer": (lambda e, a: user_tasks.transfer(e, 1, "lisi", a), [STRANGER, CHIEF, CLERK]),
    "user_tasks.add_comment": (lambda e, a: user_tasks.add_comment(e, 1, "x", a), [STRANGER, CHIEF]),
    "messages.correlate": (lambda e, a: messages.correlate(e, "收到申请", a), [STRANGER, CLERK]),
    "signals.send": (lambda e, a: signals.send(e, "停止受理", a), [STRANGER, CLERK]),
    "conditions.evaluate": (lambda e, a: conditions.evaluate(e, {}, a), [STRANGER, CLERK]),
    "jobs.lease": (lambda e, a: jobs.lease(e, "w", a), [STRANGER, CLERK]),
    "backups.backup": (
        lambda e, a: backups.backup(e, pathlib.Path("nowhere/at-all"), a, lambda _: None),
        [STRANGER, CHIEF, CLERK],
    ),
    "archiving.write": (lambda e, a: archiving.write(e, 1, pathlib.Path("nowhere"), a), [STRANGER, CHIEF, CLERK]),
    "jobs.receive": (lambda e, a: jobs.receive(e, "w", ["demo.work"], 1, a), [STRANGER, CLERK]),
    "withdrawing.withdraw": (lambda e, a: withdrawing.withdraw(e, 1, a, "误公开"), [STRANGER, CHIEF, CLERK]),
    "reissuing.reissue": (lambda e, a: reissuing.reissue(e, 1, a, "模板有误"), [STRANGER, CHIEF, CLERK]),
    "jobs.heartbeat": (lambda e, a: jobs.heartbeat(e, JOB, a), [STRANGER, CLERK]),
    "jobs.release": (lambda e, a: jobs.release(e, JOB, a), [STRANGER, CLERK]),
    "jobs.complete": (lambda e, a: jobs.complete(e, JOB, {}, a), [STRANGER, CLERK]),
    "jobs.fail": (lambda e, a: jobs.fail(e, JOB, "x", a), [STRANGER, CLERK]),
    "jobs.throw_bpmn_error": (lambda e, a: jobs.throw_bpmn_error(e, JOB, "x", actor=a), [STRANGER, CLERK]),
    "external.fetch": (lambda e, a: external.fetch(e, a, "w", [external.Wanted("t.run")]), [STRANGER, CLERK, ADMIN]),
    "external.complete": (lambda e, a: external.complete(e, a, 1, "1.1", {}), [STRANGER, CLERK, ADMIN]),
    "external.fail": (lambda e, a: external.fail(e, a, 1, "1.1", "x"), [STRANGER, CLERK, ADMIN]),
    "external.throw_bpmn_error": (
        lambda e, a: external.throw_bpmn_error(e, a, 1, "1.1", "x"),
        [STRANGER, CLERK, ADMIN],
    ),
    "external.extend": (lambda e, a: external.extend(e, a, 1, "1.1", 60), [STRANGER, CLERK, ADMIN]),
    "external.release": (lambda e, a: external.release(e, a, 1, "1.1"), [STRANGER, CLERK, ADMIN]),
    "incidents.retry": (lambda e, a: incidents.retry(e, 1, a), [STRANGER, CLERK]),
    "incidents.resolve": (lambda e, a: incidents.resolve(e, 1, "x", a), [STRANGER, CLERK]),
    "batches.preview": (lambda e, a: batches.preview(e, "suspend", MAIN, a), [STRANGER, CHIEF, CLERK]),
    "batches.order": (lambda e, a: batches.order(e, "suspend", MAIN, a), [STRANGER, CHIEF, CLERK]),
    "batches.pause": (lambda e, a: batches.pause(e, 1, a), [STRANGER, CLERK]),
    "batches.resume": (lambda e, a: batches.resume(e, 1, a), [STRANGER, CLERK]),
    "batches.cancel": (lambda e, a: batches.cancel(e, 1, a), [STRANGER, CLERK]),
    "batches.retry": (lambda e, a: batches.retry(e, 1, a), [STRANGER, CLERK]),
    "batches.show": (lambda e, a: batches.show(e, 1, a), [STRANGER, CLERK]),
    "batches.listed": (lambda e, a: batches.listed(e, a), [STRANGER, CLERK]),
    "batches.items": (lambda e, a: batches.items(e, 1, a), [STRANGER, CLERK]),
    "users.create_user": (lambda e, a: users.create_user(e, a, "new", "新人"), [STRANGER, CLERK]),
    "users.update_user": (lambda e, a: users.update_user(e, a, "lisi", rights=["admin"]), [STRANGER, CLERK]),
    "users.reset_password": (lambda e, a: users.reset_password(e, a, "lisi"), [STRANGER, CLERK]),
    "users.deactivate": (lambda e, a: users.deactivate(e, a, "lisi", "离职"), [STRANGER, CLERK]),
    "users.activate": (lambda e, a: users.activate(e, a, "lisi"), [STRANGER, CLERK]),
    "units.create_unit": (lambda e, a: units.create_unit(e, a, "处"), [STRANGER, CLERK]),
    "units.update_unit": (lambda e, a: units.update_unit(e, a, 1, name="处", parent_id=None), [STRANGER, CLERK]),
    "units.remove_unit": (lambda e, a: units.remove_unit(e, a, 1), [STRANGER, CLERK]),
    "handing_over.hand_over": (lambda e, a: people.hand_over(e, "lisi", "wangwu", a, "离职"), [STRANGER, CLERK]),
    "substitutions.create_substitution": (
        lambda e, a: people.create_substitution(e, a, "lisi", "wangwu", TODAY, TODAY, "出差"),
        [STRANGER, CLERK],
    ),
    "substitutions.substitutions": (lambda e, a: people.substitutions(e, a, "lisi"), [STRANGER, CLERK]),
    "api_tokens.create_token": (
        lambda e, a: people.create_token(e, a, "x", ["read"], user_id="lisi"),
        [STRANGER, CLERK],
    ),
    "api_tokens.tokens": (lambda e, a: people.tokens(e, a, "lisi"), [STRANGER, CLERK]),
    "mails.overview": (lambda e, a: mails.overview(e, a), [STRANGER, CLERK]),
    "mails.post_test": (lambda e, a: mails.post_test(e, a, "a@office.test"), [STRANGER, CLERK]),
    "mails.retry": (lambda e, a: mails.retry(e, a, 1), [STRANGER, CLERK]),
    "webhooks.add": (lambda e, a: webhooks.add(e, a, "https://a.test/", ["*"]), [STRANGER, CLERK]),
    "webhooks.remove": (lambda e, a: webhooks.remove(e, a, 1), [STRANGER, CLERK]),
    "webhooks.pause": (lambda e, a: webhooks.pause(e, a, 1), [STRANGER, CLERK]),
    "webhooks.activate": (lambda e, a: webhooks.activate(e, a, 1), [STRANGER, CLERK]),
    "webhooks.webhook": (lambda e, a: webhooks.webhook(e, a, 1), [STRANGER, CLERK]),
    "webhooks.webhooks": (lambda e, a: webhooks.webhooks(e, a), [STRANGER, CLERK]),
    "webhooks.deliveries": (lambda e, a: webhooks.deliveries(e, a, 1), [STRANGER, CLERK]),
    "webhooks.retry": (lambda e, a: webhooks.retry(e, a, 1), [STRANGER, CLERK]),
    "worklists.all_tasks": (lambda e, a: worklists.all_tasks(e, a), [STRANGER, CLERK]),
    "statistics.overview": (lambda e, a: statistics.overview(e, a, statistics.Filter(TODAY, TODAY)), [STRANGER, CLERK]),
}
#: Those of them that change nothing, so that it is no matter in whose name.
READING = {
    "batches.preview", "batches.show", "batches.listed", "batches.items",
    "migrating.plan", "migrating.versions",
    "invariants.audit", "invariants.rulebooks",
    "substitutions.substitutions", "api_tokens.tokens", "mails.overview", "webhooks.webhook", "webhooks.webhooks",
    "webhooks.deliveries",
    "worklists.all_tasks", "statistics.overview",
}  # fmt: skip
#: What everybody does with what is their own; tests of people try it with what is not.
OWN = {
    "notices.inbox", "notices.kinds", "notices.mark_all_read", "notices.mark_read", "notices.mark_unread", "notices.seen",
    "notices.save_settings", "notices.settings", "notices.show", "notices.unread",
    "accounts.change_password", "accounts.sessions", "accounts.sign_out_everywhere", "accounts.sign_out_one",
    "api_tokens.revoke_token", "substitutions.end_substitution", "users.update_profile",
    "saved_filters.of", "saved_filters.remove", "saved_filters.save", "files.store",
}  # fmt: skip
#: What shows no more than the actor may see, or is not found at all; the tests of views try it as strangers.
VIEWS = {
    "files.find", "case_view.diagram", "case_view.view", "catalogue.shelves", "catalogue.start_view", "search.find", "task_view.view",
    "worklists.cases", "worklists.choices", "worklists.counts", "worklists.done", "worklists.next_own_task",
    "worklists.own_task", "worklists.to_do",
}  # fmt: skip
#: What takes no actor: it acts for the platform, or only looks.
NOT_FOR_ACTORS = {
    "figure_file.check", "figure_file.of_deployment", "figures.count", "figures.measure", "figures.percent",
    "figures.period", "figures.procedures_of", "figures.units_below", "figures.units_named",
    "batch_work.collect", "batch_work.go_on", "batch_work.meant", "batch_work.next_due",
    "catalogue.titles", "catalogue.topics", "linking.visible", "deadline_moves.go_on", "search.index_pending", "task_view.clauses", "tracing.on_disk", "worklists.case_filter", "worklists.query_of",
    "worklists.task_filter",
    "external.due", "feed.follow", "feed.lag", "files.forget", "files.safe_name", "files.sweep", "mails.enabled", "mails.failed", "mails.lease", "mails.post_due",
    "mails.refused", "mails.sent", "webhooks.answered", "webhooks.lease", "webhooks.next_delivery",
    "backups.check", "backups.members", "backups.reading", "backups.size", "restoring.restore",
    "erasing.clean_up", "erasing.scrub", "retention.due", "deployments.check", "proving.prove", "proving.size", "proving.transactions", "jobs.carry", "jobs.recall", "timers.fire_due", "timers.fire", "timers.fire_share", "messages.expire", "housekeeping.tidy", "jobs.crashes",
    "accounts.sign_in", "accounts.sign_in_external", "accounts.sign_out", "accounts.session", "accounts.token_actor",
    "accounts.actor_named", "accounts.hash_token", "demo_people.seed_demo", "people.directory", "people.people_in_role",
}  # fmt: skip
#: What the public may do and read, without an account; `tests/web/test_public_reading.py` and
#: `test_public_taking_part.py` try what they may not.
FOR_THE_PUBLIC = {
    "portal.attachment", "portal.document", "portal.is_closed", "portal.item", "portal.listed", "portal.overview",
    "hosting.hosts", "portal.facts", "portal.feed", "portal.publication", "portal.published", "portal.shown_text", "published_content.of", "published_content.of_sha256", "published_content.sha256",
    "published_content.text", "taking_part.service", "taking_part.services", "taking_part.start", "taking_part.submit",
    "taking_part.track", "taking_part.way", "taking_part.ways", "taking_part.why_closed",
}  # fmt: skip
#: What refuses the wrong actor, or shows no more than the actor may see: the tests of each, of the pages and of the API
#: (every operation as stranger, wrong role and right role) try it.
TRIED_THERE = {
    "calendar_changes.approve", "calendar_changes.listed", "calendar_changes.propose",
    "calendar_changes.preview", "calendar_changes.propose_revocation", "calendar_changes.refuse", "copies.copy_to", "copies.mark_read",
    "copies.received", "erasing.erase", "erasing.on_demand", "erasing.run", "retention.erasures", "retention.hold", "retention.holds", "retention.plan", "retention.release",
    "countersigning.answer", "countersigning.countersign", "countersigning.remove",
    "deployments.deploy_pack", "health.report", "linking.link", "linking.named", "linking.unlink", "mentions.mentions", "oversight.audit", "oversight.history",
    "oversight.incident", "oversight.incidents", "oversight.job", "oversight.jobs", "oversight.subscriptions",
    "oversight.timers", "oversight.variables", "oversight.verify_audit", "oversight.waiting_messages",
    "previews.offered", "previews.preview", "prospects.cancellable", "prospects.of_case", "prospects.of_task", "prospects.still_withdrawable", "prospects.urgeable", "prospects.urged",
    "prospects.withdrawable", "published.definition", "published.definitions", "published.deployment",
    "published.deployments", "published.diagram", "published.form", "published.newest_form", "published.newest_forms",
    "published.resource", "record_reading.document", "record_reading.entries", "record_reading.every", "record_reading.register",
    "record_reading.of_case", "record_reading.registers", "record_reading.version", "published.start_form", "published.svg", "returns.return_targets", "returns.return_to",
    "sight.case", "sight.countersignature", "sight.draft", "sight.of_task", "sight.refuse_deleted", "sight.task", "staff.get", "staff.search", "tracing.deployed",
    "tracing.pictured", "uploads.deploy",
    "urges.urge", "withdrawals.can_withdraw", "withdrawals.withdraw",
}  # fmt: skip
#: What looks at what it is given, and at nothing else.
PURE = {
    "api_tokens.grantable", "backups.rows", "batch_kinds.of", "batch_kinds.shown", "instances.check_reason", "calendar_changes.office", "countersigning.label", "deployments.allow", "open_tasks.subject", "recusal.check",
    "previews.named", "staff.successors", "record_writing.template_in", "register_search.asked_fields", "register_search.day_fields", "uploads.read",
    "retention.checked", "retention.single", "retention.until", "versions.check", "versions.of", "withdrawals.check", "withdrawing.checked",
}  # fmt: skip
INNER = {
    "archive_page", "archive_reading", "outgoing", "case_reading", "job_ends", "known", "labelled", "naming", "possibilities", "reckoning", "rows", "sentences", "standing",
    "migrating_tasks", "timeline", "waits", "whereabouts", "file_types", "scanning", "marks", "trace_joining",
    "invariant_evidence", "invariant_file", "invariant_rules",
    "acts", "digests", "letters", "outbox", "reminders", "telling", "webhook_events",
    "checking", "contents", "office_calendars", "overdue", "context", "correlation", "definition_cache", "policy", "propagate", "retries",
    "starting", "submissions", "transaction", "wording", "attempts", "directory", "duties", "following", "offering", "passwords",
}  # fmt: skip


@pytest.fixture
def driver(drive):
    start_by_message = s.start("asked", s.event("message", messageRef="M2"))
    body = (start_by_message, s.start(), s.user("a"), s.end(), s.path("start", "a", "end"), s.path("asked", "a"))
    driver = drive(main=p.diagram(*body))
    driver.start("main", as_=CLERK)
    return driver


@pytest.mark.parametrize(
    ("name", "actor"),
    [(name, actor) for name, (_, actors) in REFUSED.items() for actor in actors],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_an_action_is_refused_for_the_wrong_actor_and_leaves_no_trace(driver, name, actor):
    before = _everything(driver)

    with pytest.raises(errors.Forbidden) as refusal:
        REFUSED[name][0](driver.engine, actor)

    assert actor.id in refusal.value.message
    assert _everything(driver) == before


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in REFUSED
        if name not in READING | {"jobs.lease", "jobs.receive", "jobs.heartbeat", "jobs.release"}
    ],
)
def test_an_action_of_nobody_is_refused(driver, name):
    nobody = commands.Actor(" ", frozenset({"clerk", "chief"}), admin=True)
    with pytest.raises(errors.Forbidden, match="没有说明操作人"):
        REFUSED[name][0](driver.engine, nobody)


def test_no_action_is_missing_here():
    found = set()
    for module in pkgutil.iter_modules(actions.__path__):
        if module.name in INNER:
            continue
        loaded = __import__(f"engine.actions.{module.name}", fromlist=["_"])
        for name, value in vars(loaded).items():
            if not inspect.isfunction(value) or value.__module__ != loaded.__name__ or name.startswith("_"):
                continue
            if (
                next(iter(inspect.signature(value).parameters), "") != "tx"
            ):  # a part of actions, within their transaction
                found.add(f"{module.name}.{name}")
    assert found == set(REFUSED) | NOT_FOR_ACTORS | FOR_THE_PUBLIC | OWN | VIEWS | TRIED_THERE | PURE


def test_the_role_of_another_office_does_not_help(driver):
    impostor = commands.Actor("zhangsan2", frozenset({"Clerk", "clerk ", "clerks"}))
    with pytest.raises(errors.Forbidden):
        user_tasks.claim(driver.engine, 1, impostor)


def _everything(driver):
    with driver.engine.store.read() as uow:
        tables = (
            "instances",
            "user_tasks",
            "audit",
            "messages",
            "definitions",
            "deployments",
            "comments",
            "idempotency",
            "users",
            "units",
            "substitutions",
            "api_tokens",
        )
        return {table: uow.link.select(_all(table)) for table in tables}


def _all(table):
    from engine.store import tables

    return tables.metadata.tables[table].select()
