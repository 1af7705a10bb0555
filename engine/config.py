"""Settings: read once, at the edge, from the environment; nothing else in the platform looks at the environment."""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import os
import pathlib
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine import errors
from engine.model import cells

PREFIX = "GONGKAI_"

#: More seconds than this (31 years) are a slip of the keyboard.
_MOST = 1e9
#: The web takes no longer request (`engine.web.app`), so no single file can be larger.
_LARGEST_FILE = 250_000_000
_SQLITE = "sqlite:///"
#: Where the pages are as long as nobody says where people reach them.
LOCAL_URL = "http://127.0.0.1:8000"
_TIME = r"((?:[01]\d|2[0-3]):[0-5]\d)"
_WINDOW = re.compile(f"{_TIME}-{_TIME}")
_ADDRESS = re.compile(r"https?://[^\s/?#@]+/?")


#: Ways to talk to a mail server, with the port of each.
_SMTP_PORTS = {"starttls": 587, "ssl": 465, "none": 25}
#: Forms of what services write, and how important it must be.
LOG_FORMS = ("text", "json")
LOG_LEVELS = ("debug", "info", "warning", "error")
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose. Every field is the environment variable `GONGKAI_` + its name in capitals.

    database: SQLAlchemy URL; a relative SQLite path is under the working directory.
    cell: number of this office among several that give their rows ids of their own, up to 9000: what the id of a row
        begins with, before its last twelve digits. It is given when a database is made, and stays; 0 stands alone.
    packs: directories with packs of your own, joined by the path separator of the system; they come after the packs
        that gongkai ships.
    poll_seconds: how often an idle worker looks for due work that nobody told it of.
    lease_seconds: how long a job belongs to a worker that gives no sign of life.
    heartbeat_seconds: how often a worker renews the leases of its running jobs.
    handler_seconds: how long a worker renews the lease of one job. A handler that takes longer keeps the lease itself
        (`job.heartbeat()`); of one that hangs the lease then runs out, and after the third time it is an incident.
    grace_seconds: how long a stopping worker waits for its running jobs.
    concurrency: jobs that one worker runs at the same time.
    message_ttl_seconds: how long a message nobody waits for is kept when its sender does not say.
    long_poll_seconds: how long at most a program that asks for jobs of external topics is kept waiting for one.
    long_polls: how many such programs one process keeps waiting at the same time; others are answered at once.
    cached_definitions: parsed process definitions kept in memory.
    queue: what tells workers of new jobs: `procrastinate`, a job engine in the same PostgreSQL; `rows`, nobody: they
        look at the jobs themselves; `auto` is the first on PostgreSQL, the second on SQLite.
    connections: connections to PostgreSQL that a process keeps; for a moment of much work twice as many may be open.
    statement_seconds: how long one statement may take on PostgreSQL; a transaction in which nothing happens for as long
        is ended, too, and lets go of what others wait for. 0 is without a bound.
    session_idle_seconds: how long somebody stays signed in without doing anything.
    session_seconds: how long somebody stays signed in at most.
    password_memory_kib: memory in KiB that hashing one password takes; the more, the harder passwords are to guess from
        a stolen database. Hashes made with other values are renewed when their owner signs in.
    oidc_issuer: address of the identity provider for single sign-on by OpenID Connect, exactly as it calls itself;
        without one there are passwords alone.
    oidc_client_id: what the provider calls this platform.
    oidc_client_secret: the secret that the provider gave it, if it gave one.
    oidc_client_secret_file: a file with the secret, instead.
    oidc_claim: the claim that is compared with the identity of accounts (`gongkai user set --external-id`).
    oidc_scopes: what the provider is asked for, separated by blanks.
    oidc_label: what people call the provider.
    files: directory of uploaded files; by default `<database>-files` beside a SQLite database, else `var/files`.
    file_bytes: how large an uploaded file may be where a form sets no limit of its own, at most 250 MB.
    public_url: the address under which people reach the pages, such as `https://gongkai.example.org`, without a path:
        links in mails, addresses in the feeds and on the pages of the public portal, and where single sign-on comes
        back to, all begin with it. `gongkai serve` takes the address that it listens on where none is set; behind a
        proxy, set it.
    smtp_host: mail server; without one nothing is mailed.
    smtp_port: its port; by default 587, with `ssl` 465, with `none` 25.
    smtp_security: `starttls`, `ssl`, or `none` for a server on this machine or in a network of its own.
    smtp_user: who signs in to the mail server; without one nobody does.
    smtp_password: the password for it.
    smtp_password_file: a file with the password, instead.
    smtp_sender: the address that mails come from, with or without a name: `gongkai@example.org`.
    webhook_private: whether webhooks may call private addresses, those of this machine among them.
    cleanup_window: when cases whose time is over are deleted, in Beijing time: `22:00-06:00`; by default nothing is
        ever deleted but by `gongkai retention run`.
    cleanup_archives: directory into which the archive package of a case is written before the case is deleted.
    cleanup_without_archive: whether cases are deleted although no archive package is written.
    scan_command: virus scanner that is given the path of every uploaded file as its last argument, run without a
        shell; it exits with 0 for a clean file and 1 for an infected one, and nothing is kept that it cannot judge.
    scan_seconds: how long the virus scanner may take for one file.
    silent_seconds: how long a worker may go without looking for work before it counts as ill: `/healthz` says so, and
        `gongkai worker --processes` ends it and starts another.
    log: `text` or `json`: how `gongkai serve` and `gongkai worker` write what happens to standard error.
    log_level: `debug`, `info`, `warning` or `error`: what is less important is not written. With `info` every job and
        every request is a line.
    otel: whether requests, actions and jobs are spans of OpenTelemetry, sent by the OTLP protocol as its own variables
        `OTEL_EXPORTER_OTLP_…` say; needs `pip install 'gongkai[otel]'`.
    """

    database: str = "sqlite:///var/gongkai.db"
    cell: int = 0
    packs: tuple[pathlib.Path, ...] = ()
    poll_seconds: float = 0.5
    lease_seconds: float = 20.0
    heartbeat_seconds: float = 5.0
    handler_seconds: float = 3600.0
    grace_seconds: float = 30.0
    concurrency: int = 2
    message_ttl_seconds: float = 3600.0
    long_poll_seconds: float = 30.0
    long_polls: int = 200
    cached_definitions: int = 64
    queue: str = "auto"
    connections: int = 16
    statement_seconds: float = 60.0
    session_idle_seconds: float = 28_800.0
    session_seconds: float = 604_800.0
    password_memory_kib: int = 65_536
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = dataclasses.field(default="", repr=False)
    oidc_client_secret_file: str = ""
    oidc_claim: str = "sub"
    oidc_scopes: str = "openid profile"
    oidc_label: str = "统一身份认证"
    files: str = ""
    file_bytes: int = 50_000_000
    scan_command: str = ""
    scan_seconds: float = 60.0
    public_url: str = LOCAL_URL
    smtp_host: str = ""
    smtp_port: int = 0
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = dataclasses.field(default="", repr=False)
    smtp_password_file: str = ""
    smtp_sender: str = ""
    webhook_private: bool = False
    silent_seconds: float = 60.0
    log: str = "text"
    log_level: str = "warning"
    otel: bool = False
    cleanup_window: str = ""
    cleanup_archives: str = ""
    cleanup_without_archive: bool = False

    def __post_init__(self) -> None:
        for name in ("poll_seconds", "lease_seconds", "heartbeat_seconds", "handler_seconds", "scan_seconds"):
            _at_least(name, getattr(self, name), 0.001)
        for name in ("grace_seconds", "message_ttl_seconds", "statement_seconds", "long_poll_seconds", "long_polls"):
            _at_least(name, getattr(self, name), 0)
        for name in ("concurrency", "cached_definitions", "file_bytes", "connections"):
            _at_least(name, getattr(self, name), 1)
        if self.file_bytes > _LARGEST_FILE:
            raise errors.InvalidInput(f"{PREFIX}FILE_BYTES 应不超过 {_LARGEST_FILE}，现为 {self.file_bytes}。")
        for name in ("session_idle_seconds", "session_seconds"):
            _at_least(name, getattr(self, name), 60)
        if not 0 <= self.cell <= cells.LAST:
            raise errors.InvalidInput(f"{PREFIX}CELL 应在 0 至 {cells.LAST} 之间，现为 {self.cell}。")
        _at_least("password_memory_kib", self.password_memory_kib, 8192)
        _one_of("log", self.log, LOG_FORMS)
        _one_of("log_level", self.log_level, LOG_LEVELS)
        _at_least("silent_seconds", self.silent_seconds, self.poll_seconds * 2)
        self._check_queue()
        self._check_mail()
        self._check_single_sign_on()
        self._check_clean_up()
        if self.heartbeat_seconds * 2 > self.lease_seconds:
            raise errors.InvalidInput(
                f"{PREFIX}LEASE_SECONDS 应至少为 {PREFIX}HEARTBEAT_SECONDS 的两倍，"
                f"现为 {self.lease_seconds:g} 与 {self.heartbeat_seconds:g}：错过一次心跳就会丢失任务的租约。"
            )

    def _check_queue(self) -> None:
        if self.queue not in ("auto", "rows", "procrastinate"):
            raise errors.InvalidInput(f"{PREFIX}QUEUE 应为 auto、rows 或 procrastinate，现为“{self.queue}”。")
        if self.queue == "procrastinate" and self.database.startswith("sqlite"):
            raise errors.InvalidInput(
                f"{PREFIX}QUEUE 为 procrastinate 时，{PREFIX}DATABASE 应为 PostgreSQL 数据库（postgresql+psycopg://…）。"
            )

    @property
    def queued(self) -> bool:
        """Return whether procrastinate tells workers of new jobs."""
        return self.queue == "procrastinate" or (self.queue == "auto" and self.database.startswith("postgresql"))

    @property
    def files_directory(self) -> pathlib.Path | None:
        """Return where uploaded files are kept; None beside a database in memory, which leaves nothing behind."""
        if self.files:
            return pathlib.Path(self.files)
        if not self.database.startswith("sqlite:"):
            return pathlib.Path("var/files")
        name = self.database.removeprefix(_SQLITE).partition("?")[0]
        if self.database == "sqlite://" or name in ("", ":memory:"):
            return None
        database = pathlib.Path(name)
        return database.with_name(f"{database.stem}-files")

    def _check_mail(self) -> None:
        if not _ADDRESS.fullmatch(self.public_url):
            raise errors.InvalidInput(
                f"{PREFIX}PUBLIC_URL 应以 http:// 或 https:// 开头，只写到主机名和端口，"
                f"如 https://gongkai.example.org，现为“{self.public_url}”。"
            )
        _one_of("smtp_security", self.smtp_security, _SMTP_PORTS)
        if not 0 <= self.smtp_port <= 65535:
            raise errors.InvalidInput(f"{PREFIX}SMTP_PORT 应在 1 至 65535 之间，现为 {self.smtp_port}。")
        if self.smtp_host and "@" not in self.smtp_sender:
            raise errors.InvalidInput(f"设置了 {PREFIX}SMTP_HOST，还应在 {PREFIX}SMTP_SENDER 中设置发件地址。")
        if self.smtp_password and self.smtp_password_file:
            raise errors.InvalidInput(f"{PREFIX}SMTP_PASSWORD 与 {PREFIX}SMTP_PASSWORD_FILE 只能设置其中一个。")

    def _check_clean_up(self) -> None:
        if not self.cleanup_window:
            return
        found = _WINDOW.fullmatch(self.cleanup_window)
        if found is None or found[1] == found[2]:
            raise errors.InvalidInput(
                f"{PREFIX}CLEANUP_WINDOW 应写作 开始-结束（北京时间），如 22:00-06:00，现为“{self.cleanup_window}”。"
            )
        if not self.cleanup_archives and not self.cleanup_without_archive:
            raise errors.InvalidInput(
                f"设置了 {PREFIX}CLEANUP_WINDOW，还应在 {PREFIX}CLEANUP_ARCHIVES 中设置归档目录；"
                f"确实不需要归档的，将 {PREFIX}CLEANUP_WITHOUT_ARCHIVE 设置为 true。"
            )

    def _check_single_sign_on(self) -> None:
        if not self.oidc_issuer:
            return
        if not is_protected(self.oidc_issuer):
            raise errors.InvalidInput(
                f"{PREFIX}OIDC_ISSUER 应以 https:// 开头（仅本机地址可用 http://），现为“{self.oidc_issuer}”。"
            )
        if not self.oidc_client_id:
            raise errors.InvalidInput(f"设置了 {PREFIX}OIDC_ISSUER，还应在 {PREFIX}OIDC_CLIENT_ID 中设置客户端标识。")
        if "openid" not in self.oidc_scopes.split():
            raise errors.InvalidInput(f"{PREFIX}OIDC_SCOPES 应含有 openid，现为“{self.oidc_scopes}”。")
        if self.oidc_client_secret and self.oidc_client_secret_file:
            raise errors.InvalidInput(
                f"{PREFIX}OIDC_CLIENT_SECRET 与 {PREFIX}OIDC_CLIENT_SECRET_FILE 只能设置其中一个。"
            )

    @property
    def oidc_secret(self) -> str:
        """Return the secret that the identity provider gave this platform; empty where it gave none.

        Raises:
            errors.InvalidInput: Its file cannot be read.
        """
        if not self.oidc_client_secret_file:
            return self.oidc_client_secret
        try:
            return pathlib.Path(self.oidc_client_secret_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise errors.InvalidInput(
                f"不能读取 {PREFIX}OIDC_CLIENT_SECRET_FILE 所指的文件“{self.oidc_client_secret_file}”"
                f"（{type(error).__name__}），请检查路径、权限和编码。"
            ) from None

    @property
    def smtp_address(self) -> tuple[str, int]:
        """Return host and port of the mail server."""
        return self.smtp_host, self.smtp_port or _SMTP_PORTS[self.smtp_security]

    def cleans_up(self, now: datetime.time) -> bool:
        """Tell whether cases whose time is over are deleted at a time of the day, in Beijing time."""
        if not self.cleanup_window:
            return False
        begin, end = (datetime.time.fromisoformat(part) for part in self.cleanup_window.split("-"))
        return begin <= now < end if begin < end else now >= begin or now < end

    @property
    def lease(self) -> datetime.timedelta:
        """Return how long a job belongs to a silent worker."""
        return datetime.timedelta(seconds=self.lease_seconds)

    @property
    def message_ttl(self) -> datetime.timedelta:
        """Return how long an unclaimed message is kept by default."""
        return datetime.timedelta(seconds=self.message_ttl_seconds)


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Args:
        environment: Variables to read; the process's own by default.

    Raises:
        errors.InvalidInput: A `GONGKAI_` variable is unknown or its value cannot be used.
    """
    values = os.environ if environment is None else environment
    readers = _readers()
    chosen: dict[str, Any] = {}
    for variable, text in values.items():
        if not variable.startswith(PREFIX) or not text.strip():
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in readers:
            raise errors.InvalidInput(_unknown(variable, readers))
        try:
            chosen[name] = readers[name](text.strip())
        except ValueError:
            wanted = " true 或 false" if readers[name] is _flag else "数字"
            raise errors.InvalidInput(f"环境变量 {variable} 的值应为{wanted}，现为“{text}”。") from None
    return Settings(**chosen)


def _readers() -> dict[str, Callable[[str], Any]]:
    by_type: dict[str, Callable[[str], Any]] = {"str": str, "int": int, "float": float}
    by_type["tuple[pathlib.Path, ...]"] = _paths
    by_type["bool"] = _flag
    return {field.name: by_type[str(field.type)] for field in dataclasses.fields(Settings)}


def _paths(text: str) -> tuple[pathlib.Path, ...]:
    return tuple(pathlib.Path(part) for part in text.split(os.pathsep) if part)


def _flag(text: str) -> bool:
    if text.lower() not in _FLAGS:
        raise ValueError
    return _FLAGS[text.lower()]


def _unknown(variable: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(variable.removeprefix(PREFIX).lower(), known, n=1)
    names = "、".join(PREFIX + name.upper() for name in known)
    hint = f"是否应为 {PREFIX}{near[0].upper()}？" if near else f"可用的有：{names}。"
    return f"没有名为 {variable} 的设置。{hint}"


def is_protected(address: str) -> bool:
    """Tell whether an address is reached by TLS, or is of this machine."""
    try:
        parts = urllib.parse.urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    )


def _one_of(name: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise errors.InvalidInput(f"{PREFIX}{name.upper()} 应为 {'、'.join(known)} 之一，现为“{value}”。")


def _at_least(name: str, value: float, least: float) -> None:
    if not (value >= least and value <= _MOST):  # also refuses NaN
        raise errors.InvalidInput(f"{PREFIX}{name.upper()} 应在 {least:g} 至 {_MOST:g} 之间，现为 {value:g}。")
