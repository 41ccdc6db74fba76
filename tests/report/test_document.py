from ner_window.report.document import document


def test_a_document_is_whole_and_needs_no_other_file(read_page):
    text = document("<a> & b", "p { margin: 0 }", ["<h1>x</h1>", "<p>y</p>"])
    assert text.startswith('<!doctype html>\n<html lang="en"><head><meta charset="utf-8">')
    assert "width=device-width" in text
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in text
    assert "prefers-color-scheme: dark" in text
    assert text.index("p { max-width") < text.index("p { margin: 0 }")
    page = read_page(text)
    assert page.words == "<a> & b x y"
    assert page.links == []
