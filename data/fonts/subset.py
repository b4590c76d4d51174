"""Cuts WenQuanYi Micro Hei to GBK: python subset.py <wqy-microhei.ttc> <out.ttf> (fonttools 4.68.0)."""

import sys

from fontTools import subset, ttLib

RANGES = [
    (0x0020, 0x007F),  # ASCII
    (0x00A0, 0x0100),  # Latin-1
    (0x2000, 0x2070),  # general punctuation
    (0x20A0, 0x20C0),  # currency
    (0x2100, 0x2300),  # letterlike, number forms, arrows, mathematical operators
    (0x2460, 0x2600),  # enclosed figures, box drawing, blocks, geometric shapes
    (0x3000, 0x3040),  # CJK punctuation
    (0xFF00, 0xFFEF),  # full-width forms
]


def wanted() -> set[int]:
    chars = {c for low, high in RANGES for c in range(low, high)}
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                chars.update(map(ord, bytes([lead, trail]).decode("gbk")))
            except UnicodeDecodeError:
                continue
    return chars


def main(source: str, target: str) -> None:
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["GSUB", "GPOS", "GDEF"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    font = ttLib.TTFont(source, fontNumber=0, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted())
    cutter.subset(font)
    font.save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
