"""What a case has left behind: entries of registers, documents, publications."""

from __future__ import annotations


def entries(driver, register=None, case=None):
    """Return what a case has written into registers, or into one of them, oldest first."""
    wanted = driver.case(case).id
    with driver.engine.store.read() as uow:
        found = uow.records.entries_of(wanted)
    return [each for each in found if register in (None, each.register)]


def documents(driver, template=None, case=None):
    """Return the documents of a case, or those of one template, oldest first."""
    wanted = driver.case(case).id
    with driver.engine.store.read() as uow:
        found = uow.records.documents_of(wanted)
    return [each for each in found if template in (None, each.template)]


def publications(driver, case=None):
    """Return what a case has published, oldest first."""
    wanted = driver.case(case).id
    with driver.engine.store.read() as uow:
        return uow.records.publications_of(wanted)
