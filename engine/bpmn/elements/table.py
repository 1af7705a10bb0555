"""The one table of BPMN elements: what is executed, what is only drawn, what is refused and why.

`docs/reference/supported-elements.md` is generated from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from engine.bpmn.elements import (
    boundary_event,
    business_rule_task,
    call_activity,
    catch_event,
    end_event,
    event_gateway,
    exclusive_gateway,
    inclusive_gateway,
    parallel_gateway,
    receive_task,
    script_task,
    send_task,
    service_task,
    simple_task,
    start_event,
    sub_process,
    throw_event,
    user_task,
)


@dataclasses.dataclass(frozen=True, slots=True)
class ElementEntry:
    """One kind of flow node that is executed.

    Args:
        title: its Chinese name.
        spec_class: how it runs.
        events: for an event, the definitions that are executed on it ("none" for none).
        note: what a designer should know.
    """

    title: str
    spec_class: type[Any]
    events: tuple[str, ...] = ()
    note: str = ""
    has_event: bool = False


_E = ElementEntry

#: Flow nodes that are executed, by their BPMN tag.
ELEMENTS: Mapping[str, ElementEntry] = {
    "startEvent": _E(
        "开始事件",
        start_event.StartEvent,
        ("none", "message", "timer", "signal", "conditional", "error", "escalation"),
        "嵌入子流程只用无定义的开始事件；错误、升级只用于事件子流程。",
        True,
    ),
    "endEvent": _E(
        "结束事件",
        end_event.EndEvent,
        ("none", "message", "signal", "error", "escalation", "terminate"),
        "终止结束所在范围（流程或子流程）内的一切。",
        True,
    ),
    "intermediateCatchEvent": _E(
        "中间捕获事件", catch_event.CatchEvent, ("message", "timer", "signal", "conditional", "link"), "", True
    ),
    "intermediateThrowEvent": _E(
        "中间抛出事件", throw_event.ThrowEvent, ("none", "message", "signal", "escalation", "link"), "", True
    ),
    "boundaryEvent": _E(
        "边界事件",
        boundary_event.BoundaryEvent,
        ("message", "timer", "signal", "conditional", "error", "escalation"),
        "不中断的消息、信号、条件、循环定时可多次触发；错误总是中断。",
        True,
    ),
    "task": _E("任务", simple_task.SimpleTask, (), "不等待，只记入历史。"),
    "manualTask": _E("手工任务", simple_task.SimpleTask, (), "引擎之外的工作：不等待，只记入历史。"),
    "userTask": _E("用户任务", user_task.UserTask, (), "等待办理人。"),
    "serviceTask": _E(
        "服务任务", service_task.ServiceTask, (), 'camunda:type="external" 与 camunda:topic；事务之后由处理程序执行。'
    ),
    "sendTask": _E("发送任务", send_task.SendTask, (), "有 topic 时由处理程序发送，否则发出所引用的消息。", True),
    "receiveTask": _E("接收任务", receive_task.ReceiveTask, (), "等待所引用的消息。", True),
    "scriptTask": _E("脚本任务", script_task.ScriptTask, (), "安全子集内的赋值语句。"),
    "businessRuleTask": _E("业务规则任务", business_rule_task.BusinessRuleTask, (), "camunda:decisionRef 指向决策表。"),
    "callActivity": _E(
        "调用活动", call_activity.CallActivity, (), "子实例有自己的记录和状态；只传递 in、out 所列变量。"
    ),
    "subProcess": _E("子流程", sub_process.SubProcess, (), "嵌入子流程；triggeredByEvent 为事件子流程。"),
    "exclusiveGateway": _E("排他网关", exclusive_gateway.ExclusiveGateway),
    "parallelGateway": _E("并行网关", parallel_gateway.ParallelGateway),
    "inclusiveGateway": _E("包容网关", inclusive_gateway.InclusiveGateway, (), "汇聚按 BPMN 2.0 §13.4.3。"),
    "eventBasedGateway": _E("事件网关", event_gateway.EventGateway, (), "其后为捕获事件或接收任务；不用于启动实例。"),
}

#: Elements that carry information for people or tools and that no token ever enters.
NOT_EXECUTED: Mapping[str, str] = {
    "documentation": "说明",
    "extensionElements": "扩展",
    "laneSet": "泳道",
    "sequenceFlow": "顺序流",
    "incoming": "流入",
    "outgoing": "流出",
    "textAnnotation": "文字注释",
    "association": "关联",
    "group": "分组",
    "category": "类别",
    "dataObject": "数据对象：只作图示",
    "dataObjectReference": "数据对象：只作图示",
    "dataStoreReference": "数据存储：只作图示",
    "dataInputAssociation": "数据关联：只作图示",
    "dataOutputAssociation": "数据关联：只作图示",
    "ioSpecification": "数据输入输出：只作图示",
    "property": "数据属性：只作图示",
    "multiInstanceLoopCharacteristics": "多实例",
    "standardLoopCharacteristics": "标准循环",
    "auditing": "审计说明",
    "monitoring": "监控说明",
}

#: Elements that are refused at deployment, and why.
REFUSED: Mapping[str, str] = {
    "complexGateway": "复杂网关没有统一的执行语义，请用包容网关或排他网关表达",
    "transaction": "事务子流程不受支持，请用嵌入子流程和错误边界事件表达撤销",
    "adHocSubProcess": "即席子流程不受支持，请把可选的工作画成包容网关的分支",
    "cancelEventDefinition": "取消事件只用于事务子流程，二者均不受支持",
    "compensateEventDefinition": "补偿事件不受支持，请把撤销工作画成明确的任务",
    "isForCompensation": "补偿活动不受支持，请把撤销工作画成明确的任务",
    "multipleEventDefinition": "一个事件应只有一个事件定义，请用事件网关或多个边界事件表达",
    "choreography": "编排图不能执行，请画成流程",
    "conversation": "会话图不能执行，请画成流程",
    "subChoreography": "编排图不能执行，请画成流程",
    "callChoreography": "编排图不能执行，请画成流程",
    "choreographyTask": "编排图不能执行，请画成流程",
    "implicitThrowEvent": "隐式抛出事件不受支持，请画成中间抛出事件",
}
