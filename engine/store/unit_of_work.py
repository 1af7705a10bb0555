"""One transaction, and everything that can be done in it."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from engine.model import instances as model
from engine.model import steps
from engine.store import audit as audit_module
from engine.store import batches as batches_module
from engine.store import calendar_changes as calendar_changes_module
from engine.store import carrying, recording, statements
from engine.store import case_links as case_links_module
from engine.store import comments as comments_module
from engine.store import copies as copies_module
from engine.store import countersignatures as countersignatures_module
from engine.store import definitions as definitions_module
from engine.store import deployments as deployments_module
from engine.store import document_versions as document_versions_module
from engine.store import external_topics as external_topics_module
from engine.store import feeds as feeds_module
from engine.store import files as files_module
from engine.store import history as history_module
from engine.store import idempotency as idempotency_module
from engine.store import incidents as incidents_module
from engine.store import instances as instances_module
from engine.store import involvement as involvement_module
from engine.store import jobs as jobs_module
from engine.store import mails as mails_module
from engine.store import messages as messages_module
from engine.store import notice_settings as notice_settings_module
from engine.store import notices as notices_module
from engine.store import numbering as numbering_module
from engine.store import people as people_module
from engine.store import receipts as receipts_module
from engine.store import records as records_module
from engine.store import retention as retention_module
from engine.store import returns as returns_module
from engine.store import saved_filters as saved_filters_module
from engine.store import search_index as search_index_module
from engine.store import sessions as sessions_module
from engine.store import standing_in as standing_in_module
from engine.store import submissions as submissions_module
from engine.store import subscriptions as subscriptions_module
from engine.store import timers as timers_module
from engine.store import urges as urges_module
from engine.store import user_tasks as user_tasks_module
from engine.store import webhooks as webhooks_module

if TYPE_CHECKING:
    from engine.store.database import Store


R = TypeVar("R")


class _lazy(Generic[R]):  # noqa: N801 - used like `property`
    """An attribute made when it is first asked for; `functools.cached_property` takes a lock to do so."""

    def __init__(self, make: Callable[[Any], R]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, owner: Any, _type: type | None = None) -> R:
        made = owner.__dict__[self._name] = self._make(owner)
        return made


class UnitOfWork:
    """A transaction as a ``with`` block; made by `Store.write`, `Store.read` and `Store.glance`.

    Its attributes are the repositories: deployments, definitions, instances, user_tasks, jobs, timers, subscriptions,
    messages, incidents, history, comments, audit, idempotency. `link` is for the read side (`engine.store.queries`).
    """

    def __init__(self, store: Store, *, writable: bool, alone: bool = False) -> None:
        self._store = store
        self._writable = writable
        self._alone = alone
        self._assigned: set[tuple[int, int]] = set()
        #: What a queue carries of the jobs that are recorded; None where nobody does, and workers look for them.
        self.terms: carrying.Terms | None = None
        #: The jobs that the queue is to be given before the end.
        self.carried: list[carrying.Load] = []
        self.link: statements.Link
        #: When it began, by the monotonic clock: it sees everything that was committed before, perhaps nothing since.
        self.began: float

    def __enter__(self) -> UnitOfWork:
        self.began = time.monotonic()
        self.link = self._store.begin(writable=self._writable, alone=self._alone)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._writable:
                self._write_trail()
                self.link.commit()
        finally:
            self._store.end(self.link, writable=self._writable)

    def flush(self) -> None:
        """Write the audit entries noted so far, and wait until all is written; the end of the block does so, too."""
        self._write_trail()
        self.link.flush()

    def _write_trail(self) -> None:
        touched = [each for each in self.instances.all_locked() if each.audit_seq != each.stored_seq]
        self.audit.flush(touched)

    def record(
        self,
        locked: instances_module.LockedInstance,
        step: steps.Step,
        now: datetime.datetime,
        *,
        by: str,
        on_behalf: str | None = None,
        submission: Mapping[str, Any] | None = None,
        status: model.InstanceStatus | None = None,
        end_reason: str | None = None,
    ) -> recording.Recorded:
        """Write everything that a step did, and the head of the instance's audit chain with it.

        Several steps of one instance may be recorded in one unit of work; `locked` has the newest state each time.

        Args:
            locked: The instance, as a `lock` of this unit of work returned it.
            step: What the executor did.
            now: When, with time zone.
            by: Id of the actor: who completed user tasks or resolved incidents that the step closes.
            on_behalf: Id of whom that actor stands in for, where one does.
            submission: What the form of the user task that the step completes was filled in with.
            status: Instead of the status of the step, e.g. ERROR for an error that nobody caught.
            end_reason: Why the instance ended, if it did.

        Returns:
            The ids of the user tasks that were opened, by token, and whether there are jobs to run.

        Raises:
            errors.Conflict: The instance is not as it was locked; nothing of the unit of work may be kept.
        """
        recorded = recording.record(
            self.link,
            locked,
            step,
            now,
            by=by,
            on_behalf=on_behalf,
            submission=submission,
            status=status,
            end_reason=end_reason,
            assigned=self._assigned,
            terms=self.terms,
        )
        self.carried += recorded.carried
        return recorded

    @_lazy
    def deployments(self) -> deployments_module.Deployments:
        """Packs as they were deployed."""
        return deployments_module.Deployments(self.link)

    @_lazy
    def definitions(self) -> definitions_module.Definitions:
        """Versions of processes."""
        return definitions_module.Definitions(self.link)

    @_lazy
    def instances(self) -> instances_module.Instances:
        """Process instances."""
        return instances_module.Instances(self.link, self.audit)

    @_lazy
    def user_tasks(self) -> user_tasks_module.UserTasks:
        """Work for people."""
        return user_tasks_module.UserTasks(self.link, self.instances, self._assigned)

    @_lazy
    def jobs(self) -> jobs_module.Jobs:
        """Work for handlers."""
        return jobs_module.Jobs(self.link, self.instances)

    @_lazy
    def timers(self) -> timers_module.Timers:
        """Points in time that something waits for."""
        return timers_module.Timers(self.link, self.instances)

    @_lazy
    def external_topics(self) -> external_topics_module.ExternalTopics:
        """Topics whose work is done elsewhere."""
        return external_topics_module.ExternalTopics(self.link)

    @_lazy
    def subscriptions(self) -> subscriptions_module.Subscriptions:
        """Messages and signals that something waits for."""
        return subscriptions_module.Subscriptions(self.link)

    @_lazy
    def messages(self) -> messages_module.Messages:
        """Messages that nobody waits for yet."""
        return messages_module.Messages(self.link)

    @_lazy
    def incidents(self) -> incidents_module.Incidents:
        """What ops must look at."""
        return incidents_module.Incidents(self.link, self.instances)

    @_lazy
    def history(self) -> history_module.History:
        """Where tokens have been."""
        return history_module.History(self.link)

    @_lazy
    def comments(self) -> comments_module.Comments:
        """What people wrote on cases."""
        return comments_module.Comments(self.link)

    @_lazy
    def audit(self) -> audit_module.AuditTrail:
        """Who did what."""
        return audit_module.AuditTrail(self.link)

    @_lazy
    def idempotency(self) -> idempotency_module.Idempotency:
        """Answers to requests that may be repeated."""
        return idempotency_module.Idempotency(self.link)

    @_lazy
    def users(self) -> people_module.Users:
        """Accounts of people."""
        return people_module.Users(self.link)

    @_lazy
    def units(self) -> people_module.Units:
        """The organisation that people belong to."""
        return people_module.Units(self.link)

    @_lazy
    def sessions(self) -> sessions_module.Sessions:
        """Browsers in which somebody has signed in."""
        return sessions_module.Sessions(self.link)

    @_lazy
    def sign_in_attempts(self) -> sessions_module.SignInAttempts:
        """Failed sign-ins."""
        return sessions_module.SignInAttempts(self.link)

    @_lazy
    def substitutions(self) -> standing_in_module.Substitutions:
        """Who acts for whom."""
        return standing_in_module.Substitutions(self.link)

    @_lazy
    def api_tokens(self) -> standing_in_module.ApiTokens:
        """What programs sign in with."""
        return standing_in_module.ApiTokens(self.link)

    @_lazy
    def involvement(self) -> involvement_module.Involvement:
        """Who has to do with a case."""
        return involvement_module.Involvement(self.link)

    @_lazy
    def calendar_changes(self) -> calendar_changes_module.CalendarChanges:
        """Changes of the working-day calendar."""
        return calendar_changes_module.CalendarChanges(self.link)

    @_lazy
    def countersignatures(self) -> countersignatures_module.Countersignatures:
        """Opinions on user tasks that were asked for, and completions that wait for agreement."""
        return countersignatures_module.Countersignatures(self.link)

    @_lazy
    def copies(self) -> copies_module.Copies:
        """Cases sent to people to know of."""
        return copies_module.Copies(self.link)

    @_lazy
    def case_links(self) -> case_links_module.CaseLinks:
        """Cases that belong together."""
        return case_links_module.CaseLinks(self.link)

    @_lazy
    def urges(self) -> urges_module.Urges:
        """Who asked for which task to be done soon."""
        return urges_module.Urges(self.link)

    @_lazy
    def returns(self) -> returns_module.Returns:
        """Cases that were sent back."""
        return returns_module.Returns(self.link)

    @_lazy
    def feeds(self) -> feeds_module.Feeds:
        """What nobody was told of yet."""
        return feeds_module.Feeds(self.link)

    @_lazy
    def notices(self) -> notices_module.Notices:
        """What people are told."""
        return notices_module.Notices(self.link)

    @_lazy
    def notice_settings(self) -> notice_settings_module.NoticeSettings:
        """What people want to be told."""
        return notice_settings_module.NoticeSettings(self.link)

    @_lazy
    def reminders(self) -> notice_settings_module.Reminders:
        """When people are reminded of open tasks."""
        return notice_settings_module.Reminders(self.link)

    @_lazy
    def mails(self) -> mails_module.Mails:
        """Mails on their way."""
        return mails_module.Mails(self.link)

    @_lazy
    def webhooks(self) -> webhooks_module.Webhooks:
        """Programs that are told of events."""
        return webhooks_module.Webhooks(self.link)

    @_lazy
    def files(self) -> files_module.Files:
        """What people uploaded."""
        return files_module.Files(self.link)

    @_lazy
    def document_versions(self) -> document_versions_module.DocumentVersions:
        """Versions of official documents."""
        return document_versions_module.DocumentVersions(self.link)

    @_lazy
    def records(self) -> records_module.Records:
        """The registers, documents and publications."""
        return records_module.Records(self.link)

    @_lazy
    def receipts(self) -> receipts_module.Receipts:
        """What strangers sent in by the public portal."""
        return receipts_module.Receipts(self.link)

    @_lazy
    def retention(self) -> retention_module.Retention:
        """How long cases are kept."""
        return retention_module.Retention(self.link)

    @_lazy
    def numbering(self) -> numbering_module.Numbering:
        """Series of numbers without gaps."""
        return numbering_module.Numbering(self.link)

    @_lazy
    def batches(self) -> batches_module.Batches:
        """Acts on many cases or incidents."""
        return batches_module.Batches(self.link)

    @_lazy
    def submissions(self) -> submissions_module.Submissions:
        """What forms were filled in with."""
        return submissions_module.Submissions(self.link)

    @_lazy
    def saved_filters(self) -> saved_filters_module.SavedFilters:
        """Filters of lists that people keep."""
        return saved_filters_module.SavedFilters(self.link)

    @_lazy
    def search_index(self) -> search_index_module.SearchIndex:
        """What can be found of cases by their words."""
        return search_index_module.SearchIndex(self.link)
