"""Random well-formed processes, and the count of visits each of their elements must have had in the end.

A block has one way in and one way out. `check` follows the tokens: n of them in, n of them out, and inside exactly as
many completions as the structure, and the events that were in fact fired, demand. It knows nothing of the executor.
"""

from __future__ import annotations

import collections
import dataclasses
import random
from collections.abc import Callable

from play import ERROR, ESCALATION, MESSAGE, ROOTS, SIGNAL, condition, diagram, flows, timer

#: What ops set to mend an incident: fits wherever a random process lacks something.
MENDED = "P1D"


@dataclasses.dataclass
class Block:
    """Elements in one scope between `entry` and `exit`, and the rule of counting them."""

    xml: str
    flow: str
    entry: str
    exit: str
    check: Callable[[collections.Counter[str], int], None]


class Maker:
    """Makes one random process; with `trouble` also what is interrupted, fails, or waits for ops and for variables.

    With `people`, most of what is done is done by people, one after the other and beside each other.
    """

    def __init__(self, seed: int, *, trouble: bool, people: bool = False) -> None:
        self.random = random.Random(seed)
        self.trouble = trouble
        self.people = people
        self.number = 0
        #: Elements whose waits are events that may but need not fire.
        self.optional: set[str] = set()
        self.jobs_in_scripts = 0
        #: Variables that conditions watch.
        self.variables: dict[str, bool] = {}
        #: Variables that count rounds, by the elements that write them.
        self.counters: dict[str, str] = {}

    def id(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def block(self, depth: int, *, single: bool) -> Block:
        """Make a block; `single` tells that at most one token at a time can be in it."""
        leaves = [self.leaf, self.leaf, self.catch, self.throw, self.counting]
        nodes = [
            self.sequence, self.parallel, self.exclusive, self.inclusive, self.subprocess, self.multiple, self.standard_loop,
            self.side_boundary, self.interrupting_boundary, self.event_gateway, self.error, self.escalation, self.listening,
            self.implicit, self.link, self.terminated,
        ]  # fmt: skip
        if single:
            nodes.append(self.gateway_loop)
        if self.trouble:
            nodes += [self.interrupted, self.cut_off, self.risky, self.mended, self.enough, self.watched]
        if self.people:
            leaves += [self.person] * 10
            nodes += [self.sequence] * 12 + [self.parallel, self.subprocess, self.side_boundary, self.implicit] * 2
        make = self.random.choice(leaves if depth <= 0 else nodes)
        return make(depth - 1, single)

    # -- leaves ---------------------------------------------------------------------------------------------

    def leaf(self, depth: int, single: bool) -> Block:
        tag, attributes = self.random.choice(
            [
                ("userTask", ""), ("userTask", ""), ("manualTask", ""), ("task", ""),
                ("serviceTask", 'camunda:type="external" camunda:topic="t"'),
                ("receiveTask", 'messageRef="M"'), ("sendTask", 'messageRef="M"'),
                ("callActivity", 'calledElement="c"'), ("businessRuleTask", 'camunda:decisionRef="d"'),
            ]
        )  # fmt: skip
        name = self.id("t")
        return self._one(f'<{tag} id="{name}" {attributes}/>', name)

    def person(self, depth: int, single: bool) -> Block:
        name = self.id("t")
        return self._one(f'<userTask id="{name}"/>', name)

    def _one(self, xml: str, name: str) -> Block:
        def check(done: collections.Counter[str], n: int) -> None:
            assert done[name] == n, f"{name}: {n} tokens came, {done[name]} were completed"

        return Block(xml, "", name, name, check)

    def counting(self, depth: int, single: bool) -> Block:
        name = self.id("t")
        self.jobs_in_scripts += 1
        return self._one(f'<scriptTask id="{name}"><script>count = count + 1</script></scriptTask>', name)

    def catch(self, depth: int, single: bool) -> Block:
        name = self.id("c")
        definition = self.random.choice([MESSAGE, SIGNAL, timer("Duration", "PT1H")])
        return self._one(f'<intermediateCatchEvent id="{name}">{definition}</intermediateCatchEvent>', name)

    def throw(self, depth: int, single: bool) -> Block:
        name = self.id("w")
        definition = self.random.choice([MESSAGE, ESCALATION, ""])
        return self._one(f'<intermediateThrowEvent id="{name}">{definition}</intermediateThrowEvent>', name)

    # -- structure ------------------------------------------------------------------------------------------

    def sequence(self, depth: int, single: bool) -> Block:
        parts = [self.block(depth, single=single) for _ in range(self.random.randint(2, 3))]
        links = ";".join(f"{a.exit}>{b.entry}" for a, b in zip(parts, parts[1:], strict=False))
        return self._join(parts, links, parts[0].entry, parts[-1].exit, lambda n: [n] * len(parts))

    def _join(
        self, parts: list[Block], links: str, entry: str, exit: str, counts: Callable[[int], list[int]], xml: str = ""
    ) -> Block:
        def check(done: collections.Counter[str], n: int) -> None:
            for part, m in zip(parts, counts(n), strict=True):
                part.check(done, m)

        flow = ";".join([*(p.flow for p in parts if p.flow), links])
        return Block(xml + "".join(p.xml for p in parts), flow, entry, exit, check)

    def _gateways(self, tag: str, depth: int, single: bool, open: Callable[[int, int], bool], default: bool) -> Block:
        split, join = self.id("g"), self.id("g")
        parts = [self.block(depth, single=single) for _ in range(self.random.randint(2, 3))]
        taken = [open(i, len(parts)) for i in range(len(parts))]
        extra = ""
        links = []
        for index, part in enumerate(parts):
            last = default and index == len(parts) - 1
            condition = "" if tag == "parallelGateway" or last else f"[{taken[index]}]"
            links.append(f"{split}>{condition}{part.entry}; {part.exit}>{join}")
            if last:
                extra = f' default="{split}_{part.entry}"'
        if default:
            earlier = any(taken[:-1])
            taken[-1] = not earlier
        if tag == "exclusiveGateway":
            first = taken.index(True)
            taken = [i == first for i in range(len(parts))]
        xml = f'<{tag} id="{split}"{extra}/><{tag} id="{join}"/>'
        return self._join(parts, ";".join(links), split, join, lambda n: [n if t else 0 for t in taken], xml)

    def parallel(self, depth: int, single: bool) -> Block:
        return self._gateways("parallelGateway", depth, single, lambda i, n: True, False)

    def exclusive(self, depth: int, single: bool) -> Block:
        return self._gateways("exclusiveGateway", depth, single, lambda i, n: self.random.random() < 0.5, True)

    def inclusive(self, depth: int, single: bool) -> Block:
        if not single:  # two rounds at once may be joined into one: then the count is not determined
            return self.parallel(depth, single)
        return self._gateways("inclusiveGateway", depth, single, lambda i, n: self.random.random() < 0.6, True)

    def implicit(self, depth: int, single: bool) -> Block:
        """Fork by several flows out of a task, end the side branch in the air."""
        head, side, main = self.id("t"), self.leaf(0, single), self.block(depth, single=single)
        links = f"{head}>{main.entry}; {head}>{side.entry}"
        return self._join([main, side], links, head, main.exit, lambda n: [n, n], f'<task id="{head}"/>')

    def link(self, depth: int, single: bool) -> Block:
        name, throw, catch = self.id("L"), self.id("w"), self.id("c")
        definition = f'<linkEventDefinition name="{name}"/>'
        xml = (
            f'<intermediateThrowEvent id="{throw}">{definition}</intermediateThrowEvent>'
            f'<intermediateCatchEvent id="{catch}">{definition}</intermediateCatchEvent>'
        )
        return Block(xml, "", throw, catch, lambda done, n: self._equal(done, n, throw, catch))

    @staticmethod
    def _equal(done: collections.Counter[str], n: int, *names: str) -> None:
        for name in names:
            assert done[name] == n, f"{name}: expected {n}, found {done[name]}"

    def gateway_loop(self, depth: int, single: bool) -> Block:
        merge, test, step, reset = self.id("g"), self.id("g"), self.id("t"), self.id("t")
        body, rounds, variable = self.block(depth, single=True), self.random.randint(1, 3), self.id("n")
        self.counters |= {step: variable, reset: variable}
        xml = (
            f'<scriptTask id="{reset}"><script>{variable} = 0</script></scriptTask><exclusiveGateway id="{merge}"/>'
            f'<scriptTask id="{step}"><script>{variable} = {variable} + 1</script></scriptTask>'
            f'<exclusiveGateway id="{test}" default="{test}_{(out := self.id("t"))}"/><task id="{out}"/>'
        )
        links = f"{reset}>{merge}>{body.entry}; {body.exit}>{step}>{test}>[{variable} < {rounds}]{merge}; {test}>{out}"
        return self._join([body], links, reset, out, lambda n: [n * rounds], xml)

    # -- scopes ---------------------------------------------------------------------------------------------

    def _scope(
        self, body: Block, attributes: str = "", loop: str = "", extra: str = "", end: str = ""
    ) -> tuple[str, str]:
        name, first, last = self.id("sub"), self.id("s"), self.id("e")
        inside = f"{body.xml}{flows(f'{body.flow};{first}>{body.entry};{body.exit}>{last}')}"
        xml = (
            f'<subProcess id="{name}" {attributes}>{loop}<startEvent id="{first}"/><endEvent id="{last}">{end}</endEvent>'
            f"{inside}{extra}</subProcess>"
        )
        return name, xml

    def subprocess(self, depth: int, single: bool) -> Block:
        body = self.block(depth, single=single)
        name, xml = self._scope(body)
        return self._wrap(name, xml, body, 1)

    def _wrap(self, name: str, xml: str, body: Block, times: int) -> Block:
        def check(done: collections.Counter[str], n: int) -> None:
            body.check(done, n * times)

        return Block(xml, "", name, name, check)

    def multiple(self, depth: int, single: bool) -> Block:
        times, sequential = self.random.randint(0, 3), self.random.random() < 0.5
        body = self.block(depth, single=single and sequential)
        loop = (
            f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
            f"<loopCardinality>{times}</loopCardinality></multiInstanceLoopCharacteristics>"
        )
        name, xml = self._scope(body, loop=loop)
        return self._wrap(name, xml, body, times)

    def standard_loop(self, depth: int, single: bool) -> Block:
        times = self.random.randint(1, 3)
        body = self.block(depth, single=single)
        name, xml = self._scope(body, loop=f'<standardLoopCharacteristics loopMaximum="{times}"/>')
        return self._wrap(name, xml, body, times)

    def listening(self, depth: int, single: bool) -> Block:
        body, handler = self.block(depth, single=single), self.block(min(depth, 0), single=False)
        esp, first, last = self.id("esp"), self.id("c"), self.id("e")
        self.optional.add(first)
        definition = self.random.choice([MESSAGE, SIGNAL])
        inside = f"{handler.xml}{flows(f'{handler.flow};{first}>{handler.entry};{handler.exit}>{last}')}"
        extra = (
            f'<subProcess id="{esp}" triggeredByEvent="true"><startEvent id="{first}" isInterrupting="false">{definition}'
            f'</startEvent><endEvent id="{last}"/>{inside}</subProcess>'
        )
        name, xml = self._scope(body, extra=extra)

        def check(done: collections.Counter[str], n: int) -> None:
            body.check(done, n)
            handler.check(done, done[first])

        return Block(xml, "", name, name, check)

    def error(self, depth: int, single: bool) -> Block:
        # The error ends its scope at once: what ran beside it must have ended before, in a scope of its own.
        body, handler = self.subprocess(depth, single), self.block(min(depth, 0), single=single)
        name, xml = self._scope(body, end=ERROR)
        boundary = self.id("b")
        xml += f'<boundaryEvent id="{boundary}" attachedToRef="{name}">{ERROR}</boundaryEvent>' + handler.xml
        links = f"{handler.flow};{boundary}>{handler.entry}"

        def check(done: collections.Counter[str], n: int) -> None:
            body.check(done, n)
            self._equal(done, n, boundary)
            handler.check(done, n)

        return Block(xml, links, name, handler.exit, check)

    def escalation(self, depth: int, single: bool) -> Block:
        handler = self.leaf(0, single)
        throw, boundary, end = self.id("w"), self.id("b"), self.id("e")
        name, xml = self._scope(
            Block(
                f'<intermediateThrowEvent id="{throw}">{ESCALATION}</intermediateThrowEvent>',
                "",
                throw,
                throw,
                lambda d, n: None,
            )
        )
        xml += (
            f'<boundaryEvent id="{boundary}" attachedToRef="{name}" cancelActivity="false">{ESCALATION}</boundaryEvent>'
            f'<endEvent id="{end}"/>{handler.xml}'
        )

        def check(done: collections.Counter[str], n: int) -> None:
            self._equal(done, n, throw, boundary, name, end)
            handler.check(done, n)

        return Block(xml, f"{boundary}>{handler.entry};{handler.exit}>{end}", name, name, check)

    def terminated(self, depth: int, single: bool) -> Block:
        """A subprocess that ends all it does as soon as one of its branches does."""
        name, split, a, b, first, end = (self.id(p) for p in ("sub", "g", "t", "t", "s", "e"))
        inside = (
            f'<startEvent id="{first}"/><parallelGateway id="{split}"/><userTask id="{a}"/><userTask id="{b}"/>'
            f'<endEvent id="{end}"><terminateEventDefinition/></endEvent>{flows(f"{first}>{split}>{a}>{end};{split}>{b}>{end}")}'
        )

        def check(done: collections.Counter[str], n: int) -> None:
            assert done[a] + done[b] == done[end] == done[name] == n

        return Block(f'<subProcess id="{name}">{inside}</subProcess>', "", name, name, check)

    def enough(self, depth: int, single: bool) -> Block:
        """User tasks beside each other of which some are enough."""
        times, needed = self.random.randint(1, 4), self.random.randint(1, 3)
        sequential = str(self.random.random() < 0.5).lower()
        name = self.id("t")
        xml = (
            f'<userTask id="{name}"><multiInstanceLoopCharacteristics isSequential="{sequential}"><loopCardinality>{times}'
            f"</loopCardinality><completionCondition>nrOfCompletedInstances >= {needed}</completionCondition>"
            "</multiInstanceLoopCharacteristics></userTask>"
        )
        return Block(xml, "", name, name, lambda done, n: self._equal(done, n * min(times, needed), name))

    # -- what goes wrong --------------------------------------------------------------------------------------

    def mended(self, depth: int, single: bool) -> Block:
        """Something that is an incident until ops set a variable named after it."""
        name, boundary, other = self.id("t"), self.id("b"), self.id("t")
        variable = f"${{mend_{name}}}"
        out = f'<camunda:outputParameter name="o{name}">{variable}</camunda:outputParameter>'
        into = f'<camunda:inputParameter name="i{name}">{variable}</camunda:inputParameter>'

        def extension(rows: str) -> str:
            return f"<extensionElements><camunda:inputOutput>{rows}</camunda:inputOutput></extensionElements>"

        back = f'<camunda:out sourceExpression="{variable}" target="o{name}"/>'
        xml = self.random.choice(
            [
                f'<userTask id="{name}" camunda:assignee="{variable}"/>',
                f'<userTask id="{name}">{extension(out)}</userTask>',
                f'<serviceTask id="{name}" camunda:type="external" camunda:topic="t">{extension(into + out)}</serviceTask>',
                f'<callActivity id="{name}" calledElement="c"><extensionElements>{back}</extensionElements></callActivity>',
                f'<scriptTask id="{name}"><script>x{name} = mend_{name}</script></scriptTask>',
                f'<intermediateCatchEvent id="{name}">{timer("Duration", variable)}</intermediateCatchEvent>',
                f'<exclusiveGateway id="{name}"/>',
                f'<userTask id="{name}"><multiInstanceLoopCharacteristics camunda:collection="[1 for _ in [mend_{name}]]"/></userTask>',
                f'<userTask id="{name}"/><boundaryEvent id="{boundary}" attachedToRef="{name}" cancelActivity="false">'
                f"{timer('Duration', f'${{mend_{boundary}}}')}</boundaryEvent>",
            ]
        )
        self.optional.add(boundary)
        condition = f"[mend_{name} == '{MENDED}']" if "exclusiveGateway" in xml else ""
        links = f"{name}>{condition}{other}"
        return Block(
            f'{xml}<task id="{other}"/>', links, name, other, lambda done, n: self._equal(done, n, name, other)
        )

    def risky(self, depth: int, single: bool) -> Block:
        """A job or call whose error E2 has a boundary event."""
        handler = self.block(min(depth, 0), single=single)
        host, boundary, merge = self.id("t"), self.id("b"), self.id("g")
        tag, attributes = self.random.choice(
            [("serviceTask", 'camunda:type="external" camunda:topic="t"'), ("callActivity", 'calledElement="c"')]
        )
        xml = (
            f'<{tag} id="{host}" {attributes}/><boundaryEvent id="{boundary}" attachedToRef="{host}">'
            f'<errorEventDefinition errorRef="E2"/></boundaryEvent><exclusiveGateway id="{merge}"/>{handler.xml}'
        )
        return self._either(xml, host, boundary, merge, handler)

    def _either(self, xml: str, host: str, boundary: str, merge: str, handler: Block) -> Block:
        """A host that completes, or is left by its interrupting boundary event."""

        def check(done: collections.Counter[str], n: int) -> None:
            assert done[host] + done[boundary] == n, f"{host}/{boundary}: {done[host]} + {done[boundary]} of {n}"
            handler.check(done, done[boundary])
            self._equal(done, n, merge)

        links = f"{handler.flow};{host}>{merge};{boundary}>{handler.entry};{handler.exit}>{merge}"
        return Block(xml, links, host, merge, check)

    def interrupted(self, depth: int, single: bool) -> Block:
        """A subprocess, looping or not, that a boundary event may cut off at any time."""
        times, sequential = self.random.choice([None, 1, 2]), self.random.random() < 0.5
        body = self.block(depth, single=single and (times is None or sequential))
        handler = self.block(min(depth, 0), single=single)
        loop = (
            ""
            if times is None
            else f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
            f"<loopCardinality>{times}</loopCardinality></multiInstanceLoopCharacteristics>"
        )
        name, xml = self._scope(body, loop=loop)
        boundary, merge = self.id("b"), self.id("g")
        self.optional.add(boundary)
        definition = self.random.choice([MESSAGE, SIGNAL, timer("Duration", "PT3H")])
        xml += (
            f'<boundaryEvent id="{boundary}" attachedToRef="{name}">{definition}</boundaryEvent>'
            f'<exclusiveGateway id="{merge}"/>{handler.xml}'
        )

        def check(done: collections.Counter[str], n: int) -> None:
            if not done[boundary]:
                body.check(done, n * (times or 1))
                self._equal(done, n * (times or 1), name)
            assert done[boundary] <= n
            handler.check(done, done[boundary])
            self._equal(done, n, merge)

        links = f"{handler.flow};{name}>{merge};{boundary}>{handler.entry};{handler.exit}>{merge}"
        return Block(xml, links, name, merge, check)

    def cut_off(self, depth: int, single: bool) -> Block:
        """A subprocess that its own event subprocess may cut off, also while another one runs."""
        body, handler = self.block(depth, single=single), self.block(min(depth, 0), single=True)
        beside = self.leaf(0, single=False)
        cut, side = (self.id("c") for _ in range(2))
        self.optional |= {cut, side}

        def esp(first: str, flag: str, definition: str, block: Block) -> str:
            last = self.id("e")
            inside = flows(f"{block.flow};{first}>{block.entry};{block.exit}>{last}")
            return (
                f'<subProcess id="{self.id("esp")}" triggeredByEvent="true"><startEvent id="{first}" isInterrupting="{flag}">'
                f'{definition}</startEvent><endEvent id="{last}"/>{block.xml}{inside}</subProcess>'
            )

        definition = self.random.choice([MESSAGE, SIGNAL, timer("Duration", "PT3H")])
        extra = esp(cut, "true", definition, handler) + esp(side, "false", timer("Cycle", "R2/PT1H"), beside)
        name, xml = self._scope(body, extra=extra)

        def check(done: collections.Counter[str], n: int) -> None:
            if not done[cut]:
                body.check(done, n)
                beside.check(done, done[side])
            assert done[cut] <= n
            handler.check(done, done[cut])
            self._equal(done, n, name)

        return Block(xml, "", name, name, check)

    # -- events ---------------------------------------------------------------------------------------------

    def watched(self, depth: int, single: bool) -> Block:
        """A user task beside which a condition starts something each time it becomes true."""
        handler = self.block(min(depth, 0), single=False)
        host, boundary, end, flag = self.id("t"), self.id("b"), self.id("e"), self.id("flag")
        self.variables[flag] = self.random.random() < 0.3
        xml = (
            f'<userTask id="{host}"/><boundaryEvent id="{boundary}" attachedToRef="{host}" cancelActivity="false">'
            f'{condition(flag)}</boundaryEvent><endEvent id="{end}"/>{handler.xml}'
        )

        def check(done: collections.Counter[str], n: int) -> None:
            self._equal(done, n, host)
            handler.check(done, done[boundary])
            self._equal(done, done[boundary], end)

        return Block(xml, f"{handler.flow};{boundary}>{handler.entry};{handler.exit}>{end}", host, host, check)

    def side_boundary(self, depth: int, single: bool) -> Block:
        handler = self.block(min(depth, 0), single=False)
        host, boundary, end = self.id("t"), self.id("b"), self.id("e")
        self.optional.add(boundary)
        definition = self.random.choice([MESSAGE, SIGNAL, timer("Duration", "PT1H"), timer("Cycle", "R2/PT1H")])
        xml = (
            f'<userTask id="{host}"/><boundaryEvent id="{boundary}" attachedToRef="{host}" cancelActivity="false">{definition}'
            f'</boundaryEvent><endEvent id="{end}"/>{handler.xml}'
        )

        def check(done: collections.Counter[str], n: int) -> None:
            self._equal(done, n, host)
            handler.check(done, done[boundary])
            self._equal(done, done[boundary], end)

        return Block(xml, f"{handler.flow};{boundary}>{handler.entry};{handler.exit}>{end}", host, host, check)

    def interrupting_boundary(self, depth: int, single: bool) -> Block:
        handler = self.block(min(depth, 0), single=single)
        host, boundary, merge = self.id("t"), self.id("b"), self.id("g")
        self.optional.add(boundary)
        definition = self.random.choice([MESSAGE, SIGNAL, timer("Duration", "PT1H")])
        xml = (
            f'<userTask id="{host}"/><boundaryEvent id="{boundary}" attachedToRef="{host}">{definition}</boundaryEvent>'
            f'<exclusiveGateway id="{merge}"/>{handler.xml}'
        )

        return self._either(xml, host, boundary, merge, handler)

    def event_gateway(self, depth: int, single: bool) -> Block:
        gateway, merge = self.id("g"), self.id("g")
        parts = [self.block(min(depth, 0), single=single) for _ in range(2)]
        arms = [self.id("c") for _ in parts]
        definitions = [MESSAGE, timer("Duration", "PT2H")]
        xml = f'<eventBasedGateway id="{gateway}"/><exclusiveGateway id="{merge}"/>' + "".join(
            f'<intermediateCatchEvent id="{a}">{d}</intermediateCatchEvent>'
            for a, d in zip(arms, definitions, strict=True)
        )
        links = ";".join(f"{gateway}>{a}>{p.entry};{p.exit}>{merge}" for a, p in zip(arms, parts, strict=True))

        def check(done: collections.Counter[str], n: int) -> None:
            assert sum(done[a] for a in arms) == n
            for arm, part in zip(arms, parts, strict=True):
                part.check(done, done[arm])
            self._equal(done, n, merge, gateway)

        flow = ";".join([*(p.flow for p in parts if p.flow), links])
        return Block(xml + "".join(p.xml for p in parts), flow, gateway, merge, check)


@dataclasses.dataclass
class RandomProcess:
    """A diagram, which of its events need not fire, the count its visits must satisfy, and variables to turn over."""

    data: bytes
    optional: set[str]
    check: Callable[[collections.Counter[str]], None]
    variables: dict[str, bool] = dataclasses.field(default_factory=dict)
    counters: dict[str, str] = dataclasses.field(default_factory=dict)


def make(seed: int, *, parts: int = 3, depth: int = 4, trouble: bool = False, people: bool = False) -> RandomProcess:
    """Make the process of a seed: so many parts in a row, each nested up to so deep."""
    maker = Maker(seed, trouble=trouble, people=people)
    blocks = [maker.block(maker.random.randint(1, depth), single=True) for _ in range(parts)]
    links = ";".join(f"{a.exit}>{b.entry}" for a, b in zip(blocks, blocks[1:], strict=False))
    body = maker._join(blocks, links, blocks[0].entry, blocks[-1].exit, lambda n: [n] * parts)
    xml = f'<startEvent id="s"/><endEvent id="e"/>{body.xml}'
    data = diagram(xml, f"s>{body.entry};{body.exit}>e;{body.flow}", ROOTS)

    def check(done: collections.Counter[str]) -> None:
        body.check(done, 1)
        assert done["s"] == done["e"] == 1

    return RandomProcess(data, maker.optional, check, maker.variables, maker.counters)
