"""What the pack's forms ask for, and whom its diagrams show outside the house, against what each paper has to say."""

from __future__ import annotations

import json
import pathlib

import pytest
from lxml import etree

ROOT = pathlib.Path(__file__).parents[2]
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DIAGRAMS = sorted((ROOT / "processes" / "shizhengwuban").glob("*.bpmn"))

#: Form -> what it has to ask for or show, by the titles of its fields: what the paper made of it must say.
FIELDS = {
    "tingzheng-lixiang": "听证事项 举行听证的理由 拟举行日期 陈述人名额 旁听人名额 综合处意见 审批结论",
    "tingzheng-gonggao": "听证事项主要内容 听证日期 听证时间 听证地点 陈述人的条件 陈述人名额 旁听人的条件 旁听人名额 "
    "申请方式及途径 公告期最后一日 彩票期号 听证材料的获取 联系电话",
    "tingzheng-dengji": "申请类别 姓名 工作单位 联系方式 证件号码后六位 与听证事项的关系 观点摘要",
    "tingzheng-bilu": "（一）事由 （二）主持人、记录人、翻译人的姓名、工作单位等 （三）地点 （三）方式 陈述人陈述 旁听人发言 "
    "（五）其他需要载明的事项 听证纪律",
    "tingzheng-jueding": "听证意见 采纳情况 决定 决定内容",
    "gongshi-fangan": "公示事项 拟决定的方案 理由 依据 公示形式 意见反馈渠道 公示天数 联系人 联系电话",
    "gongshi-dengji": "收到渠道 收到日期 意见人 意见内容",
    "baomi-shenchabiao": "报审单位 信息名称 载体 文号 公开形式 拟公开时间 密级 责任人签字 审核意见 单位负责人签字 分类标明 "
    "综合处签字 最后审定 审定意见",
    "guifanxing-nigaodan": "文件标题 文种 密级和警示字样 紧急程度 拟稿单位 会签单位和意见 是否公开的意见 不公开的依据 "
    "不公开的原因 复核结论 最终决定",
    "kaohe-fangan": "被考核单位 考核指标 分值合计 考核办法 现场考核开始日期 现场考核结束日期",
    "kaohe-tongzhi": "被考核单位 现场考核日期 现场考核地点 自查材料清单 联系电话",
    "kaohe-zicha": "年度数量 主动公开情况 依申请公开情况 服务承诺兑现情况 对群众投诉的处理情况 存在的问题 自查书面材料",
    "kaohe-xianchang": "评分 考核人员 现场考核情况 发现的问题 整改期限",
    "xinwen-shenqing": "发布主题 拟定时间 地点 参加人员 主持人 新闻发言人 发布要点 拟邀媒体 敏感点 直播方式 领导小组意见",
    "xinwen-cailiao": "发布稿 宣传报道口径 应答口径",
}

#: Diagram -> who outside takes part, as its clauses say.
OUTSIDE = {
    "baomi": {"相关部门"},
    "baomi-jiancha": {"被检查的单位", "当事人"},
    "baomi-qingshi": {"市政府"},
    "buyizhi": {"公民、法人或者其他组织", "其他职能部门", "批准机关"},
    "chayue": {"查阅人"},
    "fabu": {"其他职能部门", "批准机关", "社会公众", "市政府"},
    "fabu-baopi": {"批准机关"},
    "fabu-bumen": {"其他职能部门"},
    "fabu-fenqi": {"有不同意见的部门", "市政府"},
    "fabu-xietiao": {"所涉职能部门"},
    "fabu-zhengxun": {"有关职能部门"},
    "gongshi": {"社会公众"},
    "gongshi_fankui": {"社会公众"},
    "kaohe": {"被考核单位"},
    "kaohe-danwei": {"被考核单位"},
    "lianluoyuan": {"市委宣传部", "新闻媒体"},
    "mulu": {"社会公众"},
    "tingzheng": {"社会公众", "申请人"},
    "tingzheng-hui": {"听证陈述人", "旁听人"},
    "tingzheng-linxuan": {"社会公众", "申请人"},
    "xinwen-fabuhui": {"市政府", "新闻媒体", "社会公众"},
    "xinwen-neirong": {"其他职能部门", "批准机关", "新闻媒体", "社会公众"},
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_form_asks_for_everything_that_its_paper_has_to_say(name):
    form = json.loads((ROOT / "forms" / "shizhengwuban" / f"{name}.json").read_text(encoding="utf-8"))
    titles = {field.get("title") for field in form["schema"]["properties"].values()}
    assert set(FIELDS[name].split()) <= titles


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_whoever_is_outside_is_a_pool_without_content_and_every_letter_has_a_name(path):
    root = etree.parse(path).getroot()
    pools = {
        pool.get("id"): pool.get("name") for pool in root.iter(f"{BPMN}participant") if pool.get("processRef") is None
    }
    assert set(pools.values()) == OUTSIDE.get(path.stem, set())
    letters = list(root.iter(f"{BPMN}messageFlow"))
    ends = {letter.get(end) for letter in letters for end in ("sourceRef", "targetRef")}
    assert set(pools) <= ends, "a pool with which nothing is exchanged"
    for letter in letters:
        assert letter.get("name"), letter.get("id")
        # One end is outside, the other is what sends or receives within.
        assert (letter.get("sourceRef") in pools) != (letter.get("targetRef") in pools), letter.get("id")
