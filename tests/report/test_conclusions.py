import pytest

from ner_window.report.conclusions import probability
from ner_window.report.conclusions import test_text as sentence_of_test


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0004, "p < 0.001"),
        (0.004, "p = 0.004"),
        (0.31249, "p = 0.312"),
        (0.04996, "p = 0.049960"),
        (0.0501, "p = 0.050100"),
    ],
)
def test_p_is_written_so_that_it_shows_the_side_of_the_level(p, text):
    assert probability(p) == text


@pytest.mark.parametrize(
    ("scores", "settings", "sentence"),
    [
        ([0.8], {}, "Test: F1 (%) 80.00, 1 seed, with the only setting, the best on dev."),
        # deviation of 80 and 82: sqrt(1 + 1) = 1.41
        ([0.8, 0.82], {"a.b": 3}, "Test: F1 (%) 81.00 ± 1.41, 2 seeds, with a.b=3, the best on dev."),
    ],
)
def test_what_the_test_set_says(scores, settings, sentence):
    runs = [{"seed": i, "entities": {"micro": {"f1": score}}} for i, score in enumerate(scores)]
    assert sentence_of_test({"settings": settings, "runs": runs}) == sentence
