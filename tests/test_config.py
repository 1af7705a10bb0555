"""Settings: read from the environment, checked at once."""

from __future__ import annotations

import pathlib

import pytest

from engine import config, errors


def test_defaults_need_no_environment() -> None:
    assert config.read({}) == config.Settings()
    assert config.read({}).database == "sqlite:///var/gongkai.db"


def test_every_setting_is_read_from_its_variable() -> None:
    settings = config.read(
        {
            "GONGKAI_DATABASE": "sqlite:///a.db",
            "GONGKAI_PACKS": "/x:/y",
            "GONGKAI_CONCURRENCY": "4",
            "GONGKAI_LEASE_SECONDS": "60",
            "GONGKAI_GRACE_SECONDS": " ",
            "HOME": "/root",
        }
    )
    assert settings.packs == (pathlib.Path("/x"), pathlib.Path("/y"))
    assert (settings.database, settings.concurrency, settings.lease_seconds) == ("sqlite:///a.db", 4, 60.0)
    assert settings.grace_seconds == 30


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("GONGKAI_PACK", "/x", "是否应为 GONGKAI_PACKS"),
        ("GONGKAI_XYZZY", "1", "可用的有"),
        ("GONGKAI_CONCURRENCY", "two", "应为数字，现为“two”"),
        ("GONGKAI_CONCURRENCY", "0", "GONGKAI_CONCURRENCY 应在 1 至"),
        ("GONGKAI_POLL_SECONDS", "nan", "GONGKAI_POLL_SECONDS"),
        ("GONGKAI_MESSAGE_TTL_SECONDS", "inf", "GONGKAI_MESSAGE_TTL_SECONDS 应在"),
        ("GONGKAI_LEASE_SECONDS", "6", "两倍"),
        ("GONGKAI_PUBLIC_URL", "gongkai.example.org", "应以 http"),
        ("GONGKAI_PUBLIC_URL", "https://gongkai.example.org/office", "只写到主机名和端口"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name(variable: str, value: str, sentence: str) -> None:
    with pytest.raises(errors.InvalidInput, match=sentence):
        config.read({variable: value})
