"""A text as HTML: marks, lists and tables."""

from watchword.web.shown.marked_text import mark_body


def test_a_table_of_lines_with_bars_is_a_table_and_its_marks_are_numbered_on() -> None:
    body = (
        "Ferry late\n\n| Name | Ferry |\n\n|---|---|\n\n|  |  |\n\n| Length | 40 <m> |\n\nNo ferry"
    )
    spans = [(0, 5), (body.index("Ferry |"), body.index("Ferry |") + 5), (len(body) - 5, len(body))]

    html, count = mark_body(body, spans)

    assert count == 3
    assert str(html).replace("\n", "") == (
        '<p><mark id="m1">Ferry</mark> late</p>'
        '<table><tr><td> Name </td><td> <mark id="m2">Ferry</mark> </td></tr><tr><td> Length </td><td> 40 &lt;m&gt; </td></tr></table>'
        '<p>No <mark id="m3">ferry</mark></p>'
    )


def test_items_of_a_list_are_a_list() -> None:
    html, count = mark_body("Two came:\n\n- the ferry\n\n- the <pilot>\n\nThey left.", [(14, 17)])

    assert count == 1
    assert str(html).replace("\n", "") == (
        '<p>Two came:</p><ul><li>t<mark id="m1">he </mark>ferry</li><li>the &lt;pilot&gt;</li></ul><p>They left.</p>'
    )


def test_a_mark_that_a_paragraph_ends_is_one_mark_and_lines_stay() -> None:
    html, count = mark_body("one\ntwo\n\nthree", [(4, 14), (9, 14)])

    assert count == 2
    assert str(html) == '<p>one<br><mark id="m1">two</mark></p>\n<p><mark id="m2">three</mark></p>'


def test_a_dash_or_a_bar_alone_is_text() -> None:
    assert str(mark_body("|\n\n-\n\na | b", [])[0]) == "<p>|</p>\n<p>-</p>\n<p>a | b</p>"
