import re

import pytest

from ner_window.checks.codes import codes, explained
from ner_window.errors import ConfigError


def test_codes_stand_in_their_groups_in_ascending_order():
    numbers = [int(code[1:]) for code in codes()]
    assert numbers == sorted(set(numbers))


def test_a_code_is_explained_whatever_its_case():
    code = explained("e101")
    assert (code.code, code.title, code.severity) == ("E101", "a column is missing", "error")
    assert code.page.startswith("The line has fewer columns")


def test_an_unknown_code_names_a_near_one():
    with pytest.raises(ConfigError, match=re.escape("--explain: no such code, got 'E1001'; did you mean E101?")):
        explained("E1001")
    with pytest.raises(ConfigError, match=re.escape("--explain: no such code, got 'x'; 'all' lists them")):
        explained("x")


def test_every_code_in_the_source_is_known(root):
    used = set()
    for path in (root / "ner_window/checks").glob("*.py"):
        used |= set(re.findall(r'"([EWN]\d{3})"', path.read_text()))
    assert used == set(codes())
