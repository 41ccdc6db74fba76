from ner_window.inspection.printable import printable


def test_what_cannot_be_shown_is_replaced_and_all_else_stays():
    assert printable("a\x00b\ud800c\u2028d\x1b[31m\x9b") == "a\ufffdb\ufffdc\ufffdd\ufffd[31m\ufffd"
    assert printable("Zoë \U0001f680 日本") == "Zoë \U0001f680 日本"
