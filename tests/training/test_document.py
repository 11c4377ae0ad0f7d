import re

from training.document import Heading, Items, Paragraph, Table, to_html, to_markdown

HOSTILE = '<script>alert("x")</script> | **b** [a](http://x) `c` \u202etxt\u202c\nnext & more'
BLOCKS = [
    Heading(HOSTILE, 1),
    Paragraph(HOSTILE),
    Items([HOSTILE, "- not a list", "7. nor this"]),
    Table([HOSTILE, "n"], [[HOSTILE, "1"], ["店舗", "2"]], marked=frozenset({1})),
]


def test_what_comes_from_data_is_text_in_the_page_and_nothing_is_loaded() -> None:
    page = to_html(BLOCKS, "ja")
    assert "<script" not in page
    assert "\u202e" not in page
    assert page.count("&lt;script&gt;") == 6  # the title twice
    assert not re.search(r"""(?:src|href|url)\s*[=(]""", page)
    assert "default-src 'none'" in page
    assert '<html lang="ja">' in page
    assert '<tr class="marked"><td>店舗</td><td class="number">2</td></tr>' in page


def test_what_comes_from_data_is_text_in_markdown() -> None:
    text = to_markdown(BLOCKS)
    lines = text.splitlines()
    assert lines[0].startswith(r"# \<script\>alert")
    assert not re.search(r"(?<!\\)[<`\[]", text)
    rows = [line for line in lines if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows)
    assert rows[-1] == "| **店舗** | 2 |"
    assert r"- \- not a list" in lines
    assert r"- 7\. nor this" in lines
