"""The articles and tests of a small pack."""

from __future__ import annotations

ARTICLES = """articles:
  - {number: 9, kind: procedure, rows: [P000-06], summary: 公告, items: 2}
  - {number: 10, kind: rule, rows: [P000-06], summary: 登记}
  - {number: 11, kind: commencement, summary: 施行, reason: 没有程序}
"""
TESTS = """
import pytest

@pytest.mark.clause("P000-06 §9(一)")
def test_notice(): ...

class TestRegistration:
    @pytest.mark.clause("P000-06 §10", "P000-06 §9")
    def test_registered(self): ...
"""
