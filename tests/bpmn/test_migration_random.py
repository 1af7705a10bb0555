"""Random cases that are migrated in mid-way: to a version in which everything has another id, and more on every way."""

from __future__ import annotations

import collections
import dataclasses
import random
import re

import pytest
from play import Case
from random_acts import Player

from engine.bpmn import migration, reader
from engine.model import steps

SEEDS = range(90)
#: What the ids of the second version begin with.
NEW = "v2"


def renamed(data: bytes) -> bytes:
    """Give every element and flow another id; texts and expressions stay."""
    text = re.sub(r' (sourceRef|targetRef|attachedToRef|default)="', rf' \1="{NEW}', data.decode())
    return re.sub(
        r'<(?!process|definitions|message |signal |error |escalation )(\w+) id="', rf'<\1 id="{NEW}', text
    ).encode()


def lengthened(data: bytes, chance: random.Random, version: int) -> bytes:
    """Put a task that nobody waits for on some of the flows; the arms of an event gateway stay where they are."""
    text = data.decode()
    gateways = set(re.findall(r'<eventBasedGateway id="(\w+)"', text))
    count = 0

    def longer(found: re.Match[str]) -> str:
        nonlocal count
        flow, source, target, rest = found.groups()
        if source in gateways or chance.random() < 0.5:
            return found[0]
        count += 1
        name = f"added{version}_{count}"
        return (
            f'<task id="{name}"/><sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{name}">{rest}</sequenceFlow>'
            f'<sequenceFlow id="{flow}_{version}_{count}" sourceRef="{name}" targetRef="{target}"></sequenceFlow>'
        )

    pattern = r'<sequenceFlow id="(\w+)" sourceRef="(\w+)" targetRef="(\w+)">(.*?)</sequenceFlow>'
    return re.sub(pattern, longer, text).encode()


def old(element_id: str) -> str:
    return element_id.removeprefix(NEW)


def migrate(player: Player, data: bytes, *, rename: bool) -> None:
    """Migrate the case of a player, and what the player knows of it."""
    case = player.case
    new = reader.read(data, "new.bpmn")[0]
    ids = [*case.process.elements, *(flow.id for flow in case.process.flows)]
    mapping = {each: NEW + each for each in ids} if rename else {}
    found = migration.migrate(case.process, new, migration.Contexts(case.context, case.context), case.state, mapping)
    assert found.step is not None, [each.sentence() for each in found.findings]
    assert found.step.closed == found.step.visits == ()
    case.process = new
    case._take(found.step)
    case.steps -= 1  # acts write it into variables
    if rename:
        for rows in case.open.values():
            rows.update(
                {token: dataclasses.replace(row, element_id=NEW + row.element_id) for token, row in rows.items()}
            )
        player.made.optional |= {NEW + each for each in player.made.optional}


class Renamed(Player):
    """Plays on when elements have another id: what ops set is named after the old one."""

    def _complete(self, kind: str, token: int) -> None:
        row = self.case.open[kind][token]
        self.case.open[kind][token] = dataclasses.replace(row, element_id=old(row.element_id))
        super()._complete(kind, token)

    def _incident(self, token: int, lively: bool) -> None:
        row = self.case.open["incident"][token]
        self.case.open["incident"][token] = dataclasses.replace(row, element_id=old(row.element_id))
        super()._incident(token, lively)


def completed(case: Case) -> collections.Counter[str]:
    return collections.Counter(
        old(v.element_id) for v in case.visits if v.outcome == "completed" and v.element_type != "multiInstanceBody"
    )


def trace(visits: list[steps.Visit]) -> list[steps.Visit]:
    return [dataclasses.replace(v, element_id=old(v.element_id), name=old(v.name)) for v in visits]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_case_goes_on_as_if_it_had_not_been_migrated(seed):
    plain = Player(seed).to_the_end()
    player = Renamed(seed)
    at = random.Random(seed).randint(0, max(1, plain.acts - 1))
    while not player.case.ended:
        if player.acts == at:
            migrate(player, renamed(player.made.data), rename=True)
            at = -1
        player.act()
    assert trace(player.case.visits) == trace(plain.case.visits)
    assert player.case.variables == plain.case.variables


@pytest.mark.parametrize("seed", SEEDS)
def test_a_case_goes_on_where_the_diagram_has_become_longer(seed):
    player, chance = Player(seed), random.Random(seed)
    moments = sorted(chance.sample(range(40), 2))
    data = player.made.data
    while not player.case.ended:
        if moments and player.acts >= moments[0]:
            data = lengthened(data, chance, moments.pop(0))
            migrate(player, data, rename=False)
        player.act()
    player.made.check(completed(player.case))
