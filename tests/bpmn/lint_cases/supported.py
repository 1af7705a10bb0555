"""Cases: elements and constructs that are not executed, and vendor extensions."""

import snippets as s
from lint_cases.case import Case, between, flowing

PLAIN = s.task("task", "x")
GOOD = flowing(PLAIN)
DECIDE = s.task("businessRuleTask", "x", camunda_decisionRef="level")
LATER = '<message id="m" name="意见"/>'
CATCH = s.element("intermediateCatchEvent", "x", s.event("message", messageRef="m"), name="收到意见")
CALL = s.task("callActivity", "x", calledElement="other")
SEVERAL = '<multiInstanceLoopCharacteristics camunda:collection="people" camunda:elementVariable="person"/>'


def _unsupported(title: str, broken: bytes, element: str, found: str, mended: bytes = GOOD) -> Case:
    return Case("unsupported-element", title, broken, mended, element, found)


def _construct(
    title: str, broken: bytes, element: str, found: str, mended: bytes = GOOD, at: str | None = None
) -> Case:
    return Case("unsupported-construct", title, broken, mended, element, found, at=at)


def _scope(tag: str) -> str:
    inner = s.start("s2") + s.end("e2") + s.flow("s2", "e2")
    return s.element(tag, "x", inner, name="会签")


def _sent(**values: str) -> bytes:
    """Throw a message with properties."""
    inner = s.extensions(s.properties(**values)) + s.event("message", messageRef="m")
    return flowing(s.element("intermediateThrowEvent", "x", inner, name="已发出"), root=LATER)


def _failed(**attributes: str) -> bytes:
    """End with an error."""
    inner = s.event("error", errorRef="err", **attributes)
    return s.diagram(
        s.start(), s.end(inner=inner), s.path("start", "end"), root='<error id="err" name="退件" errorCode="RETURNED"/>'
    )


CASES = [
    _unsupported(
        "complex gateway",
        between(
            s.gateway("complex", "x", name="几路？"), s.path("start", "x", "end"), s.flow("start", "x", id="again")
        ),
        "x",
        "复杂网关 complexGateway",
        between(s.task("task", "x"), s.path("start", "x", "end"), s.flow("start", "x", id="again")),
    ),
    _unsupported(
        "transaction", flowing(_scope("transaction")), "x", "事务子流程 transaction", flowing(_scope("subProcess"))
    ),
    _unsupported(
        "ad hoc", flowing(_scope("adHocSubProcess")), "x", "特别子流程 adHocSubProcess", flowing(_scope("subProcess"))
    ),
    _unsupported(
        "cancel end",
        flowing(s.user(), "check").replace(
            '<endEvent id="end" name="已办结"/>'.encode(), s.end(inner=s.event("cancel")).encode()
        ),
        "end",
        "取消 cancelEventDefinition",
    ),
    _unsupported(
        "compensation throw",
        flowing(s.element("intermediateThrowEvent", "x", s.event("compensate"), name="已撤回")),
        "x",
        "补偿 compensateEventDefinition",
        flowing(s.element("intermediateThrowEvent", "x", name="已撤回")),
    ),
    _unsupported(
        "choreography",
        s.document(s.element("choreography", "c"), s.process(s.start(), s.end(), s.path("start", "end"))),
        "c",
        "choreography",
        between(s.path("start", "end")),
    ),
    _unsupported(
        "conversation",
        s.document(
            s.element("collaboration", "c", '<conversation id="talk"/>'),
            s.process(s.start(), s.end(), s.path("start", "end")),
        ).replace(b'<conversation id="talk"/>', b"<conversation/>"),
        "c",
        "conversation",
        between(s.path("start", "end")),
    ),
    _unsupported(
        "global task",
        s.document(s.element("globalUserTask", "g"), s.process(s.start(), s.end(), s.path("start", "end"))),
        "g",
        "globalUserTask",
        between(s.path("start", "end")),
    ),
    _unsupported(
        "potential owner",
        flowing(s.user(inner="<potentialOwner/>"), "check"),
        "check",
        "potentialOwner",
        flowing(s.user(), "check"),
    ),
    _unsupported(
        "correlation property",
        between(
            s.path("start", "end"),
            root='<correlationProperty id="k"><correlationPropertyRetrievalExpression messageRef="m"><messagePath/></correlationPropertyRetrievalExpression></correlationProperty>',
        ),
        "k",
        "correlationProperty",
    ),
    _construct("compensation", flowing(s.task("task", "x", isForCompensation="true")), "x", "isForCompensation"),
    _construct("two tokens", flowing(s.task("task", "x", completionQuantity="2")), "x", "completionQuantity=“2”"),
    _construct(
        "several definitions",
        flowing(
            s.element(
                "intermediateCatchEvent", "x", s.event("message", messageRef="m") + s.timer("P5D"), name="收到或逾期"
            ),
            root=LATER,
        ),
        "x",
        "几种类型：消息、定时",
        flowing(CATCH, root=LATER),
    ),
    _construct(
        "parallel multiple",
        flowing(CATCH.replace(' id="x"', ' id="x" parallelMultiple="true"'), root=LATER),
        "x",
        "parallelMultiple",
        flowing(CATCH, root=LATER),
    ),
    _construct(
        "instantiating receive task",
        flowing(s.task("receiveTask", "x", messageRef="m", instantiate="true"), root=LATER),
        "x",
        "instantiate",
        flowing(s.task("receiveTask", "x", messageRef="m"), root=LATER),
    ),
    _construct(
        "behaviour of instances",
        flowing(s.task("task", "x", SEVERAL.replace(" camunda", ' behavior="One" camunda', 1))),
        "x",
        "behavior=“One”",
        flowing(s.task("task", "x", SEVERAL)),
    ),
    _construct(
        "number for boolean",
        between(s.path("start", "end"), isExecutable="1"),
        "p",
        "“1”",
        between(s.path("start", "end")),
    ),
    _construct(
        "implementation",
        flowing(s.user(implementation="http://example.com/ui"), "check"),
        "check",
        "implementation",
        flowing(s.user(), "check"),
    ),
    _construct(
        "must understand",
        between(s.path("start", "end"), root='<extension mustUnderstand="true" definition="camunda:x"/>'),
        "file",
        "camunda:x",
        at="<extension ",
    ),
    _construct(
        "data store with capacity",
        between(s.path("start", "end"), root='<dataStore id="d" name="台账" capacity="5"/>'),
        "d",
        "容量",
        between(s.path("start", "end"), root='<dataStore id="d" name="台账"/>'),
    ),
    _construct(
        "definition outside",
        between(s.path("start", "end"), root='<terminateEventDefinition id="t"/>'),
        "t",
        "写在流程之外",
    ),
    Case(
        "event-position",
        "error starts a process",
        between(s.path("start", "end"), s.start("s2", s.event("error")), s.flow("s2", "end")),
        between(s.path("start", "end"), s.start("s2", s.timer("R/P1D", "timeCycle")), s.flow("s2", "end")),
        "s2",
        "错误事件",
    ),
    Case(
        "event-position",
        "terminate in between",
        flowing(s.element("intermediateThrowEvent", "x", s.event("terminate"), name="已终止")),
        flowing(s.element("intermediateThrowEvent", "x", name="已终止")),
        "x",
        "终止事件",
    ),
    Case(
        "event-position",
        "catch of nothing",
        flowing(s.element("intermediateCatchEvent", "x", name="期满")),
        flowing(s.element("intermediateCatchEvent", "x", s.timer("P5D"), name="期满")),
        "x",
        "无类型事件",
    ),
    Case(
        "expression-language",
        "JUEL",
        flowing(
            s.element(
                "intermediateCatchEvent",
                "x",
                s.timer("P5D").replace("<timeDuration ", '<timeDuration language="juel" '),
                name="期满",
            )
        ),
        flowing(s.element("intermediateCatchEvent", "x", s.timer("P5D"), name="期满")),
        "x",
        "“juel”",
    ),
    Case(
        "camunda-unknown",
        "attribute",
        flowing(s.user(camunda_asignee="x"), "check"),
        flowing(s.user(camunda_assignee="x"), "check"),
        "check",
        "camunda:asignee",
    ),
    Case(
        "camunda-unknown",
        "attribute of another element",
        flowing(s.task("task", "x", camunda_dueDate="P5D")),
        GOOD,
        "x",
        "camunda:dueDate",
    ),
    Case(
        "camunda-unknown",
        "element",
        flowing(s.task("task", "x", s.extensions("<camunda:inputOutputs/>"))),
        flowing(s.task("task", "x", s.extensions("<camunda:inputOutput/>"))),
        "x",
        "camunda:inputOutputs",
    ),
    Case(
        "camunda-unknown",
        "element of another element",
        flowing(s.task("task", "x", s.extensions('<camunda:in source="a" target="b"/>'))),
        flowing(
            s.task("callActivity", "x", s.extensions('<camunda:in source="a" target="b"/>'), calledElement="other")
        ),
        "x",
        "camunda:in 在 task 中",
    ),
    Case(
        "camunda-unknown",
        "attribute of an element",
        flowing(
            s.task(
                "callActivity",
                "x",
                s.extensions('<camunda:in sorce="a" source="a" target="b"/>'),
                calledElement="other",
            )
        ),
        flowing(
            s.task("callActivity", "x", s.extensions('<camunda:in source="a" target="b"/>'), calledElement="other")
        ),
        "x",
        "sorce",
    ),
    Case(
        "camunda-unknown",
        "foreign element inside",
        flowing(
            s.service(
                "x", s.extensions("<camunda:inputOutput><Edge xmlns='http://vendor.example'/></camunda:inputOutput>")
            )
        ),
        flowing(s.service("x", s.extensions("<camunda:inputOutput/>"))),
        "x",
        "Edge",
    ),
    *(
        Case(
            "camunda-unsupported",
            attribute,
            flowing(s.task("serviceTask", "x", **{f"camunda_{attribute}": "a.B"})),
            flowing(s.service("x")),
            "x",
            f"camunda:{attribute}",
        )
        for attribute in ("class", "expression", "delegateExpression")
    ),
    Case(
        "camunda-unsupported",
        "form reference",
        flowing(s.user(camunda_formRef="f"), "check"),
        flowing(s.user(camunda_formKey="pack/apply"), "check"),
        "check",
        "formRef",
    ),
    Case(
        "camunda-unsupported",
        "job priority",
        flowing(s.service("x", camunda_jobPriority="5")),
        flowing(s.service("x")),
        "x",
        "jobPriority",
    ),
    *(
        Case(
            "camunda-unsupported",
            tag,
            flowing(s.task("task", "x", s.extensions(f"<camunda:{tag}>{inner}</camunda:{tag}>"))),
            GOOD,
            "x",
            f"camunda:{tag}",
        )
        for tag, inner in (
            ("executionListener", '<camunda:field name="f"/>'),
            ("taskListener", ""),
            ("connector", "<camunda:connectorId>http</camunda:connectorId>"),
            ("formData", '<camunda:formField id="f" type="string"/>'),
            ("field", ""),
        )
    ),
    Case(
        "camunda-unsupported",
        "script parameter",
        flowing(
            s.service(
                "x",
                s.extensions(
                    '<camunda:inputOutput><camunda:inputParameter name="a"><camunda:script scriptFormat="groovy">1</camunda:script></camunda:inputParameter></camunda:inputOutput>'
                ),
            )
        ),
        flowing(
            s.service(
                "x",
                s.extensions(
                    '<camunda:inputOutput><camunda:inputParameter name="a">${1}</camunda:inputParameter></camunda:inputOutput>'
                ),
            )
        ),
        "x",
        "camunda:script",
    ),
    Case(
        "camunda-value",
        "async",
        flowing(s.task("task", "x", camunda_asyncBefore="true")),
        flowing(s.task("task", "x", camunda_asyncBefore="false", camunda_exclusive="true")),
        "x",
        "asyncBefore=“true”",
    ),
    Case("camunda-value", "type", flowing(s.service("x", camunda_type="mail")), flowing(s.service("x")), "x", "mail"),
    Case(
        "camunda-value",
        "binding",
        flowing(CALL.replace("calledElement=", 'camunda:calledElementBinding="newest" calledElement=')),
        flowing(CALL),
        "x",
        "newest",
    ),
    Case(
        "camunda-value",
        "version without binding",
        flowing(CALL.replace("calledElement=", 'camunda:calledElementVersion="2" calledElement=')),
        flowing(
            CALL.replace(
                "calledElement=",
                'camunda:calledElementBinding="version" camunda:calledElementVersion="2" calledElement=',
            )
        ),
        "x",
        "“2”",
    ),
    Case(
        "camunda-value",
        "version is a number",
        flowing(
            CALL.replace(
                "calledElement=",
                'camunda:calledElementBinding="version" camunda:calledElementVersion="two" calledElement=',
            )
        ),
        flowing(CALL),
        "x",
        "“two”",
    ),
    Case(
        "camunda-value",
        "decision binding",
        flowing(DECIDE.replace("/>", ' camunda:decisionRefBinding="latest"/>')),
        flowing(DECIDE),
        "x",
        "latest",
    ),
    Case(
        "camunda-value",
        "priority",
        flowing(s.user(camunda_priority="high"), "check"),
        flowing(s.user(camunda_priority="80"), "check"),
        "check",
        "“high”",
    ),
    Case(
        "camunda-value",
        "due date",
        flowing(s.user(camunda_dueDate="tomorrow"), "check"),
        flowing(s.user(camunda_dueDate="P5D"), "check"),
        "check",
        "“tomorrow”",
    ),
    Case(
        "camunda-value",
        "time to live",
        between(s.path("start", "end"), camunda_historyTimeToLive="always"),
        between(s.path("start", "end"), camunda_historyTimeToLive="P5Y"),
        "p",
        "“always”",
    ),
    Case(
        "foreign-extension",
        "zeebe",
        flowing(s.service("x", s.extensions('<zeebe:taskDefinition type="a"/>'))),
        flowing(s.service("x")),
        "x",
        "Camunda 8",
        "warning",
    ),
    Case(
        "foreign-extension",
        "platform",
        GOOD.replace(b' id="file"', b' id="file" modeler:executionPlatform="Camunda Cloud"'),
        GOOD.replace(b' id="file"', b' id="file" modeler:executionPlatform="Camunda Platform"'),
        "file",
        "Camunda Cloud",
        "warning",
    ),
    Case(
        "property-unknown",
        "name",
        flowing(s.task("task", "x", s.extensions(s.properties(clauses="P000-06")))),
        flowing(s.task("task", "x", s.extensions(s.properties(clause="P000-06")))),
        "x",
        "clauses",
        "warning",
    ),
    Case(
        "property-value",
        "value",
        flowing(
            _scope("subProcess").replace('name="会签">', 'name="会签">' + s.extensions(s.properties(localScope="yes")))
        ),
        flowing(
            _scope("subProcess").replace('name="会签">', 'name="会签">' + s.extensions(s.properties(localScope="true")))
        ),
        "x",
        "“yes”",
    ),
    Case(
        "property-value",
        "time to live",
        _sent(timeToLive="30 days"),
        _sent(timeToLive="P30D"),
        "x",
        "“30 days”",
    ),
    Case(
        "camunda-unknown",
        "variable of an error that is thrown",
        _failed(camunda_errorCodeVariable="code"),
        _failed(),
        "end",
        "camunda:errorCodeVariable",
    ),
]
