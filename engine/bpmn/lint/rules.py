"""The table of rules: what a diagram must be before it is deployed, and why.

The ids are stable: findings, documents and people quote them.  `docs/reference/check-rules.md` is written from here.
"""

from __future__ import annotations

import dataclasses

ERROR = "error"
WARNING = "warning"

#: What the severities mean, for the page.
SEVERITIES = {ERROR: "错误", WARNING: "提醒"}


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """One demand on diagrams; `why` says what would go wrong without it."""

    id: str
    title: str
    why: str
    severity: str = ERROR


GROUPS: dict[str, tuple[Rule, ...]] = {
    "文件": (
        Rule("xml", "文件是可以安全打开的 XML", "不完整的文件无法读取；DOCTYPE 和实体可被用来攻击系统。"),
        Rule("schema", "符合 BPMN 2.0 的 XSD", "别的工具打不开不合标准的文件，平台也无从知道作者的意思。"),
        Rule("missing-id", "流程、节点和顺序流都有 id", "办理记录、表单、统计和迁移都按 id 指认元素。"),
        Rule("duplicate-id", "id 在文件中不重复", "重复的 id 使引用指向哪一个元素变得不确定。"),
        Rule(
            "reserved-id",
            "id 不占用执行器的保留名",
            "SpiffWorkflow 用 Start、End、Root 以及以 .EndJoin、.BoundaryEventSplit、.BoundaryEventJoin 结尾的名字"
            "表示自己的内部节点，同名元素会被当作内部节点处理，流程可能一启动就结束。",
        ),
        Rule(
            "executable",
            '流程标明 isExecutable="true"',
            '没有标明的流程只是一张图，不会部署；写明 isExecutable="false" 而与可执行流程同在一个文件的，只作提醒。',
        ),
        Rule("process-name", "流程有名称", "工作人员在启动列表和待办中看到的是名称。", WARNING),
        Rule(
            "version-tag", "流程有版本标签 camunda:versionTag", "没有版本标签，就说不清案件按哪一版流程办理。", WARNING
        ),
    ),
    "支持范围": (
        Rule(
            "unsupported-element",
            "只使用平台能正确执行的元素",
            "不能正确执行的元素一律拒绝部署，绝不读入后悄悄忽略。支持哪些元素见 supported-elements.md。",
        ),
        Rule("unsupported-construct", "只使用平台能正确执行的写法", "元素受支持，但其中的某项标准写法不会被执行。"),
        Rule("event-position", "事件类型可以用在这个位置", "例如错误不能启动流程，终止不能用在中间事件上。"),
        Rule(
            "expression-language",
            "表达式使用平台的表达式语言",
            "条件、定时和脚本是 Python 的安全子集，不执行其他语言。",
        ),
        Rule("camunda-unknown", "camunda 属性和元素没有写错", "写错名字的属性不起作用，而作者以为它起作用。"),
        Rule(
            "camunda-unsupported",
            "不使用平台不执行的 camunda 扩展",
            "代码写在 handlers/ 中，不写在流程图里；其余不执行的扩展也不能留下。",
        ),
        Rule("camunda-value", "camunda 属性的值在允许范围内", "不认识的值会在运行中才出错。"),
        Rule(
            "foreign-extension",
            "不使用其他引擎的执行扩展",
            "zeebe、flowable、activiti、spiffworkflow 等扩展会原样保留，但不会执行。",
            WARNING,
        ),
        Rule(
            "property-unknown",
            "扩展属性（camunda:property）的名称是平台认识的",
            "写错名称的扩展属性不起作用。",
            WARNING,
        ),
        Rule("property-value", "扩展属性的值在允许范围内", "写错的值会使属性失去作用，或在运行中才出错。"),
    ),
    "结构": (
        Rule(
            "start-event",
            "开始事件齐全",
            "流程至少有一个开始事件、至多一个无类型的；子流程恰有一个无类型开始事件；事件子流程恰有一个有类型的。",
        ),
        Rule(
            "flow-ends",
            "顺序流的两端存在、在同一层、方向正确",
            "顺序流不能跨越子流程或泳池，不能进入开始事件和边界事件，不能离开结束事件。",
        ),
        Rule(
            "flow-mismatch",
            "节点登记的进出顺序流与顺序流本身一致",
            "两处不一致时，不同的工具会画出、执行出不同的流程。",
        ),
        Rule("unreachable", "每个节点都能从开始事件走到", "走不到的节点永远不会执行。"),
        Rule("dead-end", "从每个节点都能走到结束事件", "走不到结束，案件就没有明确的结果。"),
        Rule(
            "join-blocked",
            "并行汇合所等的各路能同时到达",
            "并行网关要等齐每一路；如果其中两路是二选一的，永远等不齐，案件停在这里。",
        ),
        Rule(
            "merge-doubled",
            "排他汇合不用来合并并行的各路",
            "排他网关不等待：几路同时到达，后面的工作就会做几遍。",
            WARNING,
        ),
    ),
    "网关与条件": (
        Rule("gateway-condition", "排他、包容分支的每条非缺省流都有条件", "没有条件就不知道什么时候走这一路。"),
        Rule(
            "gateway-default",
            "分支有缺省流，或者条件可证明周全",
            "各条件都不成立而没有缺省流时，案件无路可走。条件周全指：有一条恒为真，或者两条互为相反"
            "（x 与 not x，a == b 与 a != b，a < b 与 a >= b，a in b 与 a not in b 等，写法一致即可证明）。"
            "活动的各条流出顺序流全有条件时同此要求。",
        ),
        Rule(
            "default-flow",
            "缺省流是本节点的流出顺序流且不带条件",
            "缺省流是其他条件都不成立时才走的，它的条件不会被计算。",
        ),
        Rule(
            "conditional-flow",
            "条件只写在排他网关、包容网关和活动的流出顺序流上",
            "并行网关、事件网关和事件流出的顺序流总会走，条件不会被计算。",
        ),
        Rule("flow-label", "排他、包容分支的每条流出顺序流都有文字", "读图的人要看得出每一路是什么情况。"),
        Rule(
            "gateway-question",
            "排他、包容分支网关的名称是一个问题",
            "读图的人要看得出在判断什么，例如“保密？”。",
            WARNING,
        ),
        Rule("gateway-useless", "网关确有分支或汇合", "一进一出的网关什么也不做，多半是漏画了一条线。", WARNING),
        Rule("gateway-mixed", "汇合与分支分开画", "同一个网关既汇合又分支，读图的人容易看错。", WARNING),
        Rule(
            "event-gateway",
            "事件网关之后是可等待的事件",
            "事件网关至少有两条流出顺序流，每条直接通向消息、定时、信号、条件的中间捕获事件或接收任务，且该目标没有别的流入。",
        ),
    ),
    "事件": (
        Rule("boundary", "边界事件附着在同一层的活动上", "边界事件的宿主不存在或不是活动时，永远不会触发。"),
        Rule("interrupting", "中断与否的标记用在可以选择的地方", "错误总是中断；普通开始事件没有可中断的东西。"),
        Rule(
            "boundary-never",
            "边界事件有机会触发",
            "只有等待中的活动才会遇到消息、定时、信号和条件；错误来自用户任务、服务任务、带主题的发送任务、"
            "调用活动和子流程；升级来自调用活动和子流程。",
            WARNING,
        ),
        Rule("link", "链接事件成对", "每个链接抛出事件在同一层恰有一个同名的链接捕获事件，反之至少有一个。"),
        Rule(
            "event-subprocess",
            "事件子流程没有流入流出的顺序流，也没有边界事件和循环",
            "事件子流程由事件触发，不由顺序流到达。",
        ),
        Rule(
            "event-reference",
            "消息、信号、错误、升级的引用存在，并有名称或代码",
            "没有名称的消息无人能发，没有代码的错误无人能接。捕获错误和升级时可以不写引用，表示捕获全部。",
        ),
        Rule(
            "timer",
            "定时写明日期、时长或循环之一，写法符合 ISO 8601",
            "例如 2026-05-01T09:00:00+08:00、P5D、R3/PT1H；不支持 cron。"
            "循环只能用在流程的开始事件、不中断的边界事件和不中断的事件子流程上。",
        ),
        Rule(
            "pool", "泳池引用的流程存在", "泳池引用的流程不在文件中，图与流程就对不上；外部单位用空白泳池，不写引用。"
        ),
        Rule("message-flow", "消息流连接两个不同的泳池", "同一个泳池之内用顺序流；消息流的两端都要存在。"),
    ),
    "活动": (
        Rule(
            "topic", "服务任务是外部任务并写明主题", '应写 camunda:type="external" 和 camunda:topic，否则没有程序来办。'
        ),
        Rule(
            "handler",
            "主题有处理程序，或者是外部主题",
            "没有处理程序的主题，任务一到就会变成故障。"
            "由其他程序通过接口处理的，在 pack.yaml 的 external_topics 中写明。",
        ),
        Rule("decision", "业务规则任务引用的决策表存在", "没有决策表就得不出结果。"),
        Rule("called-process", "调用活动引用的流程存在", "被调用的流程不存在，案件就停在这里。"),
        Rule(
            "called-starter",
            "其他流程调用的流程写明能否单独发起",
            "没有写明的，开始事件所在泳道的角色都能单独发起它，而它缺少调用它的流程所给的内容。"
            '只供调用的写 camunda:isStartableInTasklist="false"，也可单独发起的写 camunda:candidateStarterGroups。',
            WARNING,
        ),
        Rule(
            "leads-to",
            "结束事件的 leadsTo 写出的流程存在",
            "写错了 id，事项办结后就没有接着发起的入口，也没有人会发现。算出来的 id 不检查。",
            WARNING,
        ),
        Rule("script", '脚本任务写明 scriptFormat="python" 和脚本', "空脚本什么也不做，其他语言的脚本不执行。"),
        Rule("multi-instance", "多实例写明集合或次数", "没有集合也没有次数，就不知道要办几次。"),
        Rule("loop", "循环写明条件或最多次数", "没有条件也没有次数的循环不会停。"),
        Rule(
            "input-output",
            "输入输出参数有名称、不重复，用在会计算它的元素上",
            "没有名称的参数无处可放，重名的参数只剩最后一个。",
        ),
        Rule("call-mapping", "调用活动的 in/out 写明来源和去处", "没有来源或去处的映射不传递任何东西。"),
        Rule(
            "retry-cycle",
            "重试写法为 R次数/间隔，或者各次的间隔，用在产生作业的元素上",
            "例如 R3/PT5M：隔五分钟再试，共三次；PT1M,PT10M：先隔一分钟、再隔十分钟，也共三次。",
        ),
        Rule("expression", "表达式、模板和脚本可以编译", "在部署时就指出写错的表达式，而不是等到办理中。"),
    ),
    "人员与依据": (
        Rule(
            "name-missing",
            "用户任务和事件有名称",
            "用户任务的名称是待办标题，缺少即为错误；事件、其他任务和子流程缺少名称只作提醒。",
        ),
        Rule("lane-role", "泳道名称是 pack.yaml 中的角色", "用户任务由泳道对应的角色办理，对不上就没有人能办。"),
        Rule(
            "lane-membership",
            "有泳道时每个节点恰在一个泳道中",
            "不在泳道中的任务不知道归谁办，在两个泳道中的不知道归哪一个。",
        ),
        Rule("performer", "每个用户任务有人办", "没有泳道、办理人、候选人和候选组的任务，谁也看不到。"),
        Rule("role", "候选组和可启动组是 pack.yaml 中的角色", "写错的角色没有成员，任务没有人能办。"),
        Rule("form", "表单存在", "formKey 写作“流程包/表单”，对应 forms/流程包/表单.json。"),
        Rule(
            "field-rights",
            "字段权限写法正确，字段在表单中",
            "写作“字段:权限,字段:权限”，权限为 edit、read、hide，字段 * 指其余全部；写错的字段得不到保护。",
        ),
        Rule(
            "return-target",
            "return 写 none，或本流程其他用户任务的 id",
            "写在用户任务或流程上，限定可以退回到哪些任务，以逗号分隔；none 为不得退回，不写为不限。指错了就退不回去。",
        ),
        Rule("separation", "notSameActorAs 指向本流程的其他用户任务", "回避和不相容岗位分离靠它，指错了就形同虚设。"),
        Rule(
            "preview",
            "previews 是本流程某个服务任务制发的公文的模板",
            "写在用户任务上，以逗号分隔，办结以前先看公文的样子。模板在 documents/ 中，服务任务以参数 template 制发。",
        ),
        Rule(
            "public-message",
            "对公众开放的是带表单的消息",
            'public="true" 把消息变成门户上的一个页面，只能用在消息的开始事件、捕获事件和接收任务上，并要有表单。',
        ),
        Rule("clause-missing", "用户任务写明依据的条款", "每一项人工工作都应说明依据文件的哪一条。"),
        Rule("clause-unknown", "条款在 pack.yaml 的 clauses 中", "引用不存在的条款等于没有依据。"),
    ),
    "图形": (
        Rule(
            "diagram-missing",
            "每个节点和顺序流都画在图上",
            "没有图形信息的元素在编辑器中看不到。可用 gongkai layout 自动排版。",
        ),
        Rule("diagram-dangling", "图形都对应文件中的元素", "多余的图形多半是删除元素时留下的。", WARNING),
    ),
}

RULES: tuple[Rule, ...] = tuple(rule for group in GROUPS.values() for rule in group)

BY_ID: dict[str, Rule] = {rule.id: rule for rule in RULES}

_HEAD = """# 检查规则

`gongkai check` 和部署用的是同一套检查。**错误**使部署被拒绝，**提醒**不影响部署。
每一处发现都写明文件、行号、元素的 id 和名称、规则、应为什么、现为什么。

本页由规则表（`engine/bpmn/lint/rules.py`）生成，测试保证两者一致：

    tools/make_reference.py
"""


def page() -> str:
    """Return the reference page of the rules, in Markdown."""
    parts = [_HEAD]
    for group, members in GROUPS.items():
        rows = [f"| `{rule.id}` | {SEVERITIES[rule.severity]} | {rule.title} | {_cell(rule.why)} |" for rule in members]
        parts.append(
            "\n".join([f"## {group}", "", "| 规则 | 轻重 | 要求 | 为什么 |", "|---|---|---|---|", *rows]) + "\n"
        )
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
