"""`gongkai trace`: the table, and every kind of finding that makes `--strict` fail."""

from __future__ import annotations

import pathlib

import pytest

from engine import bootstrap, config


def test_a_document_that_is_carried_out_and_proven_passes(traced):
    answer = traced("trace", "--pack", "demo", "--strict")
    assert [row[:5] for row in answer.rows[:3]] == [
        ["9", "程序", "已落实", "2", "2"],
        ["10", "规则", "已落实", "1", "1"],
        ["11", "施行", "无需执行", "0", "0"],
    ]
    assert "条款：共 1 条，已落实 1" in answer.out
    assert "没有发现问题" in answer.out


def test_an_article_without_element_is_found(traced):
    traced.pack("P000-06 §9")
    assert traced.found() == [("trace-article-element", "没有元素引用它")]
    assert "缺元素" in traced("trace", "--pack", "demo").out  # without --strict it only says so


def test_an_article_without_test_is_found(traced):
    traced.tests('import pytest\n\n@pytest.mark.clause("P000-06 §9")\ndef test_it(): ...\n')
    assert traced.found() == [("trace-article-test", "没有测试引用它")]


def test_a_row_without_element_or_test_is_found(traced):
    more = "  - {id: P000-07, articles: 第十条, summary: 公示, kind: procedure}\n"
    path = traced.root / "packs" / "processes" / "demo" / "pack.yaml"
    text = path.read_text(encoding="utf-8").replace("articles:\n", f"{more}articles:\n")
    path.write_text(text.replace("rows: [P000-06], summary: 登记", "rows: [P000-06, P000-07], summary: 登记"), "utf-8")
    assert traced.found() == [("trace-row-element", "没有元素引用它")]
    traced.pack("P000-06 §9", "P000-06 §10;P000-07 §10")
    path.write_text(text.replace("rows: [P000-06], summary: 登记", "rows: [P000-06, P000-07], summary: 登记"), "utf-8")
    assert traced.found() == [("trace-row-test", "没有测试引用它")]


@pytest.mark.parametrize("wrong", ["P000-06 §12", "P000-06 §9(三)", "P000-06 §10(一)", "P000-99 §9", "P000-06 §9(甲)"])
def test_an_element_that_quotes_what_is_not_there_is_found(traced, wrong):
    traced.pack("P000-06 §9", f"P000-06 §10;{wrong}")
    assert traced.found() == [("trace-unknown-clause", f"“{wrong}”")]


@pytest.mark.parametrize("wrong", ["P000-06 §12", "§9", "P999-01"])
def test_a_test_that_quotes_what_is_not_there_is_found(traced, wrong):
    traced.tests(f'{TWO}\n\n@pytest.mark.clause("{wrong}")\ndef test_that(): ...\n')
    assert traced.found() == [("trace-unknown-clause", f"test_that 写的是“{wrong}”")]


TWO = 'import pytest\n\n@pytest.mark.clause("P000-06 §9", "P000-06 §10")\ndef test_this(): ...\n'


@pytest.mark.parametrize(
    "wrong",
    [
        "@pytest.mark.clause\ndef test_that(): ...",
        "@pytest.mark.clause()\ndef test_that(): ...",
        "@pytest.mark.clause(CLAUSE)\ndef test_that(): ...",
        '@pytest.mark.clause("P000-06 §9")\ndef helper(): ...',
        'mark = pytest.mark.clause("P000-06 §9")',
        "def test_broken(:",
    ],
)
def test_a_mark_that_proves_nothing_is_found(traced, wrong):
    traced.tests(f"{TWO}\n\n{wrong}\n")
    assert "trace-mark" in {rule for rule, _ in traced.found()}


def test_a_test_may_quote_the_document_of_another_pack(traced):
    traced.tests(f'{TWO}\n\n@pytest.mark.clause("P000-01 §1")\ndef test_that(): ...\n')
    assert traced.found(code=0) == []


def test_marks_hold_for_modules_and_classes(traced):
    traced.tests(
        "import pytest\n\n"
        'pytestmark = [pytest.mark.clause("P000-06 §9"), pytest.mark.slow]\n\n'
        '@pytest.mark.clause("P000-06 §10")\nclass TestAll:\n    def test_a(self): ...\n    async def test_b(self): ...\n'
    )
    (trace,) = traced("trace", "--pack", "demo", "--strict", "--json").json
    assert [[test["test"] for test in each["tests"]] for each in trace["articles"][:2]] == [["test_a", "test_b"]] * 2


def test_without_tests_beside_it_a_pack_is_not_blamed_for_having_none(traced):
    for path in sorted((traced.root / "packs" / "tests").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    answer = traced("trace", "--pack", "demo", "--strict")
    assert "没有查看测试" in answer.out
    assert answer.rows[0][2:5] == ["有元素", "2", "未查看"]


def test_a_pack_with_clauses_says_which_articles_it_has(traced):
    traced.pack("P000-06 §9", articles="")
    assert [rule for rule, _ in traced.found()] == ["trace-articles"]


def test_one_article_is_shown_with_all_that_belongs_to_it(traced):
    answer = traced("trace", "--pack", "demo", "--article", "10").out
    for told in ("第 10 条：登记", "t1", "办理t1", "tests/processes/test_demo.py:9", "test_registered"):
        assert told in answer
    assert "第 9 条" not in answer
    assert "没有第 99 条" in traced("trace", "--pack", "demo", "--article", "99", code=3).err
    assert "nothing" in traced("trace", "--pack", "nothing", code=3).err


def test_no_database_is_made_to_count_cases(traced):
    assert "未统计" in traced("trace", "--pack", "demo").out
    assert not (traced.root / "office.db").exists()


def test_with_a_database_cases_are_counted(traced):
    traced("deploy", "demo")
    case = traced.start("main")
    (trace,) = traced("trace", "--pack", "demo", "--json").json
    assert trace["articles"][0]["cases"]["running"] == 1
    assert trace["articles"][1]["cases"] == {"running": 0, "ended": 0, "newest": []}
    assert f"\n{case} " in traced("trace", "--pack", "demo", "--article", "9").out


def test_a_database_of_another_version_is_left_alone(traced):
    path = pathlib.Path(traced.root / "office.db")
    path.write_bytes(b"not a database, but something that is in the way")
    answer = traced("trace", "--pack", "demo", "--strict")
    assert "没有统计事项" in answer.err
    assert "未统计" in answer.out


def test_only_a_database_that_is_there_is_opened(tmp_path):
    def there(address):
        return bootstrap.has_database(config.Settings(database=address))

    assert there("postgresql+psycopg://office@db/gongkai")
    assert not there("sqlite://")
    assert not there("sqlite:///:memory:")
    assert not there(f"sqlite:///{tmp_path}/office.db")
    (tmp_path / "office.db").touch()
    assert there(f"sqlite:///{tmp_path}/office.db?timeout=5")
