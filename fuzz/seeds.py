"""Writes the seed corpora anew: small, made up, one idea a file. Needs pyarrow; `tests/all` has one in its readers' environment.

    ~/.cache/xueji/readers/bin/python fuzz/seeds.py

What a fuzzer found is kept beside the seeds as `found-<what was wrong>`; this program leaves it alone.
"""

import gzip
import io
import pathlib
import struct
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq

CORPUS = pathlib.Path(__file__).parent / "corpus"
HEADER = "学籍号,日期,情况,节次数"
ROWS = ["G340101201309010016,2013-09-02,旷课,2", "L340101201309010024,2013/9/3,病假,"]
PLAIN = "\n".join([HEADER, *ROWS, ""])


def put(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def separated_text():
    quoted = PLAIN.replace("旷课", '"旷课, ""全天""\n第二行"')
    texts = {
        "plain": PLAIN.encode(),
        "mark": PLAIN.encode("utf-8-sig"),
        "gb18030": PLAIN.encode("gb18030"),
        "utf-16le": b"\xff\xfe" + PLAIN.encode("utf-16-le"),
        "utf-16be": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        "windows": PLAIN.replace("\n", "\r\n").encode(),
        "old-mac": PLAIN.replace("\n", "\r").encode(),
        "tabs": PLAIN.replace(",", "\t").encode(),
        "semicolons": PLAIN.replace(",", ";").encode(),
        "quoted": quoted.encode(),
        "quoted-windows": quoted.replace("\n", "\r\n").encode(),
        "swallowing": PLAIN.replace("旷课", '"旷课').encode(),
        "mark-inside": PLAIN.replace("旷课", '旷"课').encode(),
        "titled": f"长丰县考勤表\n,,,\n{PLAIN}\n{HEADER}\n\n  \n{ROWS[0]}".encode(),
        "widths": f"{HEADER}\nG1,2013-09-02\nG2,2013-09-02,旷课,1,多\n,,,\n".encode(),
        "decorated": PLAIN.replace("学籍号", "★全国学籍号（必填）").replace("日期", "*日 期").encode(),
        "mojibake": PLAIN.replace("旷课", "锟斤拷").replace("病假", "\ufffd").encode(),
        "nul": PLAIN.replace("旷课", "旷\0").encode(),
        "broken": PLAIN.encode()[:-5] + b"\xff\xfe\n",
        "empty": b"\n\n , \n",
        "header-only": HEADER.encode(),
        "gzip": gzip.compress(PLAIN.encode(), mtime=0),
    }
    for name, content in texts.items():
        put("csv", name, content)


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def inline(cell, text):
    return f'<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>'


def line(number, cells):
    return f'<row r="{number}">{"".join(cells)}</row>'


def parts(rows, further=(), sheet_tail="", properties="", sheets=("考勤",)):
    kinds = [("worksheet", f"worksheets/sheet{at + 1}.xml") for at in range(len(sheets))]
    kinds += [(kind, target) for kind, target, _ in further]
    relations = "".join(
        f'<Relationship Id="rId{at + 1}" Type="{OFFICE}/{kind}" Target="{target}"/>' for at, (kind, target) in enumerate(kinds)
    )
    listed = "".join(
        f'<sheet name="{name}" sheetId="{at + 1}" r:id="rId{at + 1}"{more}/>'
        for at, (name, more) in enumerate(sheet if isinstance(sheet, tuple) else (sheet, "") for sheet in sheets)
    )
    written = {
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{relations}</Relationships>',
    }
    for at in range(len(sheets)):
        cells = rows if at == 0 else ""
        written[f"xl/worksheets/sheet{at + 1}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData>{sheet_tail}</worksheet>'
        )
    written |= {f"xl/{target}": content for _, target, content in further}
    return written


def as_text(written):
    return "".join(f"--- {name}\n{content}\n" for name, content in written.items())


def as_package(written):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in written.items():
            package.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def record(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def label(row, column, text):
    return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def biff(cells):
    beginning = lambda kind: record(0x0809, struct.pack("<HH", 0x0600, kind) + bytes(12))
    bound = lambda at: record(0x0085, struct.pack("<IHBB", at, 0, 2, 1) + "考勤".encode("utf-16-le"))
    before, end = beginning(5) + record(0x0042, struct.pack("<H", 1200)), record(0x000A, b"")
    stream = before + bound(len(before) + len(bound(0)) + len(end)) + end + beginning(0x10) + b"".join(cells) + end
    return stream.ljust(-(-max(len(stream), 4096) // 512) * 512, b"\0")


def compound(stream):
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    sectors = len(stream) // 512
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<10I", 0, 1, 1, 0, 4096, end, 0, end, 0, 0)
    head += struct.pack("<109I", 0, *[free] * 108)
    table = [0xFFFFFFFD, end, *range(3, sectors + 2), end]
    table += [free] * (128 - len(table))

    def entry(name, kind, child, start, size):
        text = (name + "\0").encode("utf-16-le")
        place = text.ljust(64, b"\0") + struct.pack("<HBB3I", len(text), kind, 1, free, free, child)
        return place + bytes(36) + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 2, len(stream)) + bytes(256)
    return head + struct.pack("<128I", *table) + folder + stream


def workbooks():
    header = line(1, [inline(cell + "1", text) for cell, text in zip("ABCD", HEADER.split(","))])
    first = line(2, [inline("A2", "G340101201309010016"), inline("B2", "2013-09-02"), inline("C2", "旷课"), '<c r="D2"><v>2</v></c>'])
    plain = header + first
    strings = [*HEADER.split(","), "G340101201309010016"]
    shared = f'<sst xmlns="{MAIN}" count="5" uniqueCount="5">{"".join(f"<si><t>{text}</t></si>" for text in strings)}</sst>'
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    by_number = "".join(f'<c r="{cell}1" t="s"><v>{at}</v></c>' for at, cell in enumerate("ABCD"))
    forms = {
        "plain": parts(plain),
        "shared": parts(
            line(1, [by_number]) + line(2, ['<c r="A2" t="s"><v>4</v></c>', '<c r="B2" s="1"><v>41519</v></c>', inline("C2", "旷课")]),
            [("sharedStrings", "sharedStrings.xml", shared), ("styles", "styles.xml", styles)],
        ),
        "dates-1904": parts(
            header + line(2, [inline("A2", "G1"), '<c r="B2" s="1"><v>40057</v></c>', inline("C2", "旷课")]),
            [("styles", "styles.xml", styles)],
            properties='<workbookPr date1904="1"/>',
        ),
        "numbers": parts(header + line(2, ['<c r="A2"><v>3.41126201503E+17</v></c>', '<c r="B2"><v>41519</v></c>', inline("C2", "旷课")])),
        "formulas": parts(
            header
            + line(2, [inline("A2", "G1"), '<c r="B2" t="str"><f>A1</f><v>2013-09-02</v></c>', '<c r="C2"><f>A1</f></c>', '<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'])
        ),
        "merged": parts(plain, sheet_tail='<mergeCells count="1"><mergeCell ref="A2:B3"/></mergeCells>'),
        "titled": parts(line(1, [inline("A1", "考勤表")]) + plain.replace('1"', '3"').replace('2"', '4"')),
        "hidden": parts(plain, sheets=("考勤", ("说明", ' state="hidden"'), "Sheet3")),
        "far": parts(header + line(1048576, ['<c r="XFD1048576"><v>1</v></c>'])),
        "unnamed-cells": parts(header.replace(' r="1"', "") + "<row><c><v>1</v></c><c t=\"b\"><v>1</v></c></row>"),
        "entities": {**parts(plain), "xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'},
        "no-sheets": parts("", sheets=()),
    }
    for name, written in forms.items():
        put("workbook", name, as_text(written))
    put("workbook", "package.xlsx", as_package(forms["shared"]))
    cells = [label(0, at, text) for at, text in enumerate(HEADER.split(","))]
    cells += [label(1, 0, "G340101201309010016"), record(0x0203, struct.pack("<HHHd", 1, 1, 0, 41519.0)), label(1, 2, "旷课")]
    put("workbook", "plain.xls", compound(biff(cells)))


def parquet():
    columns = {
        "学籍号": pa.array(["G340101201309010016", "G2", None, ""]),
        "日期": pa.array(["2013-09-02", "2013/9/3", "41519", "2013年9月4日"]),
        "情况": pa.array(["旷课", "病假", "旷课", "早退"]),
    }
    typed = {
        "学籍号": pa.array([341126201503010016, None]),
        "日期": pa.array([15950, 15951], pa.date32()),
        "情况": pa.array(["旷课", "病假"]).dictionary_encode(),
        "节次数": pa.array([2.0, float("nan")]),
        "已核": pa.array([True, None]),
    }
    nested = {**columns, "节次数": pa.array([[1], [], None, [2, 3]])}
    instants = {**columns, "日期": pa.array([0, 1, 2, None], pa.timestamp("ms", "Asia/Shanghai"))}
    forms = {
        "plain": (columns, {"compression": "none", "use_dictionary": False}),
        "dictionary": (columns, {"compression": "none"}),
        "snappy": (columns, {"compression": "snappy"}),
        "zstd": (columns, {"compression": "zstd"}),
        "gzip": (columns, {"compression": "gzip"}),
        "typed": (typed, {"compression": "none"}),
        "nested": (nested, {"compression": "none"}),
        "instants": (instants, {"compression": "none", "data_page_version": "2.0"}),
        "groups": (columns, {"compression": "none", "row_group_size": 1, "write_statistics": False}),
    }
    for name, (content, options) in forms.items():
        out = io.BytesIO()
        # The Arrow schema is left out: it is half of a small file and says what the columns say.
        pq.write_table(pa.table(content), out, store_schema=name == "instants", **options)
        put("parquet", name, out.getvalue())
    put("parquet", "torn", out.getvalue()[:-20])


def short_texts():
    days = """2013-09-01;20130901;2013/9/1;2013.9.1;2013年9月1日;2013-09-01 00:00:00;2013-09-01T00:00:00.000Z;2013/9/1 0:00;41518;
２０１３－０９－０１;\ufeff2013-9-1;2015-02-30;01/09/2013;2013-9;201309;2013年9月;20139;19999;2013-09-01 08:30:00;二〇一三年九月一日;2000-02-29"""
    for at, text in enumerate(days.replace("\n", "").split(";")):
        put("date", f"{at:02}", text)
    numbers = """11010519491231002X;341126201503010016;11010519491231002x;１１０１０５１９４９１２３１００２ｘ;110105 19491231 002X;\u202a11010519491231002X\u202c;
3.41126E+17;341126201503010000;341126201503010016.0;110105491231002;G341126201503010016;l34112620150301001x;Ｊ３４１１２６２０１５０３０１００１６;
G34112620150301X016;810000201206150031;34112620150301 0000;护照 E12345678;阿卜杜·热合曼"""
    for at, text in enumerate(numbers.replace("\n", "").split(";")):
        put("id_number", f"{at:02}", text)


def policies():
    head = 'name = "test"\ntitle = "t"\njurisdiction = "test"\n'
    own = pathlib.Path(__file__).parent.parent / "data/policies"
    put("policy", "anhui", (own / "anhui-2013.toml").read_text())
    on_top = head + 'extends = "anhui-2013"\n'
    lines = {
        "nothing": "",
        "size": '[class_size.primary]\nstandard = { value = 40, article = "a" }\n',
        "exception": '[fee.exceptions.2020]\nsnapshot_on = { value = 2020-10-15, article = "a" }\ndue_on = { value = "2020-12-31", article = "a" }\n',
        "fee": '[fee]\nrate_fen = { value = 50, article = "a", from = "2013-09-01", until = 2014-08-31 }\ndue = { value = "12-31", article = "a" }\n',
        "period": '[deadlines]\ntransfer_approve = { value = 10, unit = "workday", clock = "side", on_expiry = "approved", counting = "c", article = "a" }\n',
        "silence": '[transfer]\nsilence_approves = { value = ["省内转学", "休学"], article = "a" }\n',
        "share": '[vanish_hold]\nshare = { value = 0.05, article = "a" }\n[ages]\ncut_off = { value = "02-29", article = "a" }\n',
        "wrong": '[fee]\nrates = { value = 1 }\n[[ages]]\n',
        "not-toml": "=",
    }
    for name, text in lines.items():
        put("policy", name, on_top + text)
    put("policy", "circle", head + 'extends = "self"\n')
    put("policy", "alone", head)


separated_text()
workbooks()
parquet()
short_texts()
policies()
