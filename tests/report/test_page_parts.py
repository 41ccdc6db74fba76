from ner_window.config import Config
from ner_window.report.page_parts import (
    bar,
    breakable,
    code,
    contents,
    data_facts,
    digest,
    percent,
    section,
    setting,
    table,
    text,
)


def test_text_is_safe_in_elements_and_attributes_and_can_be_shown():
    assert text('<a b="c">&\x1b[2J') == "&lt;a b=&quot;c&quot;&gt;&amp;\ufffd[2J"


def test_a_name_can_go_on_after_a_point_or_an_underscore():
    assert breakable("optimizer.learning_rate, <b>.") == "optimizer.<wbr>learning_<wbr>rate, &lt;b&gt;."


def test_a_short_name_is_not_broken_and_a_long_value_gets_room():
    assert breakable("dev_f1, %") == "dev_f1, %"
    assert setting("tanh") == "tanh"
    assert setting("<" * 30) == f'<span class="long">{"&lt;" * 30}</span>'


def test_a_section_without_parts_is_none():
    assert section("Empty", "", "") == ""


def test_contents_link_to_the_sections_that_are_there():
    parts = [section("F1 & loss", "x"), section("Empty", ""), section("Runs", "y")]
    assert contents(parts) == (
        '<nav aria-label="Sections"><a href="#f1-loss">F1 &amp; loss</a> <a href="#runs">Runs</a></nav>'
    )


def test_cells_of_words_are_to_the_left_and_the_first_is_a_heading():
    found = table("a <caption>", ("a", "b", "c"), [("x", "y", "1")], left=2)
    assert 'aria-label="a &lt;caption&gt;"' in found
    assert '<th scope="row">x</th><td class="words">y</td><td>1</td>' in found
    assert '<th scope="col" class="words">a</th><th scope="col" class="words">b</th><th scope="col">c</th>' in found


def test_one_cell_stands_in_the_place_of_those_of_words_where_the_screen_is_narrow():
    found = table("c", ("a", "b", "c"), [("x", "y", "1")], left=2, merged=["a=x, b=y"])
    assert '<tr><th scope="col" class="words narrow">setting</th><th scope="col" class="words broad">a</th>' in found
    assert '<th scope="row" class="narrow">a=x, b=y</th><th scope="row" class="broad">x</th>' in found
    assert '<td class="words broad">y</td><td>1</td>' in found


def test_lines_stay_lines():
    assert code("a: 1\n  <b>\n") == '<pre tabindex="0"><code>a: 1\n  &lt;b&gt;\n</code></pre>'


def test_digests_are_cut_and_other_words_are_not():
    whole = "0123456789abcdef" * 4
    assert digest(whole) == f'<code title="{whole}">0123456789ab</code>'
    assert digest("random") == "random"


def test_data_has_the_name_of_its_file_and_its_digest():
    config = Config.model_validate({"data": {"train": "/a/<b>.conll", "dev": "d"}, "vectors": {"source": "random"}})
    found = data_facts(config, {"train": "0" * 64, "vectors": "random", "teacher": "f" * 64})
    assert found == {"train": f"&lt;b&gt;.conll {digest('0' * 64)}", "vectors": "random", "teacher": digest("f" * 64)}


def test_a_figure_that_is_not_there():
    assert percent(None) == "-"
    assert bar(None) == '<span class="bar" style="--share:0.000">-</span>'
    assert bar(0.5, "half") == '<span class="bar" style="--share:0.500">half</span>'
