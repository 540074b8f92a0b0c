# SPDX-License-Identifier: Apache-2.0
"""Dates, amounts, numbers, points and entries of forms, as Chinese documents write them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ocr_pipeline.core.rendering.phrases import split_list
from ocr_pipeline.core.rendering.words import chance, pick

Rng = np.random.Generator

_FIGURES = "〇一二三四五六七八九"
_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文斌宇浩轩子涵梓婷欣怡佳琪思"
_FIELDS = split_list(
    "姓名|性别|出生日期|地址|电话|传真|邮编|单位|职务|日期|编号|金额|数量|单价|合计|备注|名称|"
    "规格|型号|开户行|账号|税号|经办人|审核|联系人|手机|网址|邮箱|总计|订单号|发票号码|"
    "身份证号|部门|学号|科目"
)
_UNITS = split_list(
    "元|万元|亿元|个|人|次|年|天|小时|分钟|米|公里|平方米|吨|公斤|克|岁|名|家|台|辆|套|件|倍|"
    "%|‰|℃|kg|km|cm|mm|寸|亩|点|号|层|楼|期|页|届|分|角|美元|股|座|户|只|条|篇|本"
)


def _digits(rng: Rng, count: int) -> str:
    """Digits, equal ones in a row oftener than by chance: CTC finds these hardest."""
    text = pick(rng, "0123456789")
    while len(text) < count:
        text += text[-1] if chance(rng, 0.2) else pick(rng, "0123456789")
    return text


def _count(rng: Rng) -> str:
    """A number in figures, with groups or decimals at times."""
    value = int("1" + _digits(rng, 6)) % int(10 ** rng.uniform(0.5, 6.5))
    roll = rng.random()
    if roll < 0.2:
        return f"{value:,}"
    if roll < 0.45:
        return f"{value / 100:.{int(rng.integers(1, 3))}f}"
    return str(value)


def _spelled(rng: Rng, most: int = 100) -> str:
    """A number up to 99 in words."""
    tens, ones = divmod(int(rng.integers(1, most)), 10)
    head = "" if not tens else "十" if tens == 1 else f"{_FIGURES[tens]}十"
    return head + (_FIGURES[ones] if ones else "") or "十"


def _date(rng: Rng) -> str:
    year, month, day = int(rng.integers(1900, 2035)), int(rng.integers(1, 13)), rng.integers(1, 29)
    roll = rng.random()
    if roll < 0.3:
        return f"{year}年{month}月{day}日"
    if roll < 0.45:
        return pick(rng, (f"{year}年", f"{month}月{day}日", f"{year}年{month}月", f"{month}月"))
    if roll < 0.6:
        sign = pick(rng, "-/.")
        return f"{year}{sign}{month:02d}{sign}{day:02d}"
    if roll < 0.7:
        return "".join(_FIGURES[int(c)] for c in str(year)) + f"年{_spelled(rng, 13)}月"
    if roll < 0.85:
        return f"{rng.integers(0, 24)}:{rng.integers(0, 60):02d}"
    return f"{pick(rng, ('上午', '下午', '晚上', '早上'))}{rng.integers(1, 13)}{pick(rng, '点时')}"


def _amount(rng: Rng) -> str:
    value = 10 ** rng.uniform(0, 6)
    roll = rng.random()
    if roll < 0.35:
        return f"{pick(rng, ('￥', '￥', '$', '€', '人民币', 'RMB'))}{value:,.2f}"
    if roll < 0.8:
        return f"{_count(rng)}{pick(rng, ('元', '万元', '亿元', '美元', '元整'))}"
    return "".join(
        f"{pick(rng, _CAPITALS[1:])}{unit}" for unit in "万仟佰拾元角分" if chance(rng, 0.5)
    ) + pick(rng, ("整", "元整", ""))


def _quantity(rng: Rng) -> str:
    number = _count(rng) if chance(rng, 0.75) else _spelled(rng)
    return f"{'第' if chance(rng, 0.15) else ''}{number}{pick(rng, _UNITS)}"


def _point(rng: Rng) -> str:
    """The number of an item in a list."""
    number = int(rng.integers(1, 20))
    roll = rng.random()
    if roll < 0.3:
        return f"{number}{pick(rng, ('、', '.', '．', '）', ')'))}"
    if roll < 0.5:
        return f"（{number if chance(rng, 0.5) else _spelled(rng, 20)}）"
    if roll < 0.7:
        return f"{_spelled(rng, 20)}、"
    if roll < 0.85:
        return pick(rng, "①②③④⑤⑥⑦⑧⑨⑩⑴⑵⑶⑾⑿⒀⒁⒂⒃⒄⒅⒆ⅠⅡⅢⅣ●■◆★□○◎△▲☆◇※→")
    return f"第{_spelled(rng)}{pick(rng, '章节条款项课回卷页部')}"


def _name(rng: Rng) -> str:
    given = "".join(pick(rng, _GIVEN) for _ in range(1 + int(chance(rng, 0.7))))
    return pick(rng, _SURNAMES) + given


def _entry(rng: Rng) -> str:
    """A field of a form with what was filled in."""
    field = pick(rng, _FIELDS) + pick(rng, ("：", "：", ":", " "))
    return field + pick(rng, (_name, _date, _amount, _phone, _code, _count))(rng)


def _phone(rng: Rng) -> str:
    digits = _digits(rng, 8)
    roll = rng.random()
    if roll < 0.4:
        return f"1{pick(rng, '3578')}{rng.integers(0, 10)}{digits}"
    return f"0{rng.integers(10, 999)}-{digits}" if roll < 0.8 else digits


def _code(rng: Rng) -> str:
    letters = "".join(pick(rng, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(rng.integers(1, 4)))
    digits = _digits(rng, int(rng.integers(1, 8)))
    return pick(rng, (f"{letters}{digits}", f"{letters}-{digits}", digits, f"No.{digits}"))


#: Share of each kind of fact, and what makes one.
FACTS: tuple[tuple[float, Callable[[Rng], str]], ...] = (
    (0.2, _date),
    (0.15, _amount),
    (0.25, _quantity),
    (0.12, _point),
    (0.12, _entry),
    (0.06, _name),
    (0.05, _phone),
    (0.05, _code),
)
