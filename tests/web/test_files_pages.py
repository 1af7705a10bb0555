"""Uploading and downloading over HTTP: what the answers say to browsers, and who gets what."""

from __future__ import annotations

import re

import lxml.html
import pytest
import website

PDF = b"%PDF-1.7\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
NAME = "附件（一）\u3000100%.pdf"
SHOWN = "附件（一） 100%.pdf"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office with the demo users."""
    with website.Office(tmp_path_factory.mktemp("office")) as made:
        yield made


def upload(client, content=PDF, called=NAME, **fields):
    data = {"name": "attachments", "several": "1", **fields}
    return client.post("/files", data=data, files={"file": (called, content, "text/html")})


def token(answer):
    (found,) = lxml.html.fromstring(answer.text).xpath("//input[contains(@name, '.token')]/@value")
    return found


def test_an_upload_is_answered_with_its_line_in_the_list(office):
    answer = upload(office.client("zhangsan"))

    assert answer.status_code == 200
    line = lxml.html.fromstring(answer.text)
    posted = {each.get("name"): each.get("value") for each in line.iter("input")}
    number = re.fullmatch(r"attachments\.(\d+)\.token", next(iter(posted)))
    assert number is not None
    assert int(number[1]) >= 100_000, "apart from the rows of the page"
    assert posted[f"attachments.{number[1]}.name"] == SHOWN
    assert posted[f"attachments.{number[1]}.size"] == str(len(PDF))
    address = f"/files/{token(answer)}"
    assert [link.get("href") for link in line.iter("a")] == [address, f"{address}?inline=1"]


def test_a_single_file_is_posted_under_the_name_of_its_field(office):
    answer = upload(office.client("zhangsan"), several="")
    posted = lxml.html.fromstring(answer.text).xpath("//input/@name")
    assert posted == ["attachments.token", "attachments.name", "attachments.size", "attachments.sha256"]


@pytest.mark.parametrize(
    ("fields", "content", "name", "sentence"),
    [
        ({"accept": ".png,.jpg"}, PDF, "a.pdf", "应为 .jpg、.png"),
        ({"most": "10"}, PDF, "a.pdf", "应不超过 10 字节"),
        ({}, PNG, "a.pdf", "与扩展名 .pdf 不符"),
        ({}, PDF, "a.exe", "不接受这种类型的文件"),
        ({"name": "a b"}, PDF, "a.pdf", "没有选择文件"),
        ({"name": '"><script>'}, PDF, "a.pdf", "没有选择文件"),
    ],
)
def test_a_refused_upload_says_why_as_a_problem(office, fields, content, name, sentence):
    answer = upload(office.client("zhangsan"), content, name, **fields)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]


def test_a_post_without_a_file_is_refused(office):
    answer = office.client("zhangsan").post("/files", data={"name": "attachments"})
    assert answer.status_code == 422


def test_a_limit_that_is_no_number_is_none(office):
    assert upload(office.client("zhangsan"), most="１００").status_code == 200


def test_a_download_runs_nothing_and_has_its_name(office):
    client = office.client("zhangsan")
    address = f"/files/{token(upload(client))}"

    answer = client.get(address)

    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"_____ 100_.pdf\"; filename*=UTF-8''"
        "%E9%99%84%E4%BB%B6%EF%BC%88%E4%B8%80%EF%BC%89%20100%25.pdf"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cache-control"] == "private, no-cache"
    # the browser has it already
    for known in (answer.headers["etag"], f'"other", W/{answer.headers["etag"]}', "*"):
        again = client.get(address, headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        # What is kept takes over these headers.
        assert again.headers["etag"] == answer.headers["etag"]
        assert again.headers["content-security-policy"] == answer.headers["content-security-policy"]
    assert client.get(address, headers={"if-none-match": answer.headers["etag"].strip('"')}).status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "shown", "policy"),
    [
        ("a.pdf", PDF, "inline", "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"),
        ("a.png", PNG, "inline", "sandbox;"),
        ("a.txt", b"<b>text</b>", "attachment", "sandbox;"),
        ("a.zip", b"PK\x05\x06" + b"\0" * 18, "attachment", "sandbox;"),
    ],
)
def test_only_pictures_and_pdf_are_shown_in_the_browser(office, name, content, shown, policy):
    client = office.client("zhangsan")
    answer = client.get(f"/files/{token(upload(client, content, name))}?inline=1")
    assert answer.headers["content-disposition"].startswith(f"{shown};")
    assert answer.headers["content-security-policy"].startswith(policy)


def test_others_do_not_learn_that_there_is_a_file(office):
    address = f"/files/{token(upload(office.client('zhangsan')))}"
    for user in ("wangfang", "monitor", "admin"):
        answer = office.client(user).get(address)
        assert answer.status_code == 404
    assert office.client("zhangsan").get("/files/nothing").status_code == 404
    stranger = office.client().get(address)
    assert stranger.status_code == 303
    assert "/login" in stranger.headers["location"]


def test_strangers_upload_nothing(office):
    before = set(office.engine.blobs.root.rglob("*"))
    answer = office.client().post("/files", data={"name": "a"}, files={"file": ("a.pdf", PDF)})
    assert answer.status_code in (303, 401, 403)
    assert set(office.engine.blobs.root.rglob("*")) == before


def test_pickers_find_by_name_id_and_unit_and_by_role(office):
    client = office.client("zhangsan")
    everybody = client.get("/pickers/person?q=").json()
    assert {"zhangsan", "heping"} <= {each["id"] for each in everybody}
    assert [each["name"] for each in client.get("/pickers/person?q=何").json()] == ["何平"]
    assert [each["id"] for each in client.get("/pickers/person?q=HEPING").json()] == ["heping"]
    roles = client.get("/pickers/role?q=").json()
    assert all(each.keys() == {"id", "name", "note"} for each in roles)
    of_role = {each["id"] for each in client.get(f"/pickers/person?q=&role={roles[0]['id']}").json()}
    assert of_role == {user.id for user in _in_role(office, roles[0]["id"])}
    assert client.get("/pickers/unit?q=办").json()
    assert client.get("/pickers/animal?q=").status_code == 404
    assert office.client().get("/pickers/person?q=").status_code in (303, 401)


def _in_role(office, role):
    from engine.actions import people

    return people.directory(office.engine).in_role(role)
