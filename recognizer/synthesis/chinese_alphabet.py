# SPDX-License-Identifier: Apache-2.0
"""The characters that Chinese lines are read in: simplified print with what stands among it.

All of GB 2312's first level (the 3,755 characters of daily use), those of its second level that
books, names and newspapers do use, some that the standard lacks, ASCII and punctuation.
"""

from __future__ import annotations

import base64

# One bit for each character of GB 2312's second level, in the order of the standard: 1 where it
# is read. The others, a good third, hardly occur outside dictionaries.
_LEVEL_2 = (
    "P9V6yfd688nFR5Pfa3/n+5e13lGb9+0rf/jf42+yd6nNZ0t//Psd2wJrmkPQGEIiC0BOH426ZnZW78wg3p9ASKKh"
    "MwvsIDOxvY/BXn3mcxCdIhIV71JR/4mLx567HlX7/+7/ra1n3tH3Z/mMOf8OqVu//jdMLLtu+C+N13HmNz9f/2z/"
    "953u5vkv+D0/kXOD3+mXxwMp1T1dv7J7md2/x//rnNvv7+v/z63vJ7/+eTe+O/j5j6tnvbP2rf62a9155f7OuHku"
    "ctV7suP75o9aRfvlzO0eHIP1v+r+95tnC1g4Or8mUmexQ+Wmx3d97f8aO+D9e++/P5/ctDUUAMIkDE7Xuv7xdWwS"
    "XQ8doYKcqoUiAEMljJGgFmQDf+/KS5FvCYVpZzy04t9J9voDc/2xEpau5LoFYyLZNSpOEijljARN/5Dci4uA9DVb"
    "6CAB8qc9t99oztfhFV6c6P/837848/l+VBffoGLaSDCgCDQGMY9a2/Px/P/FAg=="
)
# Outside the standard: names, classical texts, and traditional forms that are quoted in them.
_FURTHER = (
    "㛃乂亶亹伋伻佈俛傒傕僇僊僤僰價儙儣兒冏冑刓剎劙匳卬叡唶啰啱喆嗛噉噭嚋嚬嚭嚰囐垝埶堃墠壖夡奡奭"
    "妳姁姞姮娀娡媢嫄嫚嫪嬃嬛寖寘峇峣崚嶓嶲嶶巂巉巿帇帨幤弒弢張彊徳悞惇愛愬慙懜扞扢捽揜搒搢搤撝斄"
    "斲旘旳旻昇晞暲曪書杅柈桞棓椀楯榼槃樭橪檇欃欻歔歘殽毐毶汧汭沇沕沬洟洺浐浿涒溊溍滈漦潏澙澝濩灊"
    "炟烜烝焒焜焻熛爇爲牂犨狝獘玃玊玕玦珅珪珮珰琖璆璟瓻産畑畤畼皁眛睒睪瞋瞭瞾碁磛礶祇祊祎祐禨秏窋"
    "窎窣窴筰筴篃紬絜絪緃縠縢縯繻纔纮纻绖缞罃罥羑羖耎肣肸胾脁腉臛臱茀菑葴蒍蓺蚡蜔蝄螾蟜蟭袴裀襆襜"
    "觽譄讙谸豨豭貋贇赟赪趹跂踧踰蹻轘遫遶遹邘邠邽郈郕郪郿鄏鄗鄜鄠鄳酇酺醦醳釂釐鈇鉏鐘鑙铚锽镕镵開"
    "間闇闟霣鞚鞮韂頉頫顒饟饦馎駆駹騠騳驩骃骍髃魋魭鮼鴈鷪鸮鹖麃麤黙黡齮龁龂龏"
)
# Punctuation, signs and enumerations; colon, semicolon, exclamation and question mark are
# distinct from their narrow twins in ASCII.
SIGNS = (
    "°±·×àé÷üαβОПР–—―‘’“”…‰′※℃ⅠⅡⅢⅣ→↓∈√∩∵∶≠≤≥①②③④⑤⑥⑦"
    "⑧⑨⑩⑴⑵⑶⑾⑿⒀⒁⒂⒃⒄⒅⒆⒉─━│┌┐╱■□▲△◆◇○◎●★☆、。〇〈〉《》「」『』【】"
    "〔〕てな︰﹐﹑﹒﹔﹖（）＋，．～￥！：；？©®™€£•"
)
ASCII = "".join(map(chr, range(0x20, 0x7F)))


def _rows(first: int, last: int) -> str:
    """The characters of some rows of GB 2312."""
    codes = (bytes((high, low)) for high in range(first, last + 1) for low in range(0xA1, 0xFF))
    return "".join(code.decode("gb2312", "ignore") for code in codes)


def _level_2() -> str:
    bits = int.from_bytes(base64.b64decode(_LEVEL_2), "big")
    characters = _rows(0xD8, 0xF7)
    return "".join(c for i, c in enumerate(reversed(characters)) if bits >> i & 1)[::-1]


#: Chinese characters, the common ones first.
HANZI = _rows(0xB0, 0xD7) + _level_2() + _FURTHER
#: All that is read: 6,053 characters, the space among them.
CHINESE_ALPHABET = ASCII + SIGNS + HANZI
