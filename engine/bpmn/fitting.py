"""Whether what is open in one version of a process can stand in another, and where (see `engine.bpmn.migration`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.bpmn import events, loops, ways
from engine.bpmn.elements import base, joining_gateway, parallel_gateway, table
from engine.bpmn.process import Process
from engine.model.migrations import Finding

#: Number, parent, element, status, data and internal data of a token, as `engine.bpmn.state` writes it.
Row = list[Any]

_EVENTS: Mapping[type[Any], str] = {
    events.MessageEvent: "消息",
    events.SignalEvent: "信号",
    events.TimerEvent: "定时",
    events.ConditionalEvent: "条件",
    events.ErrorEvent: "错误",
    events.EscalationEvent: "升级",
}
_LOOPS: Mapping[type[Any], str] = {
    type(None): "只办理一次",
    loops.MultiInstance: "多实例",
    loops.StandardLoop: "标准循环",
}


class Versions:
    """Two versions of a process, and which element of the new one stands for which of the old one.

    Args:
        old: What the instance runs on.
        new: What it is to run on.
        names: New element (or sequence flow) by old one; elements that are not named keep their id.
    """

    def __init__(self, old: Process, new: Process, names: Mapping[str, str]) -> None:
        self.old, self.new, self.names = old, new, names
        self.old_homes, self.new_homes = _homes(old), _homes(new)

    def target(self, name: str) -> base.ElementSpec | None:
        """Return the element that stands for one of the old version; None where there is none."""
        found: base.ElementSpec | None = self.new.spec.task_specs.get(self.names.get(name, name))
        return found

    def among(self, old: base.ElementSpec, listening: Iterable[base.ElementSpec]) -> base.ElementSpec | None:
        """Return which of the elements that listen somewhere stands for one that did, and waits for the same kind."""
        found = self.target(old.name)
        return found if found in list(listening) and same_event(old, found) else None

    def unknown(self) -> Iterator[Finding]:
        """Yield what the mapping names and is not there."""
        for old, new in self.names.items():
            for process, name, which in ((self.old, old, "原版本"), (self.new, new, "目标版本")):
                if name not in process.elements and all(flow.id != name for flow in process.flows):
                    yield Finding(name, name, f"是{which}中的元素或顺序流，才能用于对应关系 {old}={new}", "没有")

    def entry(self, entry: ways.Entry) -> ways.Entry | None:
        """Return an entry of a way as it is in the new version; None where nobody could go back there any more."""
        found = self.target(entry[0])
        if len(entry) == 1:  # an effect stays one, whatever has become of its element
            return entry if found is None else [found.name]
        if found is None or found.trace != ways.TASK:
            return None
        home = self.target(self.old_homes[entry[0]]) if entry[0] in self.old_homes else None
        return [found.name, *entry[1:]] if home is self.new.spec.task_specs[self.new_homes[found.name]] else None


def same_event(old: Any, new: Any) -> bool:
    """Tell whether two events wait for the same kind of thing, so that one may go on waiting as the other."""
    return type(getattr(old, "event", None)) is type(getattr(new, "event", None))


def misfits(versions: Versions, rows: Mapping[int, Row]) -> Iterator[Finding]:
    """Yield why tokens cannot stand in the new version, but for those that only listen: they come and go."""
    for row in rows.values():
        internal = row[5]
        if "role" in internal or row[1] == 0:
            continue
        old = versions.old.spec.task_specs[row[2]]
        new = versions.target(old.name)
        if "i" in internal:  # a run of a loop: its body has told the rest
            if new is not None and new.type == old.type:
                yield from _waits(old, new, internal)
            continue
        if new is None:
            yield _finding(old, "在目标版本中有对应的元素（相同的 id，或者以对应关系给出）", "没有对应的元素")
            continue
        differs = list(_kind(old, new, internal))
        yield from differs or _home(versions, rows, row, old, new)
        if not differs:
            yield from _waits(old, new, internal)
    yield from _joins(versions, rows)


def _kind(old: Any, new: Any, internal: Mapping[str, Any]) -> Iterator[Finding]:
    if old.type != new.type:
        yield _finding(old, f"仍为{_type(old)}", f"对应的“{new.title}”（{new.name}）为{_type(new)}")
        return
    if not same_event(old, new):
        yield _finding(old, f"仍等待{_event(old)}", f"对应的“{new.title}”等待{_event(new)}")
    if type(old.loop) is not type(new.loop):
        yield _finding(old, f"仍为{_LOOPS[type(old.loop)]}", f"对应的“{new.title}”为{_LOOPS[type(new.loop)]}")
    elif isinstance(old.loop, loops.MultiInstance) and "loop" in internal:
        yield from _runs(old, new)


def _runs(old: Any, new: Any) -> Iterator[Finding]:
    """Compare what a running multi-instance goes over: its runs have been counted and given their items."""
    was, becomes = old.loop, new.loop
    if was.sequential != becomes.sequential:
        words = {True: "依次办理", False: "同时办理"}
        yield _finding(old, f"仍为{words[was.sequential]}", f"已改为{words[becomes.sequential]}，而各次办理已经开始")
    if (was.collection is None) != (becomes.collection is None) or was.element_variable != becomes.element_variable:
        yield _finding(
            old,
            f"仍以“{was.element_variable or '次数'}”逐项办理",
            f"已改为“{becomes.element_variable or '次数'}”，而各次办理已经开始",
        )


def _home(versions: Versions, rows: Mapping[int, Row], row: Row, old: Any, new: Any) -> Iterator[Finding]:
    """Compare the scope that a token is in with the one in which its element is now."""
    outer = versions.target(rows[row[1]][2])
    inside = versions.new.spec.task_specs[versions.new_homes[new.name]]
    if outer is not None and outer is not inside:
        yield _finding(old, f"仍在{_scope(outer)}之内", f"对应的“{new.title}”在{_scope(inside)}之内")


def _waits(old: Any, new: Any, internal: Mapping[str, Any]) -> Iterator[Finding]:
    if "job" in internal.get("waits", ()):
        was, becomes = (each.extensions.attributes.get("topic") for each in (old, new))
        if was != becomes:
            yield _finding(old, f"仍由“{was}”处理：它的作业已经派出", f"已改为“{becomes or '不派出作业'}”")


# -- joins -----------------------------------------------------------------------------------------------------------


def arrivals(versions: Versions, old: Any, new: Any, came: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return for each flow by which a token has come the flow of the new version, and those for which there is none.

    A flow stands for itself where it still leads here; else the one from the same element; else the only one that is
    reached from there: something was put between.
    """
    incoming = {flow.id: flow for flow in new.incoming}
    before = {flow.id: flow for flow in old.incoming}
    found = {each: versions.names.get(each, each) for each in came if versions.names.get(each, each) in incoming}
    lost = []
    for each in came:
        if each in found:
            continue
        free = [flow for flow in new.incoming if flow.id not in found.values()]
        source = versions.target(before[each].source.name) if each in before else None
        same = [flow for flow in free if flow.source is source]
        behind = [flow for flow in free if source is not None and source.name in new.sources(flow)]
        chosen = same if len(same) == 1 else behind
        if len(chosen) == 1:
            found[each] = chosen[0].id
        else:
            lost.append(each)
    return found, lost


def _joins(versions: Versions, rows: Mapping[int, Row]) -> Iterator[Finding]:
    waiting: dict[tuple[int, str], str] = {}
    for row in rows.values():
        old, new = versions.old.spec.task_specs[row[2]], versions.target(row[2])
        if "in" not in row[5] or not isinstance(new, joining_gateway.JoiningGateway) or type(old) is not type(new):
            continue
        sources = {flow.id: flow.source.title for flow in old.incoming}
        for flow in arrivals(versions, old, new, row[5]["in"])[1]:
            yield _finding(
                old,
                f"仍有顺序流接收已经到达的、来自“{sources.get(flow, flow)}”的分支（可用对应关系 {flow}=新顺序流 说明）",
                "没有可以对应的顺序流，或者不止一条",
            )
        if (row[1], new.name) in waiting:
            yield _finding(old, "与其他正在汇聚的网关各有对应", f"与“{waiting[row[1], new.name]}”对应同一个网关")
        waiting[row[1], new.name] = old.title
    yield from _starved(versions, rows)


def _starved(versions: Versions, rows: Mapping[int, Row]) -> Iterator[Finding]:
    """Yield the parallel joins that would wait for ever: for a branch that was never begun.

    One that would have done so in the old version, too, is not told of.
    """
    scopes: dict[int, list[Row]] = {}
    for row in rows.values():
        if "role" not in row[5] and "i" not in row[5]:
            scopes.setdefault(row[1], []).append(row)
    for parent, inside in scopes.items():
        outer = None if parent == 0 else versions.target(rows[parent][2])
        if outer is None or outer.content is None:
            continue
        places = {found.name for row in inside if (found := versions.target(row[2])) is not None}
        for join in outer.content.nodes:
            if not isinstance(join, parallel_gateway.ParallelGateway) or len(join.incoming) < 2:
                continue
            arrived: set[str] = set()
            for row in inside:
                if "in" in row[5] and versions.target(row[2]) is join:
                    old = versions.old.spec.task_specs[row[2]]
                    arrived |= set(arrivals(versions, old, join, row[5]["in"])[0].values())
            missing = _unfed(join, arrived, places)
            if missing and not _starved_before(versions, join, inside):
                names = "、".join(flow.source.title for flow in missing)
                yield Finding(
                    join.name,
                    join.title,
                    "等待的每条分支都已到达或者正在办理",
                    f"来自“{names}”的分支没有开始过，不会到达，汇聚将一直等待",
                )


def _unfed(join: Any, arrived: set[str], places: set[str]) -> list[base.Flow]:
    """Return the flows into a join by which nothing has come or can come, where something does by others."""
    fed = [flow for flow in join.incoming if flow.id in arrived or places & join.sources(flow)]
    return [] if not fed else [flow for flow in join.incoming if flow not in fed]


def _starved_before(versions: Versions, join: base.ElementSpec, inside: list[Row]) -> bool:
    specs = versions.old.spec.task_specs
    for old in versions.old.spec.elements:
        if isinstance(old, parallel_gateway.ParallelGateway) and versions.target(old.name) is join:
            arrived = {flow for row in inside if specs[row[2]] is old and "in" in row[5] for flow in row[5]["in"]}
            return bool(_unfed(old, arrived, {row[2] for row in inside}))
    return False


# -- words -----------------------------------------------------------------------------------------------------------


def _finding(old: Any, expected: str, found: str) -> Finding:
    return Finding(old.name, old.title, expected, found)


def _type(spec: Any) -> str:
    known = table.ELEMENTS.get(spec.type)
    return "事件子流程" if known is None else known.title


def _event(spec: Any) -> str:
    return _EVENTS.get(type(getattr(spec, "event", None)), "其他事件")


def _scope(spec: base.ElementSpec) -> str:
    return "流程" if isinstance(spec, base.ProcessRoot) else f"子流程“{spec.title}”"


def _homes(process: Process) -> dict[str, str]:
    """Return the scope of every element by id."""
    scopes = [process.spec.start, *process.spec.elements]
    return {node.name: scope.name for scope in scopes if scope.content is not None for node in scope.content.nodes}
