"""The words a diagram may use: which elements, camunda attributes and properties the engine reads, and where."""

from __future__ import annotations

import dataclasses
import keyword

from engine.bpmn.elements import business_rule_task, table
from engine.bpmn.lint import markup

_EVENTS = markup.EVENTS
_JOBS = frozenset({"serviceTask", "sendTask", "intermediateThrowEvent", "endEvent"})
_MESSAGES = frozenset({"receiveTask", "startEvent", "intermediateCatchEvent", "boundaryEvent"})
_ANYWHERE = frozenset({"*"})

_CODE = '请用 camunda:type="external" 和 camunda:topic，把代码写在 handlers/ 中'
_ASYNC = "等待状态由平台自己决定，请删除"
_FORM = "请用 camunda:formKey 引用 forms/ 中的表单"
_LISTENER = "流程图中不挂监听器，请把要做的事画成任务"

#: BPMN elements refused, with what to use instead: those of the element table, and what belongs to no flow node.
REFUSED_ELEMENTS = {
    "globalChoreographyTask": "编排不能执行，请画成流程",
    "globalConversation": "会话不能执行，请画成协作",
    "callConversation": "会话不能执行，请画成消息流",
    "subConversation": "会话不能执行，请画成消息流",
    "conversationLink": "会话不能执行，请画成消息流",
    "conversationAssociation": "会话不能执行，请画成消息流",
    "globalTask": "请把任务画在流程中",
    "globalUserTask": "请把任务画在流程中",
    "globalManualTask": "请把任务画在流程中",
    "globalScriptTask": "请把任务画在流程中",
    "globalBusinessRuleTask": "请把任务画在流程中",
    "interface": "不支持 Web 服务接口，请用服务任务",
    "endPoint": "不支持 Web 服务接口，请用服务任务",
    "resource": "请用泳道或 camunda:candidateGroups 指定办理人",
    "resourceRole": "请用泳道或 camunda:candidateGroups 指定办理人",
    "performer": "请用泳道或 camunda:candidateGroups 指定办理人",
    "humanPerformer": "请用泳道或 camunda:candidateGroups 指定办理人",
    "potentialOwner": "请用泳道或 camunda:candidateGroups 指定办理人",
    "rendering": _FORM,
    "correlationKey": "请用扩展属性 correlationKey",
    "correlationProperty": "请用扩展属性 correlationKey",
    "correlationSubscription": "请用扩展属性 correlationKey",
    "import": "不引用其他文件中的定义，请写在本文件中",
    "relationship": "不支持，请删除",
    "ioBinding": "请用 camunda:inputOutput",
    "transformation": "数据关联只是图示，请用 camunda:inputOutput 计算",
    "assignment": "数据关联只是图示，请用 camunda:inputOutput 计算",
    "complexBehaviorDefinition": "多实例不支持自定义行为，请用 completionCondition",
    "loopDataOutputRef": "请用扩展属性 outputCollection",
    "outputDataItem": "请用扩展属性 outputElement",
    "eventDefinitionRef": "请把事件类型直接写在事件中",
    "operationRef": "不支持 Web 服务接口，请用消息名称",
    "participantMultiplicity": "泳池不支持多重性",
    "partnerEntity": "不支持，请用泳池名称",
    "partnerRole": "不支持，请用泳池名称",
    "supportedInterfaceRef": "不支持 Web 服务接口，请用服务任务",
    "interfaceRef": "不支持 Web 服务接口，请用消息流",
    "endPointRef": "不支持 Web 服务接口，请用消息流",
    **table.REFUSED,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Word:
    """A camunda attribute or element: where the engine reads it, and the only values it takes (None: any)."""

    places: frozenset[str]
    values: tuple[str, ...] | None = None


ATTRIBUTES: dict[str, Word] = {
    "versionTag": Word(frozenset({"process"})),
    "candidateStarterGroups": Word(frozenset({"process"})),
    "candidateStarterUsers": Word(frozenset({"process"})),
    "historyTimeToLive": Word(frozenset({"process"})),
    "isStartableInTasklist": Word(frozenset({"process"}), ("true", "false")),
    "initiator": Word(frozenset({"startEvent"})),
    "formKey": Word(_MESSAGES | {"userTask"}),
    "assignee": Word(frozenset({"userTask"})),
    "candidateUsers": Word(frozenset({"userTask"})),
    "candidateGroups": Word(frozenset({"userTask"})),
    "dueDate": Word(frozenset({"userTask"})),
    "followUpDate": Word(frozenset({"userTask"})),
    "priority": Word(frozenset({"userTask"})),
    "type": Word(frozenset({"serviceTask", "sendTask", "messageEventDefinition"}), ("external",)),
    "topic": Word(frozenset({"serviceTask", "sendTask", "messageEventDefinition"})),
    "decisionRef": Word(frozenset({"businessRuleTask"})),
    "decisionRefBinding": Word(frozenset({"businessRuleTask"}), ("deployment",)),
    "mapDecisionResult": Word(frozenset({"businessRuleTask"}), business_rule_task.MAPPINGS),
    "resultVariable": Word(frozenset({"businessRuleTask", "scriptTask"})),
    "calledElementBinding": Word(frozenset({"callActivity"}), ("deployment", "latest", "version", "versionTag")),
    "calledElementVersion": Word(frozenset({"callActivity"})),
    "calledElementVersionTag": Word(frozenset({"callActivity"})),
    "collection": Word(frozenset({"multiInstanceLoopCharacteristics"})),
    "elementVariable": Word(frozenset({"multiInstanceLoopCharacteristics"})),
    "errorCodeVariable": Word(frozenset({"errorEventDefinition"})),
    "errorMessageVariable": Word(frozenset({"errorEventDefinition"})),
    "escalationCodeVariable": Word(frozenset({"escalationEventDefinition"})),
    # What the Modeler writes for itself, or writes although it is the engine's only way anyhow.
    "modelerTemplate": Word(_ANYWHERE),
    "modelerTemplateVersion": Word(_ANYWHERE),
    "modelerTemplateIcon": Word(_ANYWHERE),
    "diagramRelationId": Word(frozenset({"definitions"})),
    "async": Word(_ANYWHERE, ("false",)),
    "asyncBefore": Word(_ANYWHERE, ("false",)),
    "asyncAfter": Word(_ANYWHERE, ("false",)),
    "exclusive": Word(_ANYWHERE, ("true",)),
}

#: Attributes that name a variable to be written.
VARIABLES = frozenset(
    {
        "initiator",
        "resultVariable",
        "elementVariable",
        "errorCodeVariable",
        "errorMessageVariable",
        "escalationCodeVariable",
    }
)

#: Attributes Camunda knows and the engine does not execute, with what to do instead.
REFUSED_ATTRIBUTES = {
    "class": _CODE,
    "expression": _CODE,
    "delegateExpression": _CODE,
    "formRef": _FORM,
    "formRefBinding": _FORM,
    "formRefVersion": _FORM,
    "formHandlerClass": _FORM,
    "resource": "请把脚本直接写在图中",
    "jobPriority": "作业不分优先级，请删除",
    "taskPriority": "作业不分优先级，请删除",
    "calledElementTenantId": "平台不分租户，请删除",
    "decisionRefTenantId": "平台不分租户，请删除",
    "decisionRefVersion": "决策表随流程一起部署，请删除",
    "decisionRefVersionTag": "决策表随流程一起部署，请删除",
    "caseRef": "不支持 CMMN，请调用流程",
    "caseBinding": "不支持 CMMN，请调用流程",
    "caseVersion": "不支持 CMMN，请调用流程",
    "caseTenantId": "不支持 CMMN，请调用流程",
    "variableMappingClass": "请用 camunda:in 和 camunda:out",
    "variableMappingDelegateExpression": "请用 camunda:in 和 camunda:out",
    "variableName": "条件事件在任何变量改变时都会重新计算，请删除",
    "variableEvents": "条件事件在任何变量改变时都会重新计算，请删除",
    "errorMessage": "错误信息由抛出错误的处理程序给出，请删除",
}

ELEMENTS: dict[str, Word] = {
    "properties": Word(_ANYWHERE),
    "property": Word(frozenset({"properties"})),
    "inputOutput": Word(markup.ACTIVITIES | _EVENTS),
    "inputParameter": Word(frozenset({"inputOutput"})),
    "outputParameter": Word(frozenset({"inputOutput"})),
    "list": Word(frozenset({"inputParameter", "outputParameter", "entry"})),
    "map": Word(frozenset({"inputParameter", "outputParameter", "entry"})),
    "entry": Word(frozenset({"map"})),
    "value": Word(frozenset({"list"})),
    "in": Word(frozenset({"callActivity"})),
    "out": Word(frozenset({"callActivity"})),
    "failedJobRetryTimeCycle": Word(_JOBS),
}

REFUSED_CAMUNDA_ELEMENTS = {
    "executionListener": _LISTENER,
    "taskListener": _LISTENER,
    "caseExecutionListener": _LISTENER,
    "variableListener": _LISTENER,
    "connector": _CODE,
    "connectorId": _CODE,
    "field": _CODE,
    "string": _CODE,
    "expression": _CODE,
    "script": "参数的值请写成 ${…} 表达式",
    "formData": _FORM,
    "formField": _FORM,
    "formProperty": _FORM,
    "validation": _FORM,
    "constraint": _FORM,
    "errorEventDefinition": "错误由处理程序抛出 BpmnError 并指明代码",
    "potentialStarter": "请用 camunda:candidateStarterGroups",
}

#: Attributes without a namespace that the camunda elements take.
ELEMENT_ATTRIBUTES: dict[str, frozenset[str]] = {
    "properties": frozenset(),
    "property": frozenset({"id", "name", "value"}),
    "inputOutput": frozenset(),
    "inputParameter": frozenset({"name"}),
    "outputParameter": frozenset({"name"}),
    "list": frozenset(),
    "map": frozenset(),
    "entry": frozenset({"key"}),
    "value": frozenset({"id", "name"}),
    "in": frozenset({"source", "sourceExpression", "target", "businessKey", "variables", "local"}),
    "out": frozenset({"source", "sourceExpression", "target", "variables", "local"}),
    "failedJobRetryTimeCycle": frozenset(),
}

#: Properties the engine reads, with the elements that may have them and the only values.
PROPERTIES: dict[str, Word] = {
    "clause": Word(_ANYWHERE),
    "public": Word(_MESSAGES, ("true", "false")),
    "notSameActorAs": Word(frozenset({"userTask"})),
    "recused": Word(frozenset({"userTask"})),
    "unitOf": Word(frozenset({"userTask"})),
    "leadsTo": Word(frozenset({"endEvent"})),
    "carries": Word(frozenset({"endEvent"})),
    "previews": Word(frozenset({"userTask"})),
    "fieldRights": Word(_MESSAGES | {"userTask"}),
    "correlationKey": Word(_EVENTS | {"receiveTask", "sendTask"}),
    "timeToLive": Word(frozenset({"sendTask", "intermediateThrowEvent", "endEvent"})),
    "outputCollection": Word(markup.ACTIVITIES),
    "outputElement": Word(markup.ACTIVITIES),
    "localScope": Word(frozenset({"subProcess"}), ("true", "false")),
    "return": Word(frozenset({"process", "userTask"})),
    "reversible": Word(
        _EVENTS | {"serviceTask", "sendTask", "receiveTask", "callActivity"},
        ("true", "false"),
    ),
    "caseTitle": Word(frozenset({"process"})),
    "businessKey": Word(frozenset({"process"})),
    "topic": Word(frozenset({"process"})),
}

#: Namespaces of other engines, whose extensions are kept but do nothing here.
FOREIGN_ENGINES = {
    "http://camunda.org/schema/zeebe/1.0": "Camunda 8（zeebe）",
    "http://flowable.org/bpmn": "Flowable",
    "http://activiti.org/bpmn": "Activiti",
    "http://operaton.org/schema/1.0/bpmn": "Operaton",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
    "http://www.jboss.org/drools": "jBPM",
}


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of a variable, and so be used in expressions."""
    return text.isidentifier() and not keyword.iskeyword(text)
