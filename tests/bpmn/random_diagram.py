"""Random diagrams without any discipline: every element anywhere, flows that go back, joins that may never go on."""

from __future__ import annotations

import random

from play import ERROR, ESCALATION, MESSAGE, ROOTS, SIGNAL, TERMINATE, condition, diagram, flows, timer

ANY_ERROR, ANY_ESCALATION = "<errorEventDefinition/>", "<escalationEventDefinition/>"
OTHER_ERROR = '<errorEventDefinition errorRef="E2"/>'
FLAGS = ("f1", "f2", "f3")


class Maker:
    """Draws one scope after the other."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0

    def id(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def scope(self, depth: int, start: str = "") -> str:
        """Return the content of a scope; `start` is the definition of its start event."""
        first, last = self.id("s"), self.id("e")
        nodes: list[str] = []
        xml = start.replace("FIRST", first) if start else f'<startEvent id="{first}"/>'
        links = []
        for _ in range(self.random.randint(2, 6)):
            name, element, own = self._node(depth)
            nodes.append(name)
            xml += element
            links += own
        xml += self._end(last)
        targets = [*nodes, last]
        links.append(f"{first}>{nodes[0]}")
        for index, name in enumerate(nodes):
            xml, more = self._leave(xml, name, targets[index + 1], targets)
            links += more
        xml += "".join(
            self._event_subprocess(depth - 1) for _ in range(self.random.choice([0, 0, 1, 2]) if depth > 0 else 0)
        )
        return xml + flows(";".join(links))

    def _leave(self, xml: str, name: str, following: str, targets: list[str]) -> tuple[str, list[str]]:
        """Connect a node to the next one, and sometimes to others."""
        others = [t for t in self.random.sample(targets, min(2, len(targets))) if t not in (following, name)]
        others = others if self.random.random() < 0.4 else []
        gateway = name.startswith(("x", "o"))
        links = [f"{name}>{self._condition(0.3) if others or gateway else ''}{following}"]
        links += [f"{name}>{self._condition(0.8 if gateway else 0.5)}{other}" for other in others]
        if others and self.random.random() < 0.6:
            xml = xml.replace(f'id="{name}"', f'id="{name}" default="{name}_{others[-1]}"', 1)
        for boundary in [b for b in self._hung if b.startswith(f"{name}b")]:
            links.append(f"{boundary}>{self.random.choice(targets)}")
        return xml, links

    _hung: tuple[str, ...] = ()

    def _condition(self, chance: float) -> str:
        if self.random.random() > chance:
            return ""
        return f"[{self.random.choice([*FLAGS, 'not f1', 'True', 'missing'])}]"

    def _end(self, name: str) -> str:
        definition = self.random.choice(["", "", "", TERMINATE, ERROR, OTHER_ERROR, ESCALATION, SIGNAL, MESSAGE])
        return f'<endEvent id="{name}">{definition}</endEvent>'

    def _node(self, depth: int) -> tuple[str, str, list[str]]:
        kinds = [self._activity] * 4 + [self._gateway] * 2 + [self._catch, self._throw, self._event_gateway]
        kinds += [self._subprocess] * 2 if depth > 0 else []
        return self.random.choice(kinds)(depth)

    def _gateway(self, depth: int) -> tuple[str, str, list[str]]:
        tag, prefix = self.random.choice(
            [("exclusiveGateway", "x"), ("parallelGateway", "p"), ("inclusiveGateway", "o")]
        )
        name = self.id(prefix)
        return name, f'<{tag} id="{name}"/>', []

    def _catch(self, depth: int) -> tuple[str, str, list[str]]:
        name = self.id("c")
        return name, f'<intermediateCatchEvent id="{name}">{self._awaited()}</intermediateCatchEvent>', []

    def _awaited(self) -> str:
        return self.random.choice([MESSAGE, SIGNAL, timer("Duration", self._duration()), condition(self._flag())])

    def _flag(self) -> str:
        return self.random.choice([*FLAGS, "missing"] if self.random.random() < 0.2 else FLAGS)

    def _duration(self) -> str:
        return "${missing}" if self.random.random() < 0.1 else "PT1H"

    def _throw(self, depth: int) -> tuple[str, str, list[str]]:
        name = self.id("w")
        definition = self.random.choice([MESSAGE, SIGNAL, ESCALATION, ""])
        return name, f'<intermediateThrowEvent id="{name}">{definition}</intermediateThrowEvent>', []

    def _event_gateway(self, depth: int) -> tuple[str, str, list[str]]:
        gateway, merge = self.id("g"), self.id("x")
        arms = [self.id("c") for _ in range(2)]
        xml = f'<eventBasedGateway id="{gateway}"/><exclusiveGateway id="{merge}"/>' + "".join(
            f'<intermediateCatchEvent id="{arm}">{self._awaited()}</intermediateCatchEvent>' for arm in arms
        )
        front = self.id("t")
        xml += f'<task id="{front}"/>'
        self._detour = [*(f"{gateway}>{arm}>{merge}" for arm in arms), f"{front}>{gateway}"]
        return merge, xml, [*self._detour, f"{merge}>{front}" if self.random.random() < 0.1 else ""]

    def _activity(self, depth: int) -> tuple[str, str, list[str]]:
        name = self.id("a")
        flag = self.random.choice(FLAGS)
        tag, attributes, inner = self.random.choice(
            [
                ("userTask", "", ""), ("userTask", "", ""), ("userTask", 'camunda:assignee="${missing}"', ""),
                ("task", "", ""), ("callActivity", 'calledElement="c"', ""), ("receiveTask", 'messageRef="M"', ""),
                ("serviceTask", 'camunda:type="external" camunda:topic="t"', ""), ("sendTask", 'messageRef="M"', ""),
                ("scriptTask", "", f"<script>{flag} = not {flag}</script>"), ("scriptTask", "", "<script>y = missing</script>"),
            ]
        )  # fmt: skip
        return self._with_boundaries(name, f'<{tag} id="{name}" {attributes}>{self._loop()}{inner}</{tag}>')

    def _subprocess(self, depth: int) -> tuple[str, str, list[str]]:
        name = self.id("a")
        return self._with_boundaries(
            name, f'<subProcess id="{name}">{self._loop()}{self.scope(depth - 1)}</subProcess>'
        )

    def _loop(self) -> str:
        sequential = str(self.random.random() < 0.5).lower()
        enough = self.random.choice(
            ["", "<completionCondition>nrOfCompletedInstances >= 1</completionCondition>".replace(">=", "&gt;=")]
        )
        return self.random.choice(
            [
                "", "", "", "",
                f'<multiInstanceLoopCharacteristics isSequential="{sequential}"><loopCardinality>{self.random.randint(0, 3)}</loopCardinality>'
                f"{enough}</multiInstanceLoopCharacteristics>",
                f'<standardLoopCharacteristics loopMaximum="2"><loopCondition>{self._flag()}</loopCondition></standardLoopCharacteristics>',
            ]
        )  # fmt: skip

    def _with_boundaries(self, name: str, xml: str) -> tuple[str, str, list[str]]:
        definitions = [
            MESSAGE, SIGNAL, timer("Duration", self._duration()), timer("Cycle", "R2/PT1H"), condition(self._flag()),
            ERROR, ANY_ERROR, ESCALATION, ANY_ESCALATION,
        ]  # fmt: skip
        for index in range(self.random.choice([0, 0, 1, 2])):
            boundary, cancel = f"{name}b{index}", str(self.random.random() < 0.5).lower()
            definition = self.random.choice(definitions)
            xml += f'<boundaryEvent id="{boundary}" attachedToRef="{name}" cancelActivity="{cancel}">{definition}</boundaryEvent>'
            self._hung = (*self._hung, boundary)
        return name, xml, []

    def _event_subprocess(self, depth: int) -> str:
        definition = self.random.choice(
            [
                MESSAGE, SIGNAL, timer("Duration", self._duration()), timer("Cycle", "R2/PT1H"), condition(self._flag()),
                ERROR, ANY_ERROR, OTHER_ERROR, ESCALATION, ANY_ESCALATION,
            ]
        )  # fmt: skip
        flag = str(self.random.random() < 0.5).lower()
        start = f'<startEvent id="FIRST" isInterrupting="{flag}">{definition}</startEvent>'
        return f'<subProcess id="{self.id("esp")}" triggeredByEvent="true">{self.scope(depth, start)}</subProcess>'


def make(seed: int, depth: int = 2) -> bytes:
    """Draw the diagram of a seed."""
    return diagram(Maker(seed).scope(depth), "", ROOTS)
