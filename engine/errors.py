"""Every error the platform raises on purpose; the docstring of a class is its default message.

A message says what was expected, what was found and, where there is one, what to do next, in the language of the
person who will read it: Chinese for office staff and process designers.
"""

from __future__ import annotations


class GongkaiError(Exception):
    """操作未能完成。"""

    #: Stable identifier for programs: exit codes, JSON output, HTTP problem types.
    code = "error"

    def __init__(self, message: str | None = None, **details: object) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.details = details
        super().__init__(self.message)


class NotFound(GongkaiError):
    """没有找到所指的对象。"""

    code = "not-found"


class Forbidden(GongkaiError):
    """您没有权限执行此操作。"""

    code = "forbidden"


class Conflict(GongkaiError):
    """对象的状态已经改变，操作未执行。"""

    code = "conflict"


class Deadlock(Conflict):
    """与另一操作互相等待，操作未执行，请再试一次。"""


class InvalidInput(GongkaiError):
    """提交的内容不符合要求。"""

    code = "invalid-input"


class InvalidForm(InvalidInput):
    """表单填写有误。"""

    code = "invalid-form"


class InvalidDiagram(InvalidInput):
    """流程图不能部署。"""

    code = "invalid-diagram"


class InvalidDecision(InvalidInput):
    """决策表不能部署。"""

    code = "invalid-decision"


class InvalidExpression(InvalidInput):
    """表达式不符合允许的写法。"""

    code = "invalid-expression"


class EvaluationFailed(GongkaiError):
    """表达式求值失败。"""

    code = "evaluation-failed"


class DecisionFailed(GongkaiError):
    """决策表求值失败。"""

    code = "decision-failed"


class CalendarError(InvalidInput):
    """日历数据有误。"""

    code = "calendar-error"


class BpmnError(GongkaiError):
    """业务错误。

    Raised by a handler to send a BPMN error to the boundary event of its own service task, never retried.
    """

    code = "bpmn-error"

    def __init__(self, error_code: str, message: str | None = None, variables: dict[str, object] | None = None) -> None:
        super().__init__(message or error_code)
        self.error_code = error_code
        self.variables = variables or {}


class InvalidXml(InvalidInput):
    """文件不是可以安全打开的 XML。"""

    code = "invalid-xml"


class InvalidFormDefinition(InvalidInput):
    """表单定义不能部署。"""

    code = "invalid-form-definition"


class StoreError(GongkaiError):
    """数据库不能读写。"""

    code = "store-error"


class SignInRefused(Forbidden):
    """用户名或密码不正确，或者账号已停用。"""

    code = "sign-in-refused"


class TooManyAttempts(Forbidden):
    """失败次数过多，请稍后再试。"""

    code = "too-many-attempts"


class Outdated(Conflict):
    """内容已被他人修改，您的修改没有保存，请重新打开后再试。"""

    code = "outdated"


class InvalidRecord(InvalidInput):
    """台账、公文或者公开信息不符合要求。"""

    code = "invalid-record"


class InvalidDocumentTemplate(InvalidInput):
    """公文模板不能使用。"""

    code = "invalid-document-template"
