# SPDX-License-Identifier: Apache-2.0
"""What a font's name says about it: its category, its weight, and how common it is on paper."""

from __future__ import annotations

import re

CATEGORIES = ("sans", "serif", "mono", "typewriter", "display", "handwriting", "cjk")

# Faces that do not show the characters their map promises: symbols, mathematics, and small
# capitals, whose "a" cannot be told from "A" once the crop is scaled.
UNUSABLE = re.compile(
    r"symbol|dingbat|d050000l|\bmath|stix(non|size|variants|integrals)|stixnonunicode|emoji"
    r"|caps\b|smallcaps|initials|keyboard|webdings|wingdings|opensymbol|icon|awesome|barcode"
    r"|hairline|notdef|fallback|blank|lastresort|variable width|tamil|mt ?extra"
    r"|inverted|romande adf (style|script)|fraktur|blackletter|dunhill|lm ?roman ?5"
    r"|cmu serif upright italic|femkeklaver|titling|adf style|unifur"
    r"|px (ibm cga|amstrad)|wargames|radis sans|^arapey",
    re.IGNORECASE,
)

# Hands that print never looks like: for those who render handwriting alone.
HAND_ONLY = re.compile(r"kristi|breip|ecolier", re.IGNORECASE)

_BY_CATEGORY: tuple[tuple[str, str], ...] = (
    (
        "cjk",
        (
            r"cjk|wenquanyi|wqy|arphic|ukai|uming|wenkai|smiley|nanum|baekmuk|unfont|un ?batang"
            r"|dotgothic|gothic ?mb|mincho|\bming|hei\b|kai\b|song\b"
        ),
    ),
    (
        "handwriting",
        (
            r"dancing|kaushan|kristi|rufscript|delphine|dkg|breip|femke|ecolier|isabella|aenigma"
            r"|caveat|kalam|patrick|homemade|shadows into|indie|reenie|pen script"
            r"|alex brush|annie use|architects daughter|arizonia|coming soon|cookie|courgette"
            r"|covered by|crafty girls|damion|delius|gloria|gochi|grand hotel|itim\b|just another"
            r"|kite one|mali\b|merienda|neucha|niconne|norican|nothing you|pangolin|marker"
            r"|playball|playpen|rancho\b|rock salt|schoolbell|shantell|short stack|sriracha"
            r"|sunshiney|walter turncoat|yellowtail|gluten|handlee|marck|satisfy"
            r"|z003|chorus|romande adf script|chancery|cursive|handwrit"
        ),
    ),
    ("typewriter", r"typewriter|typist|special elite|tlwg|lm ?mono|latin modern mono|elite"),
    (
        "mono",
        (
            r"mono(?!ton)|courier|cursor|cousine|\bcode\b|hack|ocr|3270|vt323|inconsolata|anonymous"
            r"|consol|terminal|typewriter|fixed"
        ),
    ),
    (
        "display",
        (
            r"comfortaa|essays|averia|play\b|black\b|romande|display black|display thin"
            r"|cabin ?sketch|cherry ?bomb|spartan|leckerli|lobster|bebas|stay ?puft|penguin"
            r"|humor|tomson"
            r"|junkyard|wasn't me|abogado|engadget|havana|cupola|caliban|domestic|solothurn"
            r"|yanone|roadgeek|national park|quicksand|sora\b|eurofurence|summersby|jura\b|okolaks"
            r"|compagnon|allerta|osp-din|opendin|mekanus|irianis|oldania|tribun|ikarius|libris"
            r"|switzera|catalogue|slab|comic|goudy|bodoni|didot|routed|osifont|beteckna|murmure"
            r"|mirage|reggae|rocknroll|ubuntu ?title|dustismo|karmilla|century"
            r"|anton\b|antonio|oswald|league gothic|fjalla|archivo|alfa slab|righteous|bangers"
            r"|cinzel|abril|passion one|luckiest|russo|black ops|pathway gothic|barlow cond|saira"
            r"|staatliches|teko\b|squada|titan one|fredoka|orbitron|audiowide|ultra reg|marcellus"
            r"|pacifico|boogaloo|chewy|bungee|press start|copse|rozha|league spartan|bowlby"
            r"|aldrich|baloo|berkshire|concert one|contrail|days one|electrolize|exo 2|fugaz"
            r"|galindo|gruppo|iceland\b|jockey|kanit\b|kavoon|knewave|krona|lemon\b|limelight"
            r"|megrim|michroma|modak|monoton|nixie|oleo script|poiret|quantico|rajdhani|ranchers"
            r"|rye\b|sansita|shrikhand|sonsie|spicy rice|stardos|stencil|syncopate|varela"
            r"|wallpoet|holtwood|silkscreen|pixelify"
            r"|impact\b|haettenschweiler|big shoulders|amatic|special gothic"
        ),
    ),
    (
        "sans",
        (
            r"sans|heros|arimo|roboto|inter\b|lato|karla|cabin|dosis|manrope|gothic|carlito"
            r"|cantarell|gillius|universalis|tuffy|adventor|verana|open|andika|biolinum"
            r"|cmu bright|\bgo\b|helvet|arial|calibri|montserrat|poppins|raleway|josefin"
        ),
    ),
)

# Document families with their share of all lines; what is left goes to every other family alike.
COMMON: tuple[tuple[str, float], ...] = (
    (r"^(liberation sans|arimo|nimbus sans|freesans|tex gyre heros|arial|helvetica)", 0.17),
    (
        r"^(liberation serif|tinos|nimbus roman|freeserif|tex gyre termes|times|stixgeneral|stix$)",
        0.14,
    ),
    (r"^(liberation mono|cousine|nimbus mono|freemono|tex gyre cursor|courier)", 0.10),
    (r"^(carlito|caladea|open sans|roboto|lato|calibri|cambria)", 0.06),
    (r"^dejavu", 0.05),
    (r"(typewriter|special elite|lm mono|latin modern mono)", 0.06),
    (
        (
            r"^(ocr ?b|vt323|share tech mono|ibm 3270|inconsolata|anonymous|mononoki|hack"
            r"|px (ibm|vga)|glass tty)"
        ),
        0.06,
    ),
)

# Categories that documents hardly use, with the share of each.
_RARE, _RARE_SHARES = ("handwriting", "display"), (0.012, 0.035)


def category_of(name: str, fixed_pitch: bool, serif_hint: bool | None, has_cjk: bool) -> str:
    """Sort a face into one of ``CATEGORIES``.

    Args:
        name: Family and style.
        fixed_pitch: What the file's ``post`` table or its advances say.
        serif_hint: True for serif, False for sans, None where the file does not say.
        has_cjk: Whether the face maps common Chinese characters.
    """
    lowered = name.lower()
    for category, pattern in _BY_CATEGORY:
        if category == "cjk" and has_cjk:
            return "cjk"
        if re.search(pattern, lowered):
            return category
    if fixed_pitch:
        return "mono"
    return "sans" if serif_hint is False else "serif"


def style_weight(style: str) -> float:
    """How often a style is wanted beside its family's regular face (1.0)."""
    lowered = style.lower()
    weight = 1.0
    if re.search(r"thin|extra ?light|ultra ?light", lowered):
        weight *= 0.12
    elif re.search(r"light", lowered):
        weight *= 0.5
    elif re.search(r"black|heavy|extra ?bold|ultra", lowered):
        weight *= 0.25
    elif re.search(r"bold|demi", lowered):
        weight *= 0.6
    if re.search(r"italic|oblique|slanted|inclined", lowered):
        weight *= 0.22
    return weight


def shares(families: list[tuple[str, str]]) -> list[float]:
    """Share of all lines for each family (sums to 1).

    Args:
        families: (family name, category) of every family found.
    """
    groups: list[int] = []
    for name, category in families:
        lowered = name.lower()
        group = len(COMMON)
        if category in _RARE:
            group = len(COMMON) + 1 + _RARE.index(category)
        elif category != "cjk":
            for index, (pattern, _) in enumerate(COMMON):
                if re.search(pattern, lowered):
                    group = index
                    break
        groups.append(group if category != "cjk" else -1)
    wanted = [share for _, share in COMMON]
    wanted += [1.0 - sum(wanted) - sum(_RARE_SHARES), *_RARE_SHARES]
    counts = {group: groups.count(group) for group in set(groups)}
    raw = [wanted[g] / counts[g] if g >= 0 else 0.0 for g in groups]
    total = sum(raw)
    if total == 0.0:
        return [1.0 / len(raw)] * len(raw)
    return [value / total for value in raw]
