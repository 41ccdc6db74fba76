from ner_window.inspection.checking import Check
from ner_window.nn.gradcheck import ParameterCheck
from ner_window.report.checks import check_text, summary_text, verdict

W = ParameterCheck("W", (2, 3), "dJ/dW = delta x^T", 6, 0, 0, 2e-9, (1, 2), 0.5, 0.5, "ok")
E = ParameterCheck("E.word", (9, 2), "dJ/dx", 4, 1, 0, 3e-9, (1, 0), -0.25, -0.25, "ok")


def make(*rows):
    return Check(
        "c.yaml", "before training", "hinge", "relu", "4 windows of x", 1.5, rows, {"E.word": ["<pad>", "port"]}
    )


def test_a_row_tells_where_the_largest_error_is_and_of_a_table_which_word():
    lines = check_text(make(W, E), 1e-6).split("\n")
    assert lines[0] == "c.yaml: hinge, relu, before training: J = 1.500000 in float64"
    assert lines[4].split()[:6] == ["W", "2", "x", "3", "6", "0"]
    assert lines[4].endswith("2.0e-09     [1, 2]  +5.000e-01  +5.000e-01       ok  dJ/dW = delta x^T")
    assert "'port'[0]" in lines[5]


def test_the_verdict_names_what_is_wrong_kinks_and_what_was_left_out():
    assert verdict(make(W), 1e-6) == "all gradients are right"
    assert verdict(make(W, E), 1e-6).endswith("; 1 entries have a kink within the step, 1 were compared beside it")
    wrong = ParameterCheck("b", (2,), "", 2, 0, 0, 0.5, (0,), 1.0, 2.0, "wrong")
    assert verdict(make(W, wrong), 1e-6) == "wrong over the tolerance of 1e-06: b"
    assert not make(W, wrong).passed
    unchecked = ParameterCheck("b", (2,), "", 0, 2, 2, 0.0, (), 0.0, 0.0, "not checked")
    assert verdict(make(W, unchecked), 1e-6) == (
        "not checked, as every entry stands on a kink: b; "
        "2 entries have a kink within the step, 0 were compared beside it and 2 left out"
    )
    assert not make(W, unchecked).passed


def test_gradients_that_are_all_zero_show_nothing_and_that_is_said():
    zero = ParameterCheck("W", (2, 3), "", 6, 0, 0, 0.0, (0, 0), 0.0, 0.0, "ok")
    assert "nothing is shown: every gradient is 0" in verdict(make(zero), 1e-6)
    assert summary_text([make(zero)]).endswith("all 0")
    assert summary_text([make(W)]).endswith("ok")
