"""Sending mail: one connection for a batch, and the answer of the server for each mail."""

from __future__ import annotations

import contextlib
import email.headerregistry
import email.message
import email.policy
import email.utils
import pathlib
import smtplib
import ssl
import urllib.parse
from types import TracebackType
from typing import Self

from engine import config, errors
from engine.actions import context, letters, mails
from engine.model import events

#: Seconds that the server may take for one answer.
TIMEOUT = 20.0
_LIST = "政务公开办理"


class Refused(errors.GongkaiError):
    """邮件服务器拒收。"""

    code = "mail-refused"


class Unavailable(errors.GongkaiError):
    """邮件服务器暂时不能发送。"""

    code = "mail-unavailable"


def send_due(engine: context.Engine, *, limit: int = 20) -> int:
    """Send mails that are due; return how many were tried.

    A mail that was handed over when the process died is sent once more, with the same Message-ID.
    """
    if not mails.enabled(engine):
        return 0
    batch = mails.lease(engine, limit=limit)
    if not batch:
        return 0
    with contextlib.ExitStack() as closing:
        try:
            server = closing.enter_context(Server(engine.settings))
        except Unavailable as error:
            for mail in batch:
                mails.failed(engine, mail, error.message)
            return len(batch)
        for mail in batch:
            _send(engine, server, mail)
    return len(batch)


def _send(engine: context.Engine, server: Server, mail: events.Mail) -> None:
    try:
        server.send(mail)
    except Refused as error:
        mails.refused(engine, mail, error.message)
    except Unavailable as error:
        mails.failed(engine, mail, error.message)
    else:
        mails.sent(engine, mail)


def message(settings: config.Settings, mail: events.Mail) -> email.message.EmailMessage:
    """Return a mail as it goes over the wire: the same at every attempt.

    Raises:
        Refused: Sender or recipient is no address.
    """
    made = email.message.EmailMessage(policy=email.policy.SMTP)
    name, sender = email.utils.parseaddr(settings.smtp_sender)
    host = urllib.parse.urlsplit(settings.public_url).hostname or "localhost"
    try:
        made["From"] = email.headerregistry.Address(name or _LIST, addr_spec=sender)
        made["To"] = email.headerregistry.Address(mail.content["name"], addr_spec=mail.address)
        made["Subject"] = mail.subject
        made["Date"] = mail.created_at
        made["Message-ID"] = mail.message_id
        made["List-Id"] = f"<gongkai.{host}>"
        made["List-Unsubscribe"] = f"<{settings.public_url.rstrip('/')}{letters.SETTINGS_PATH}>"
        made["Auto-Submitted"] = "auto-generated"
    except (ValueError, IndexError, email.errors.MessageError) as error:
        raise Refused(f"邮件地址“{mail.address}”或“{sender}”不能使用：{error}") from None
    made.set_content(letters.as_text(mail.content, settings.public_url), cte="base64")
    made.add_alternative(letters.as_html(mail.content, settings.public_url), subtype="html", cte="base64")
    return made


class Server:
    """A connection to the mail server of the settings; a context manager.

    Raises:
        Unavailable: There is no way to it, it is not whom it should be, or it does not let us in.
    """

    def __init__(self, settings: config.Settings) -> None:
        self._settings = settings
        self._link: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, mail: events.Mail) -> None:
        """Hand one mail over.

        Raises:
            Refused: The server will never take it.
            Unavailable: It does not take it now.
        """
        made = message(self._settings, mail)
        if self._link is None:
            self._connect()
        assert self._link is not None
        try:
            self._link.send_message(made)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _verdict(code, text) from None
        except smtplib.SMTPResponseException as error:
            self._forget_if_lost(error.smtp_code)
            raise _verdict(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError:
            raise Refused(f"邮件服务器不支持地址“{mail.address}”中的字符。") from None
        except (smtplib.SMTPException, OSError) as error:
            self._close()
            raise Unavailable(f"与邮件服务器的连接中断：{_plain(error)}") from None

    def _connect(self) -> None:
        host, port = self._settings.smtp_address
        try:
            self._link = self._open(host, port)
            if self._settings.smtp_user:
                self._link.login(self._settings.smtp_user, self._password())
        except Unavailable:
            self._close()
            raise
        except smtplib.SMTPAuthenticationError as error:
            self._close()
            raise Unavailable(f"邮件服务器 {host}:{port} 拒绝登录（{error.smtp_code}），请检查用户名和密码。") from None
        except (smtplib.SMTPException, OSError) as error:
            self._close()
            raise Unavailable(f"不能连接邮件服务器 {host}:{port}：{_plain(error)}") from None

    def _open(self, host: str, port: int) -> smtplib.SMTP:
        security = self._settings.smtp_security
        if security == "ssl":
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
        link = smtplib.SMTP(host, port, timeout=TIMEOUT)
        if security == "starttls":
            self._link = link  # to be closed if it cannot be protected: nothing is sent in the open
            link.starttls(context=ssl.create_default_context())
        return link

    def _password(self) -> str:
        name = self._settings.smtp_password_file
        if not name:
            return self._settings.smtp_password
        try:
            return pathlib.Path(name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"不能读取邮件密码文件“{name}”：{type(error).__name__}") from None

    def _forget_if_lost(self, code: int) -> None:
        if code == 421 or code < 0:  # the server is closing, or did not answer in the way of the protocol
            self._close()

    def _close(self) -> None:
        link, self._link = self._link, None
        if link is None:
            return
        try:
            link.quit()
        except (smtplib.SMTPException, OSError):
            link.close()


def _verdict(code: int, text: bytes | str) -> Refused | Unavailable:
    """Return what an answer of the server means: 5xx is for good."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = f"邮件服务器答复 {code}：{' '.join(said.split())[:300]}"
    return Refused(shown) if 500 <= code < 600 else Unavailable(shown)


def _plain(error: Exception) -> str:
    """Return what went wrong on the way, without anything that was sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"答复 {error.smtp_code}"
    return f"{type(error).__name__}: {error}"[:300]
