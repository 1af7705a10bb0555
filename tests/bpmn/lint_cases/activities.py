"""Cases: activities and expressions."""

import snippets as s
from lint_cases.case import Case, between, flowing

SEND = flowing(s.service("x"))
DECIDE = flowing(s.task("businessRuleTask", "x", camunda_decisionRef="level"))
SCRIPT = flowing(s.task("scriptTask", "x", "<script>total = 1</script>", scriptFormat="python"))


def _call(*mappings: str, **attributes: str) -> bytes:
    inner = s.extensions(*mappings) if mappings else ""
    return flowing(s.task("callActivity", "x", inner, **{"calledElement": "other", **attributes}))


def _ending(leads_to: str) -> bytes:
    """End with a property that names what follows."""
    end = s.end(inner=s.extensions(s.properties(leadsTo=leads_to)))
    return s.diagram(s.start(), end, s.path("start", "end"))


def _part(**attributes: str) -> bytes:
    """Write a process that another one calls."""
    return s.diagram(s.start(), s.end(), s.path("start", "end"), id="part", **attributes)


def _several(inner: str = "", props: str = "", **attributes: str) -> bytes:
    loop = s.element("multiInstanceLoopCharacteristics", None, inner, **attributes)
    return flowing(s.task("task", "x", props + loop))


def _loop(inner: str = "", **attributes: str) -> bytes:
    return flowing(s.task("task", "x", s.element("standardLoopCharacteristics", None, inner, **attributes)))


def _parameters(*parameters: str) -> bytes:
    return flowing(s.service("x", s.extensions(f"<camunda:inputOutput>{''.join(parameters)}</camunda:inputOutput>")))


def _parameter(name: str, value: str = "${level}", tag: str = "inputParameter") -> str:
    return s.element(f"camunda:{tag}", None, value, name=name)


def _retries(text: str) -> bytes:
    inner = f"<camunda:failedJobRetryTimeCycle>{text}</camunda:failedJobRetryTimeCycle>"
    return flowing(s.service("x", s.extensions(inner)))


def _caught(inner: str, root: str = "") -> bytes:
    return flowing(s.element("intermediateCatchEvent", "x", inner, name="条件成就"), root=root)


ROOT = '<message id="m" name="意见"/>'


def _thrown(*given: str, **attributes: str) -> bytes:
    """Throw a message with extensions."""
    definition = s.event("message", messageRef="m", **attributes)
    return flowing(
        s.element("intermediateThrowEvent", "x", s.extensions(*given) + definition, name="已发出"), root=ROOT
    )


def _on_event(block: str) -> bytes:
    """Put an event subprocess with extensions beside a process."""
    body = (block, s.start("s2", s.timer("P5D")), s.end("e2"), s.flow("s2", "e2"))
    return between(s.path("start", "end"), s.subprocess("x", *body, triggeredByEvent="true"))


OUTPUT = '<camunda:inputOutput><camunda:outputParameter name="a">${1}</camunda:outputParameter></camunda:inputOutput>'
RETRY = "<camunda:failedJobRetryTimeCycle>R3/PT5M</camunda:failedJobRetryTimeCycle>"
BY_JOB = {"camunda_type": "external", "camunda_topic": "notices.send"}


def _on_catch(tag: str) -> bytes:
    block = s.extensions(f"<camunda:inputOutput>{_parameter('a', tag=tag)}</camunda:inputOutput>")
    return _caught(block + s.timer("P5D"))


def _wrong(title: str, broken: bytes, mended: bytes, element: str = "x", found: str = "") -> Case:
    return Case("expression", title, broken, mended, element, found)


COLLECTION = {"camunda_collection": "people"}
CONDITION = '<condition xsi:type="tFormalExpression">{}</condition>'

CASES = [
    Case("topic", "none", flowing(s.task("serviceTask", "x")), SEND, "x", "topic=“”"),
    Case(
        "topic",
        "topic without type",
        flowing(s.task("serviceTask", "x", camunda_topic="notices.send")),
        SEND,
        "x",
        "type=“”",
    ),
    Case("topic", "computed", flowing(s.service("x", camunda_topic="${t}")), SEND, "x", "“${t}”"),
    Case(
        "topic",
        "message event",
        flowing(s.element("intermediateThrowEvent", "x", s.event("message", camunda_type="external"), name="已发出")),
        flowing(
            s.element(
                "intermediateThrowEvent",
                "x",
                s.event("message", camunda_type="external", camunda_topic="notices.send"),
                name="已发出",
            )
        ),
        "x",
        "topic=“”",
    ),
    Case(
        "topic",
        "of an event that waits",
        _caught(s.event("message", messageRef="m", camunda_type="external", camunda_topic="notices.send"), ROOT),
        _caught(s.event("message", messageRef="m"), ROOT),
        "x",
        "topic=“notices.send”",
    ),
    Case("handler", "none", flowing(s.service("x", camunda_topic="notices.sent")), SEND, "x", "没有"),
    Case("decision", "none", flowing(s.task("businessRuleTask", "x")), DECIDE, "x", "“”"),
    Case(
        "decision",
        "unknown",
        flowing(s.task("businessRuleTask", "x", camunda_decisionRef="levels")),
        DECIDE,
        "x",
        "“levels”",
    ),
    Case(
        "decision",
        "mapping without variable",
        flowing(s.task("businessRuleTask", "x", camunda_decisionRef="level", camunda_mapDecisionResult="singleEntry")),
        flowing(
            s.task(
                "businessRuleTask",
                "x",
                camunda_decisionRef="level",
                camunda_mapDecisionResult="singleEntry",
                camunda_resultVariable="level",
            )
        ),
        "x",
        "只有 mapDecisionResult",
    ),
    Case("called-process", "none", flowing(s.task("callActivity", "x")), _call(), "x", "没有"),
    Case("called-process", "unknown", _call(calledElement="others"), _call(calledElement="p"), "x", "“others”"),
    Case(
        "called-starter", "anybody", _part(), _part(camunda_isStartableInTasklist="false"), "part", "都没有", "warning"
    ),
    Case(
        "called-starter",
        "by itself",
        _part(),
        _part(camunda_candidateStarterGroups="clerk"),
        "part",
        "都没有",
        "warning",
    ),
    Case("leads-to", "written", _ending("others"), _ending("other, p"), "end", "“others”", "warning", at="leadsTo"),
    Case(
        "leads-to",
        "chosen",
        _ending("${'others' if level == 'high' else ''}"),
        _ending("${'other' if level == 'others' else ''}"),
        "end",
        "“others”",
        "warning",
        at="leadsTo",
    ),
    Case(
        "leads-to",
        "default",
        _ending("${get('next') or 'others'}"),
        _ending("${level}-others"),
        "end",
        "“others”",
        "warning",
        at="leadsTo",
    ),
    Case(
        "script",
        "language",
        flowing(s.task("scriptTask", "x", "<script>total = 1</script>", scriptFormat="groovy")),
        SCRIPT,
        "x",
        "“groovy”",
    ),
    Case(
        "script",
        "empty",
        flowing(s.task("scriptTask", "x", "<script> </script>", scriptFormat="python")),
        SCRIPT,
        "x",
        "没有",
    ),
    Case("multi-instance", "neither", _several(), _several(**COLLECTION), "x", "都没有"),
    Case(
        "multi-instance",
        "both",
        _several("<loopCardinality>3</loopCardinality>", **COLLECTION),
        _several("<loopCardinality>3</loopCardinality>"),
        "x",
        "都有",
    ),
    Case(
        "multi-instance",
        "variable without collection",
        _several("<loopCardinality>3</loopCardinality>", camunda_elementVariable="person"),
        _several(**COLLECTION, camunda_elementVariable="person"),
        "x",
        "只有 camunda:elementVariable",
    ),
    *(
        Case(
            "camunda-value",
            f"{name} is no name",
            _several(**COLLECTION, camunda_elementVariable=name),
            _several(**COLLECTION, camunda_elementVariable="委员"),
            "x",
            f"“{name}”",
        )
        for name in ("the person", "class", "3rd", "")
    ),
    Case(
        "property-value",
        "output collection is no name",
        _several(props=s.extensions(s.properties(outputCollection="the votes", outputElement="vote")), **COLLECTION),
        _several(props=s.extensions(s.properties(outputCollection="votes", outputElement="vote")), **COLLECTION),
        "x",
        "“the votes”",
    ),
    Case(
        "multi-instance",
        "half an output",
        _several(props=s.extensions(s.properties(outputCollection="votes")), **COLLECTION),
        _several(props=s.extensions(s.properties(outputCollection="votes", outputElement="vote")), **COLLECTION),
        "x",
        "只有 outputCollection",
    ),
    Case("loop", "neither", _loop(), _loop(loopMaximum="3"), "x", "都没有"),
    Case("loop", "maximum", _loop(loopMaximum="0"), _loop("<loopCondition>again</loopCondition>"), "x", "“0”"),
    Case(
        "input-output",
        "no name",
        _parameters("<camunda:inputParameter>${1}</camunda:inputParameter>"),
        _parameters(_parameter("a")),
        "x",
        "“”",
    ),
    Case(
        "input-output", "no identifier", _parameters(_parameter("a b")), _parameters(_parameter("标题")), "x", "“a b”"
    ),
    Case(
        "input-output",
        "twice",
        _parameters(_parameter("a"), _parameter("a")),
        _parameters(_parameter("a"), _parameter("b")),
        "x",
        "又一个“a”",
    ),
    Case(
        "input-output",
        "two values",
        _parameters(_parameter("a", "${1}<camunda:list/>")),
        _parameters(_parameter("a", "<camunda:list><camunda:value>${1}</camunda:value></camunda:list>")),
        "x",
        "“a”有几个值",
    ),
    Case(
        "input-output",
        "a foreign element in a parameter",
        _parameters(_parameter("a", "<camunda:list><camunda:value><incoming/></camunda:value></camunda:list>")),
        _parameters(_parameter("a", "<camunda:list><camunda:value>${1}</camunda:value></camunda:list>")),
        "x",
        "“a”中有元素 incoming",
    ),
    Case(
        "input-output",
        "input of a catch event",
        _on_catch("inputParameter"),
        _on_catch("outputParameter"),
        "x",
        "inputParameter",
    ),
    Case("input-output", "output of a throw event", _thrown(OUTPUT), _thrown(OUTPUT, **BY_JOB), "x", "outputParameter"),
    Case(
        "input-output",
        "output of an end event",
        s.diagram(s.start(), s.end(inner=s.extensions(OUTPUT)), s.path("start", "end")),
        s.diagram(s.start(inner=s.extensions(OUTPUT)), s.end(), s.path("start", "end")),
        "end",
        "outputParameter",
    ),
    Case(
        "input-output",
        "event subprocess",
        _on_event(s.extensions(OUTPUT)),
        _on_event(""),
        "x",
        "outputParameter",
        at="camunda:outputParameter",
    ),
    Case(
        "input-output",
        "start of a subprocess",
        flowing(s.subprocess("x", s.start("s2", s.extensions(OUTPUT)), s.end("e2"), s.flow("s2", "e2"))),
        flowing(s.subprocess("x", s.start("s2"), s.end("e2"), s.flow("s2", "e2"))),
        "s2",
        "outputParameter",
    ),
    Case("retry-cycle", "nothing to retry", _thrown(RETRY), _thrown(RETRY, **BY_JOB), "x", "没有主题"),
    Case("call-mapping", "nothing", _call("<camunda:in/>"), _call('<camunda:in variables="all"/>'), "x", "没有"),
    Case(
        "call-mapping",
        "no target",
        _call('<camunda:in source="a"/>'),
        _call('<camunda:in source="a" target="b"/>'),
        "x",
        "“”",
    ),
    Case(
        "call-mapping",
        "two sources",
        _call('<camunda:in source="a" sourceExpression="${a}" target="b"/>'),
        _call('<camunda:in sourceExpression="${a}" target="b"/>'),
        "x",
        "source、sourceExpression",
    ),
    Case(
        "call-mapping",
        "expression as source",
        _call('<camunda:out source="${a}" target="b"/>'),
        _call('<camunda:out source="a" target="b"/>'),
        "x",
        "“${a}”",
    ),
    Case(
        "call-mapping",
        "not all",
        _call('<camunda:out variables="some"/>'),
        _call('<camunda:out variables="all"/>'),
        "x",
        "“some”",
    ),
    Case(
        "call-mapping",
        "local",
        _call('<camunda:in variables="all" local="true"/>'),
        _call('<camunda:in variables="all"/>'),
        "x",
        "“true”",
    ),
    Case(
        "call-mapping",
        "key with target",
        _call('<camunda:in businessKey="${k}" target="b"/>'),
        _call('<camunda:in businessKey="${k}"/>'),
        "x",
        "“b”",
    ),
    *(
        Case("retry-cycle", text, _retries(text), _retries("R3/PT5M"), "x", f"“{text}”")
        for text in ("PT5M", "R/PT5M", "3", "", "PT1M,", "PT1M,5")
    ),
    Case("retry-cycle", "list of delays", _retries("PT1M 和 PT10M"), _retries("PT1M,PT10M"), "x", "“PT1M 和 PT10M”"),
    _wrong(
        "condition",
        between(
            s.gateway("exclusive", "g", name="涉密？", default="g_end"),
            s.task("task", "a"),
            s.path("start", "g"),
            s.flow("g", "a", "secret ==", id="x", name="是"),
            s.flow("g", "end", name="否"),
            s.flow("a", "end"),
        ),
        between(
            s.gateway("exclusive", "g", name="涉密？", default="g_end"),
            s.task("task", "a"),
            s.path("start", "g"),
            s.flow("g", "a", "secret == 1", id="x", name="是"),
            s.flow("g", "end", name="否"),
            s.flow("a", "end"),
        ),
        found="secret ==",
    ),
    _wrong(
        "hostile condition",
        _caught(s.event("conditional", CONDITION.format("().__class__"))),
        _caught(s.event("conditional", CONDITION.format("secret"))),
        found="__class__",
    ),
    _wrong(
        "empty condition",
        _caught(s.event("conditional", CONDITION.format(""))),
        _caught(s.event("conditional", CONDITION.format("secret"))),
    ),
    _wrong("timer", _caught(s.timer("${days(}")), _caught(s.timer("${days(5)}"))),
    *(
        _wrong(
            name,
            flowing(s.user("x", **{f"camunda_{name}": "${import os}"})),
            flowing(s.user("x", **{f"camunda_{name}": "${value}"})),
            found="import",
        )
        for name in ("assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority")
    ),
    _wrong("name", flowing(s.user("x", name="审核${title")), flowing(s.user("x", name="审核${title}"))),
    _wrong("input", _parameters(_parameter("a", "${1 +}")), _parameters(_parameter("a", "${1 + 1}"))),
    _wrong(
        "value in a map in a list",
        _parameters(
            _parameter(
                "a",
                '<camunda:map><camunda:entry key="k"><camunda:list><camunda:value>${1 +}</camunda:value></camunda:list></camunda:entry></camunda:map>',
            )
        ),
        _parameters(
            _parameter(
                "a",
                '<camunda:map><camunda:entry key="k"><camunda:list><camunda:value>${1}</camunda:value></camunda:list></camunda:entry></camunda:map>',
            )
        ),
    ),
    _wrong("collection", _several(camunda_collection="${people[}"), _several(camunda_collection="${people}")),
    _wrong(
        "cardinality",
        _several("<loopCardinality>3 +</loopCardinality>"),
        _several("<loopCardinality>3 + n</loopCardinality>"),
    ),
    _wrong(
        "completion",
        _several("<completionCondition>a b</completionCondition>", **COLLECTION),
        _several("<completionCondition>nrOfCompletedInstances > 2</completionCondition>", **COLLECTION),
    ),
    _wrong("loop", _loop("<loopCondition>lambda: 1</loopCondition>"), _loop("<loopCondition>again</loopCondition>")),
    _wrong(
        "output element",
        _several(props=s.extensions(s.properties(outputCollection="votes", outputElement="vote.")), **COLLECTION),
        _several(props=s.extensions(s.properties(outputCollection="votes", outputElement="vote")), **COLLECTION),
    ),
    _wrong(
        "call in",
        _call('<camunda:in sourceExpression="${a +}" target="b"/>'),
        _call('<camunda:in sourceExpression="${a}" target="b"/>'),
    ),
    _wrong("business key", _call('<camunda:in businessKey="${a +}"/>'), _call('<camunda:in businessKey="${a}"/>')),
    _wrong(
        "script",
        flowing(s.task("scriptTask", "x", "<script>import os</script>", scriptFormat="python")),
        SCRIPT,
        found="import",
    ),
    _wrong(
        "script result",
        flowing(s.task("scriptTask", "x", "<script>a = 1</script>", scriptFormat="python", camunda_resultVariable="r")),
        flowing(s.task("scriptTask", "x", "<script>1 + 1</script>", scriptFormat="python", camunda_resultVariable="r")),
    ),
    _wrong(
        "correlation key",
        flowing(
            s.task("receiveTask", "x", s.extensions(s.properties(correlationKey="${a +}")), messageRef="m"),
            root='<message id="m" name="意见"/>',
        ),
        flowing(
            s.task("receiveTask", "x", s.extensions(s.properties(correlationKey="${a}")), messageRef="m"),
            root='<message id="m" name="意见"/>',
        ),
    ),
]
