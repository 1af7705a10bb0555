"""The public portal is read by strangers: what was published, with all that belongs to it, and nothing else."""

from __future__ import annotations

import io
import zipfile

import publicpages
import pypdfium2
import website
from lxml import etree

ATOM = {"a": "http://www.w3.org/2005/Atom"}

office = publicpages.office
stranger = publicpages.stranger


def test_the_first_page_shows_what_is_open_and_the_newest_of_each_kind(office, stranger):
    assert "还没有公开的信息" in website.text(stranger.get("/public"))
    publicpages.publish(
        office,
        publicpages.announce("停车收费方案", until="2026-03-13T00:00:00+08:00", summary="请提意见。"),
        publicpages.announce("已经结束的公示", until="2026-03-01T00:00:00+08:00"),
        publicpages.announce("新闻发布会", kind="xinwen"),
    )
    page = stranger.get("/public")
    assert page.status_code == 200
    openly = website.text(page, "//section[@aria-labelledby='open']")
    assert "停车收费方案" in openly
    assert "截止 2026-03-12 24:00" in openly
    assert "已经结束" not in openly
    assert "新闻发布会" in website.text(page, "//section[@aria-labelledby='xinwen']")
    assert "已经结束的公示" in website.text(page, "//section[@aria-labelledby='gongshi']")


def test_the_portal_runs_no_script_and_asks_nobody_to_sign_in(office, stranger):
    (one,) = publicpages.publish(office, publicpages.announce("停车收费方案"))
    for path in ("/public", "/public/gongshi", f"/public/items/{one}"):
        page = stranger.get(path)
        assert website.page(page).xpath("//script") == []
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert website.page(page).xpath("//a[@href='/login']")


def test_the_page_to_sign_in_leads_to_the_portal(stranger):
    assert website.page(stranger.get("/login")).xpath("//a[@href='/public']")


def test_a_publication_says_everything_that_was_published(office, stranger):
    text = "第一段<b>。\n\n第二段。\n"
    (one,) = publicpages.publish(office, publicpages.announce("停车<收费>方案", summary="摘要。", content=text))
    page = stranger.get(f"/public/items/{one}")
    assert website.page(page).xpath("//h1")[0].text_content() == "停车<收费>方案"
    shown = [each.text_content() for each in website.page(page).xpath("//p[@class='public-paragraph']")]
    assert shown == ["第一段<b>。", "第二段。"]
    with office.engine.store.read() as uow:
        assert uow.records.publication(one).content_sha256 in website.text(page)


def test_what_is_not_published_is_not_there(office, stranger):
    issue = ["Issue", {"template": "notice", "data": {"subject": "内部事项", "text": "不公开。"}}]
    (one,) = publicpages.publish(office, issue, publicpages.announce("另一件事"))
    for path in ("/public/items/987", "/public/items/99999999999999999999", "/public/nothing"):
        assert stranger.get(path).status_code == 404
    for path in ("document.pdf", "document.docx", "files/1", "files/0"):
        assert stranger.get(f"/public/items/{one}/{path}").status_code == 404
    assert "内部事项" not in stranger.get(f"/public/items/{one}").text
    missing = stranger.get("/public/items/987")
    assert website.page(missing).xpath("//main//a[@href='/public']")


def test_an_official_document_is_read_and_taken_along(office, stranger):
    issue = ["Issue", {"template": "notice", "data": {"subject": "<听证>", "text": "欢迎参加。"}}]
    case = office.driver.start("main", as_="admin", variables={"requests": [issue]})
    with office.engine.store.read() as uow:
        (paper,) = uow.records.documents_of(case.id)
    (one,) = publicpages.publish(office, publicpages.announce("关于听证的公告", document=paper.id))
    page = stranger.get(f"/public/items/{one}")
    assert "欢迎参加" in website.text(page, "//div[@class='paper-frame']")
    assert website.page(page).xpath("//link[@href='/paper.css']")
    pdf = pypdfium2.PdfDocument(stranger.get(f"/public/items/{one}/document.pdf").content)
    assert "欢迎参加" in pdf[0].get_textpage().get_text_bounded()
    word = zipfile.ZipFile(io.BytesIO(stranger.get(f"/public/items/{one}/document.docx").content))
    assert "欢迎参加" in word.read("word/document.xml").decode()


def test_only_the_files_that_a_publication_names_are_given_out(office, stranger):
    named = office.driver.upload("方案.txt", "方案全文".encode(), as_="zhangsan")
    kept = office.driver.upload("内部.txt", "内部材料".encode(), as_="zhangsan")
    (one,) = publicpages.publish(office, publicpages.announce("方案", attachments=[named]), kept=kept)
    page = stranger.get(f"/public/items/{one}")
    (link,) = website.page(page).xpath("//ul[@class='files']//a/@href")
    answer = stranger.get(link)
    assert answer.content.decode() == "方案全文"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert stranger.get(f"/public/items/{one}/files/2").status_code == 404
    assert named["token"] not in page.text
    for file in (named, kept):
        assert stranger.get(f"/files/{file['token']}").status_code == 303


def test_what_was_replaced_stays_and_both_say_so(office, stranger):
    (old,) = publicpages.publish(office, publicpages.announce("旧方案", until="2026-03-20T00:00:00+08:00"))
    (new,) = publicpages.publish(office, publicpages.announce("新方案", replaces=old))
    before, after = stranger.get(f"/public/items/{old}"), stranger.get(f"/public/items/{new}")
    assert website.page(before).xpath(f"//main//a[@href='/public/items/{new}']")
    assert "已被替代" in website.text(before)
    assert website.page(after).xpath(f"//main//a[@href='/public/items/{old}']")
    assert "已被替代" in website.text(stranger.get("/public/gongshi"), f"//li[.//a[@href='/public/items/{old}']]")
    assert "旧方案" not in website.text(stranger.get("/public"), "//section[@aria-labelledby='open']")


def test_a_list_is_looked_through_and_leafed_through(office, stranger):
    many = [publicpages.announce(f"第{n}号公示", content=f"内容{n}") for n in range(1, 26)]
    publicpages.publish(office, *many, publicpages.announce("别的新闻", kind="xinwen"))
    first = stranger.get("/public/gongshi")
    assert "第25号公示" in website.text(first)
    assert "第5号公示" not in website.text(first)
    assert "别的新闻" not in website.text(first)
    (older,) = website.page(first).xpath("//a[@rel='next']/@href")
    second = stranger.get(older)
    assert "第5号公示" in website.text(second)
    assert website.page(second).xpath("//a[@rel='next']") == []
    found = website.text(stranger.get("/public/gongshi", params={"text": "内容7 公示"}))
    assert "第7号公示" in found
    assert "第8号公示" not in found
    assert "没有找到" in website.text(stranger.get("/public/gongshi", params={"text": "100%"}))
    assert stranger.get("/public/gongshi", params={"after": "nonsense"}).status_code == 422


def test_feeds_can_be_followed(office, stranger):
    publicpages.publish(
        office, publicpages.announce("方案\x0b<一>", summary="请提意见。"), publicpages.announce("新闻", kind="xinwen")
    )
    answer = stranger.get("/public/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    whole = etree.fromstring(answer.content)
    assert whole.xpath("a:entry/a:title/text()", namespaces=ATOM) == ["新闻", "方案<一>"]
    assert all(url.startswith("http") for url in whole.xpath("//a:id/text()", namespaces=ATOM))
    one = etree.fromstring(stranger.get("/public/xinwen/feed.atom").content)
    assert one.xpath("a:entry/a:title/text()", namespaces=ATOM) == ["新闻"]
    assert etree.fromstring(stranger.get("/public/jieguo/feed.atom").content).xpath("a:entry", namespaces=ATOM) == []
    assert stranger.get("/public/nothing/feed.atom").status_code == 404


def test_the_portal_speaks_english(office, stranger):
    page = stranger.get("/public")
    (token,) = set(website.page(page).xpath("//input[@name='_csrf']/@value"))
    answer = stranger.post("/language", data={"language": "en", "next": "/public", "_csrf": token})
    assert answer.headers["location"] == "/public"
    assert "Open Government" in stranger.get("/public").text
