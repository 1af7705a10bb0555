"""What a pack says of itself: `pack.yaml`, read from disk at deployment and from the store ever after."""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

import yaml

from engine import errors, packoffice, packtopics
from engine.model import definitions, offices, records, tracing

NAME = "pack.yaml"
#: Versions of packs that are kept as read.
_PACKS = 16

_ID = re.compile(r"[^\s,;，；、]{1,64}")
_BRACED = re.compile(r"\{([^{}]*)\}")
_CLAUSE_KINDS = ("procedure", "rule", "system", "one-off")
_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """The document that a pack makes executable."""

    file: str
    date: datetime.date
    issuer: str


@dataclasses.dataclass(frozen=True, slots=True)
class Role:
    """Who does the tasks of a lane: the lane is named like the role.

    Those of a role that `publishes` decide what the public sees to belong together.
    """

    id: str
    name: str
    description: str = ""
    publishes: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class DemoUser:
    """A person to try the pack with; `unit` is the part of the issuer's organisation that they belong to."""

    id: str
    name: str
    roles: tuple[str, ...] = ()
    unit: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the source document: `articles` as the text numbers them, `summary` in our own words."""

    id: str
    articles: str
    summary: str
    kind: str


@dataclasses.dataclass(frozen=True, slots=True)
class PackInfo:
    """What `pack.yaml` says. `calendar` is left to engine.calendars to read."""

    slug: str
    title: str
    source: Source
    roles: tuple[Role, ...] = ()
    users: tuple[DemoUser, ...] = ()
    clauses: tuple[Clause, ...] = ()
    articles: tuple[tracing.Article, ...] = ()
    registers: tuple[records.Register, ...] = ()
    calendar: Any = None
    office: offices.Office | None = None
    places: offices.Places | None = None
    portal: offices.Portal = offices.NO_PORTAL
    external_topics: tuple[definitions.ExternalTopic, ...] = ()

    @property
    def lanes(self) -> dict[str, str]:
        """Return role ids by role name: lanes are named like roles."""
        return {role.name: role.id for role in self.roles}

    def register(self, register_id: str) -> records.Register:
        """Return a register.

        Raises:
            errors.NotFound: The pack has none of this id; the message names those that look alike.
        """
        for each in self.registers:
            if each.id == register_id:
                return each
        near = difflib.get_close_matches(register_id, [each.id for each in self.registers], n=3)
        hint = f"是否应为：{'、'.join(near)}？" if near else f"请在 {NAME} 的 registers 中写明。"
        raise errors.NotFound(f"流程包“{self.slug}”没有台账“{register_id}”。{hint}")


@functools.lru_cache(maxsize=_PACKS)
def parse(content: bytes, slug: str, filename: str = NAME) -> PackInfo:
    """Read and validate a `pack.yaml`; the same content is read once: what it says cannot be changed.

    Raises:
        errors.InvalidInput: With all findings in the message and in `details["findings"]`.
    """
    reader = _Reader(filename)
    info = _pack_info(reader, slug, reader.load(content))
    if reader.findings or info is None:
        sentences = "\n".join(finding.sentence() for finding in reader.findings)
        raise errors.InvalidInput(f"流程包“{slug}”的 {NAME} 有误：\n{sentences}", findings=tuple(reader.findings))
    return info


def _pack_info(reader: _Reader, slug: str, node: _Node | None) -> PackInfo | None:
    if node is None:
        return None
    keys = (
        "title",
        "source",
        "office",
        "places",
        "portal",
        "roles",
        "users",
        "calendar",
        "clauses",
        "articles",
        "registers",
        "external_topics",
    )
    fields = reader.mapping(node, "pack.yaml", keys, required=("title", "source"))
    source = reader.mapping(
        fields.get("source"), "source", ("file", "date", "issuer"), required=("file", "date", "issuer")
    )
    roles = tuple(reader.each(fields.get("roles"), "roles", _role))
    names = {role.id for role in roles}

    def user(reader: _Reader, node: _Node, place: str) -> DemoUser:
        given = reader.mapping(node, place, ("id", "name", "roles", "unit"), required=("id", "name", "roles"))
        held = tuple(reader.each(given.get("roles"), f"{place}.roles", _identifier))
        for unknown in sorted(set(held) - names):
            near = difflib.get_close_matches(unknown, names, n=1)
            reader.complain(node, f"{place}.roles", f"roles 中的角色{f'（{near[0]}？）' if near else ''}", unknown)
        return DemoUser(
            reader.identifier(given.get("id"), place),
            reader.text(given.get("name"), place),
            held,
            reader.text(given.get("unit"), place),
        )

    users = tuple(reader.each(fields.get("users"), "users", user))
    clauses = tuple(reader.each(fields.get("clauses"), "clauses", _clause))
    registers = tuple(reader.each(fields.get("registers"), "registers", _register))
    articles = tuple(reader.each(fields.get("articles"), "articles", _article))
    known = {clause.id for clause in clauses}
    _agree(reader, fields.get("articles"), articles, known)
    for register in registers:
        if not register.readers and any(field.private for field in register.fields):
            expected = "有 private 字段的台账写明 readers：否则没有人能够查看"
            reader.complain(fields.get("registers"), "registers", expected, register.id)
        if register.clause and register.clause not in known:
            reader.complain(fields.get("registers"), "registers", "clause 是 clauses 中的条款", register.clause)
        for unknown in sorted(set(register.readers) - names):
            reader.complain(fields.get("registers"), "registers", "readers 是 roles 中的角色", unknown)
    for place, ids in (
        ("registers", [register.id for register in registers]),
        ("registers", [register.name for register in registers]),
        ("roles", [role.id for role in roles]),
        ("roles", [role.name for role in roles]),
        ("users", [user.id for user in users]),
        ("clauses", [clause.id for clause in clauses]),
        ("articles", [article.number for article in articles]),
    ):
        reader.unique(fields.get(place), place, ids)
    calendar = fields.get("calendar")
    return PackInfo(
        slug=slug,
        title=reader.text(fields.get("title"), "title"),
        source=Source(
            reader.text(source.get("file"), "source.file"),
            reader.date(source.get("date"), "source.date"),
            reader.text(source.get("issuer"), "source.issuer"),
        ),
        roles=roles,
        users=users,
        clauses=clauses,
        articles=articles,
        registers=registers,
        calendar=None if calendar is None else calendar.plain(),
        office=packoffice.office(reader, fields.get("office")),
        places=packoffice.places(reader, fields.get("places"), known),
        portal=packoffice.portal(reader, fields.get("portal")),
        external_topics=packtopics.topics(reader, fields.get("external_topics")),
    )


def _identifier(reader: _Reader, node: _Node, place: str) -> str:
    return reader.identifier(node, place)


def _role(reader: _Reader, node: _Node, place: str) -> Role:
    given = reader.mapping(node, place, ("id", "name", "description", "publishes"), required=("id", "name"))
    description = reader.text(given["description"], f"{place}.description") if "description" in given else ""
    publishes = reader.flag(given.get("publishes"), f"{place}.publishes")
    id_, name = reader.identifier(given.get("id"), place), reader.text(given.get("name"), f"{place}.name")
    return Role(id_, name, description, publishes)


def _clause(reader: _Reader, node: _Node, place: str) -> Clause:
    keys = ("id", "articles", "summary", "kind")
    given = reader.mapping(node, place, keys, required=keys)
    kind = reader.text(given.get("kind"), f"{place}.kind")
    if "kind" in given and kind not in _CLAUSE_KINDS:
        reader.complain(given["kind"], f"{place}.kind", f"{'、'.join(_CLAUSE_KINDS)} 之一", kind)
    articles, summary = (reader.text(given.get(name), f"{place}.{name}") for name in ("articles", "summary"))
    return Clause(reader.text(given.get("id"), f"{place}.id"), articles, summary, kind)


def _article(reader: _Reader, node: _Node, place: str) -> tracing.Article:
    keys = ("number", "kind", "summary", "rows", "items", "reason")
    given = reader.mapping(node, place, keys, required=("number", "kind", "summary"))
    number = given.get("number")
    if number is not None and type(number.value) is int:  # 9 is as good as "9"
        number = dataclasses.replace(number, value=str(number.value))
    kind = reader.text(given.get("kind"), f"{place}.kind")
    if kind and kind not in list(tracing.ArticleKind):
        reader.complain(given["kind"], f"{place}.kind", f"{'、'.join(tracing.ArticleKind)} 之一", kind)
        kind = ""
    known_kind = tracing.ArticleKind(kind or tracing.ArticleKind.PROCEDURE)
    items = given["items"].value if "items" in given else 0
    if type(items) is not int or not 0 <= items <= 99:
        reader.complain(given.get("items"), f"{place}.items", "0 至 99 的整数：有几项", _shown(items))
        items = 0
    rows = tuple(reader.each(given.get("rows"), f"{place}.rows", _identifier))
    reason = reader.text(given["reason"], f"{place}.reason") if "reason" in given else ""
    if kind and known_kind.executable and not rows:
        reader.complain(node, f"{place}.rows", f"{kind} 写明属于哪些 clauses", "没有")
    if kind and known_kind.executable == bool(reason):
        expected = "没有 reason：程序和规则都要执行" if reason else "有 reason：为什么无需执行"
        reader.complain(node, f"{place}.reason", expected, reason or "没有")
    summary = reader.text(given.get("summary"), f"{place}.summary")
    return tracing.Article(reader.identifier(number, f"{place}.number"), known_kind, summary, rows, items, reason)


def _agree(
    reader: _Reader, node: _Node | None, articles: tuple[tracing.Article, ...], clauses: Collection[str]
) -> None:
    """Complain of articles that name no clause of the pack, and of clauses that no article belongs to."""
    named = {row for article in articles for row in article.rows}
    for unknown in sorted(named - set(clauses)):
        reader.complain(node, "articles", "rows 是 clauses 中的条款", unknown)
    if node is not None:
        for forgotten in sorted(set(clauses) - named):
            reader.complain(node, "articles", "每个 clauses 都有条文", f"“{forgotten}”没有")


def _register(reader: _Reader, node: _Node, place: str) -> records.Register:
    given = reader.mapping(
        node,
        place,
        ("id", "name", "number", "clause", "readers", "continues", "fields"),
        required=("id", "name", "fields"),
    )
    fields = tuple(reader.each(given.get("fields"), f"{place}.fields", _register_field))
    reader.unique(given.get("fields"), f"{place}.fields", [field.id for field in fields])
    number = reader.text(given["number"], f"{place}.number") if "number" in given else "{n}"
    if set(_BRACED.findall(number)) not in ({"n"}, {"n", "year"}):
        reader.complain(given.get("number"), f"{place}.number", "含 {n}，可含 {year}，例如 发布〔{year}〕{n}号", number)
    clause = reader.text(given["clause"], f"{place}.clause") if "clause" in given else ""
    name = reader.text(given.get("name"), f"{place}.name")
    readers = tuple(reader.each(given.get("readers"), f"{place}.readers", _identifier))
    continues = reader.flag(given.get("continues"), f"{place}.continues")
    register_id = reader.identifier(given.get("id"), f"{place}.id")
    return records.Register(register_id, name, number, fields, clause, readers, continues)


def _register_field(reader: _Reader, node: _Node, place: str) -> records.RegisterField:
    given = reader.mapping(node, place, ("id", "name", "type", "optional", "private"), required=("id", "name"))
    kind = reader.text(given["type"], f"{place}.type") if "type" in given else records.FieldType.TEXT.value
    if kind not in list(records.FieldType):
        reader.complain(given.get("type"), f"{place}.type", f"{'、'.join(records.FieldType)} 之一", kind)
        kind = records.FieldType.TEXT.value
    optional = reader.flag(given.get("optional"), f"{place}.optional")
    private = reader.flag(given.get("private"), f"{place}.private")
    if private and kind != records.FieldType.TEXT:
        reader.complain(given.get("private"), f"{place}.private", "private 的字段是文字（text）", kind)
    return records.RegisterField(
        reader.identifier(given.get("id"), f"{place}.id"),
        reader.text(given.get("name"), f"{place}.name"),
        records.FieldType(kind),
        optional,
        private,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Node:
    """A YAML value with the line it stands on."""

    value: Any
    line: int

    def plain(self) -> Any:
        """Return the value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


class _Reader:
    """Reads YAML nodes and collects what is wrong with them, so that a designer sees all findings at once."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.findings: list[definitions.Finding] = []

    def load(self, content: bytes) -> _Node | None:
        try:
            loader = yaml.SafeLoader(content.decode("utf-8-sig"))
            node = loader.get_single_node()
            if node is None:
                self.add(None, "内容", "title、source 等键", "空文件")
                return None
            return self._node(loader, node, set())
        except UnicodeDecodeError:
            self.add(None, "编码", "UTF-8", "其他编码")
        except (yaml.YAMLError, RecursionError, ValueError, LookupError, AttributeError) as error:
            # The last three come from scalars that are not what their tag says: `!!int ''`, `!!bool x`.
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error)
            self.add(mark.line + 1 if mark else None, "格式", "有效的 YAML", str(problem))
        return None

    def mapping(
        self, node: _Node | None, place: str, keys: tuple[str, ...], *, required: tuple[str, ...] = ()
    ) -> Mapping[str, _Node]:
        if node is None:
            return {}
        if not isinstance(node.value, dict):
            self.complain(node, place, f"含 {'、'.join(keys)} 的映射", _shown(node.value))
            return {}
        for key in node.value:
            if key not in keys:
                near = difflib.get_close_matches(str(key), keys, n=1)
                self.complain(node.value[key], place, f"键 {near[0] if near else '、'.join(keys)}", str(key))
        for key in required:
            if key not in node.value:
                self.complain(node, place, f"有 {key}", "缺少")
        return node.value

    def each(self, node: _Node | None, place: str, read: Callable[[_Reader, _Node, str], _T]) -> Iterator[_T]:
        if node is None:
            return
        if not isinstance(node.value, list):
            self.complain(node, place, "列表", _shown(node.value))
            return
        for number, item in enumerate(node.value, start=1):
            yield read(self, item, f"{place}[{number}]")

    def text(self, node: _Node | None, place: str) -> str:
        if node is None:
            return ""  # already a finding: a required key is missing
        if not isinstance(node.value, str) or not node.value.strip():
            self.complain(node, place, "非空文字（数字和日期请加引号）", _shown(node.value))
            return ""
        try:
            node.value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, written as an escape: nothing can show or store it
            self.complain(node, place, "能够显示的文字", ascii(node.value)[:80])
            return ""
        return node.value.strip()

    def optional(self, node: _Node | None, place: str) -> str:
        return "" if node is None else self.text(node, place)

    def flag(self, node: _Node | None, place: str) -> bool:
        if node is None:
            return False
        if not isinstance(node.value, bool):
            self.complain(node, place, "true 或 false", _shown(node.value))
        return node.value is True

    def identifier(self, node: _Node | None, place: str) -> str:
        text = self.text(node, place)
        if node is not None and text and not _ID.fullmatch(text):
            self.complain(node, place, "不含空格、逗号、分号、顿号的标识（64 字以内）", text)
        return text

    def date(self, node: _Node | None, place: str) -> datetime.date:
        if node is None:
            return datetime.date.min
        if type(node.value) is not datetime.date:
            self.complain(node, place, "日期，如 2016-06-08", _shown(node.value))
            return datetime.date.min
        return node.value

    def unique(self, node: _Node | None, place: str, names: list[str]) -> None:
        for name in sorted({name for name in names if name and names.count(name) > 1}):
            self.complain(node, place, "标识和名称不重复", f"“{name}”出现 {names.count(name)} 次")

    def complain(self, node: _Node | None, place: str, expected: str, found: str) -> None:
        self.add(node.line if node else None, place, expected, found)

    def add(self, line: int | None, rule: str, expected: str, found: str) -> None:
        self.findings.append(definitions.Finding(self.filename, rule, expected, found, line=line))

    def _node(self, loader: yaml.SafeLoader, node: yaml.Node, seen: set[int]) -> _Node:
        line = node.start_mark.line + 1
        if id(node) in seen:  # an alias: a few of them, nested, unfold to gigabytes
            raise ValueError(f"第 {line} 行：不支持锚点与别名（& 和 *）")
        seen.add(id(node))
        if node.tag not in loader.yaml_constructors:
            raise ValueError(f"第 {line} 行：不支持标签 {node.tag}")
        if isinstance(node, yaml.MappingNode):
            fields: dict[str, _Node] = {}
            for key_node, value_node in node.value:
                if not isinstance(key_node, yaml.ScalarNode):  # may unfold to gigabytes, too
                    raise ValueError(f"第 {key_node.start_mark.line + 1} 行：键应为文字")
                key = str(key_node.value)
                if key in fields:
                    self.add(key_node.start_mark.line + 1, "键", "不重复", key)
                fields[key] = self._node(loader, value_node, seen)
            return _Node(fields, line)
        if isinstance(node, yaml.SequenceNode):
            return _Node([self._node(loader, item, seen) for item in node.value], line)
        return _Node(loader.construct_object(node), line)


def _shown(value: Any) -> str:
    names = {dict: "映射", list: "列表", type(None): "空"}
    return names.get(type(value)) or str(value)[:80]


#: Other files of a pack are read the same way.
Node = _Node
Reader = _Reader
