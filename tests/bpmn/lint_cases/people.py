"""Cases: lanes, roles, forms, clauses."""

import snippets as s
from lint_cases.case import Case, between, flowing

GOOD = flowing(s.user(), "check")


def _lanes(first: str, second: str = "", name: str = "经办人", task: str = s.user(), root: str = "") -> bytes:
    """Write a process with two lanes; `first` and `second` are the ids of what they hold."""

    def lane(id: str, name: str, held: str) -> str:
        return s.element("lane", id, "".join(f"<flowNodeRef>{each}</flowNodeRef>" for each in held.split()), name=name)

    lanes = f'<laneSet id="lanes">\n{lane("l1", name, first)}\n{lane("l2", "审核人", second)}\n</laneSet>'
    return s.diagram(lanes, s.start(), task, s.end(), s.path("start", "check", "end"), root=root)


def _user(**values: str) -> bytes:
    """Write a user task with a form and properties beside the clause."""
    props = s.properties(clause=s.CLAUSE, **values)
    return flowing(s.user(props=props, camunda_formKey="pack/apply"), "check")


def _two(**values: str) -> bytes:
    """Draft and check, the second with properties."""
    draft, check = s.user("draft", name="起草意见"), s.user(props=s.properties(clause=s.CLAUSE, **values))
    return between(draft, check, s.task("task", "store"), s.path("start", "draft", "check", "store", "end"))


def _issued(**values: str) -> bytes:
    """Check, with properties, and then issue a notice."""
    template = '<camunda:inputOutput><camunda:inputParameter name="template">notice</camunda:inputParameter></camunda:inputOutput>'
    check = s.user(props=s.properties(clause=s.CLAUSE, **values))
    issue = s.service("issue", s.extensions(template), camunda_topic="notices.send")
    return between(check, issue, s.path("start", "check", "issue", "end"))


def _received(public: str = "true", **attributes: str) -> bytes:
    task = s.task("receiveTask", "x", s.extensions(s.properties(public=public)), messageRef="m", **attributes)
    return flowing(task, root='<message id="m" name="意见"/>')


UNASSIGNED = s.user(camunda_candidateGroups="")

CASES = [
    Case("lane-role", "unknown", _lanes("start check end", name="办事员"), _lanes("start check end"), "l1", "“办事员”"),
    Case("lane-role", "nameless", _lanes("start check end", name=""), _lanes("start check end"), "l1", "没有"),
    Case("lane-membership", "none", _lanes("start end"), _lanes("start end", "check"), "check", "不在任何泳道中"),
    Case(
        "lane-membership",
        "two",
        _lanes("start check end", "check"),
        _lanes("start end", "check"),
        "check",
        "在几个泳道中：经办人、审核人",
    ),
    Case("lane-membership", "no such node", _lanes("start check end gone"), _lanes("start check end"), "l1", "“gone”"),
    Case("performer", "nobody", flowing(UNASSIGNED, "check"), GOOD, "check", "都没有"),
    Case(
        "role",
        "candidate group",
        flowing(s.user(camunda_candidateGroups="clerk,clark"), "check"),
        GOOD,
        "check",
        "“clark”",
    ),
    Case(
        "role",
        "starter group",
        between(s.path("start", "end"), camunda_candidateStarterGroups="boss"),
        between(s.path("start", "end"), camunda_candidateStarterGroups="reviewer"),
        "p",
        "“boss”",
    ),
    Case("form", "unknown", flowing(s.user(camunda_formKey="pack/aply"), "check"), _user(), "check", "“pack/aply”"),
    Case("form", "no pack", flowing(s.user(camunda_formKey="apply"), "check"), _user(), "check", "“apply”"),
    Case(
        "form",
        "of a start event",
        s.diagram(s.start(camunda_formKey="pack/none"), s.end(), s.path("start", "end")),
        s.diagram(s.start(camunda_formKey="pack/apply"), s.end(), s.path("start", "end")),
        "start",
        "“pack/none”",
    ),
    Case(
        "field-rights",
        "unknown field",
        _user(fieldRights="title:read,levle:hide"),
        _user(fieldRights="title:read,level:hide"),
        "check",
        "“levle”",
    ),
    Case(
        "field-rights",
        "unknown right",
        _user(fieldRights="title:write"),
        _user(fieldRights="title:edit, *:hide"),
        "check",
        "“title:write”",
    ),
    Case(
        "field-rights",
        "twice",
        _user(fieldRights="title:read, title:hide"),
        _user(fieldRights="title:read"),
        "check",
        "“title”写了几次",
    ),
    Case(
        "field-rights",
        "no form",
        flowing(s.user(props=s.properties(clause=s.CLAUSE, fieldRights="title:read")), "check"),
        _user(fieldRights="title:read"),
        "check",
        "没有表单",
    ),
    Case("separation", "no such task", _two(notSameActorAs="drfat"), _two(notSameActorAs="draft"), "check", "“drfat”"),
    Case(
        "separation",
        "itself",
        _two(notSameActorAs="draft, check"),
        _two(notSameActorAs="draft"),
        "check",
        "“check”是它自己",
    ),
    Case(
        "separation",
        "no user task",
        _two(notSameActorAs="store"),
        _two(notSameActorAs="draft"),
        "check",
        "“store”是任务",
    ),
    Case("return-target", "no such task", _two(**{"return": "drfat"}), _two(**{"return": "draft"}), "check", "“drfat”"),
    Case(
        "return-target", "itself", _two(**{"return": "check"}), _two(**{"return": "none"}), "check", "“check”是它自己"
    ),
    Case("return-target", "no user task", _two(**{"return": "store"}), _two(), "check", "“store”是任务"),
    Case("preview", "no such template", _issued(previews="notise"), _issued(previews="notice"), "check", "“notise”"),
    Case("preview", "nothing issues it", _issued(previews="notice,letter"), _issued(), "check", "没有制发“letter”的"),
    Case("public-message", "no form", _received(), _received(camunda_formKey="pack/other"), "x", "没有表单"),
    Case(
        "public-message",
        "no message",
        s.diagram(
            s.start(inner=s.extensions(s.properties(public="true")), camunda_formKey="pack/apply"),
            s.end(),
            s.path("start", "end"),
        ),
        s.diagram(
            s.start(inner=s.extensions(s.properties(public="false")), camunda_formKey="pack/apply"),
            s.end(),
            s.path("start", "end"),
        ),
        "start",
        "开始事件不等消息",
    ),
    Case("clause-missing", "none", flowing(s.user(clause=None), "check"), GOOD, "check", "没有"),
    Case("clause-missing", "empty", flowing(s.user(clause="P000-06;"), "check"), GOOD, "check", "“P000-06;”"),
    Case(
        "clause-unknown",
        "unknown",
        flowing(s.user(clause="P000-06 §9; P000-66"), "check"),
        flowing(s.user(clause="P000-06 §9；P000-07"), "check"),
        "check",
        "“P000-66”",
    ),
]
