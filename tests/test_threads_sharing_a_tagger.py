"""Threads that share a tagger: each is given what it would be given alone."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from threading import Barrier

import pytest

from ner_window.config import load_config
from ner_window.experiment import prepare
from ner_window.tagger import Tagger
from ner_window.text import vocabulary, words

THREADS = 8

#: Names, compounds of words that have vectors, numbers, and words that nothing is known of.
PARTS = ("north", "Oslo", "Berlin", "bank", "river", "red", "old", "trade")
COMPOUNDS = ["-".join(pair) for pair in product(PARTS, repeat=2)]
TEXTS = [
    f"Elena {COMPOUNDS[i]} of Norlake Bank flew from {COMPOUNDS[7 * i % 64]} to Port Ellery on {i} May. Zorb{i} sang."
    for i in range(48)
]


@pytest.fixture
def restless():
    """Threads take turns much more often than they would."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def saved(root, folder, *settings, members=1):
    """A model directory, as it is before training: with random weights all scores differ."""
    seeds = ([*settings, f"seed={seed}"] for seed in range(members))
    first, *others = (prepare(load_config(root / "configs/quickstart.yaml", its)).tagger for its in seeds)
    replace(first, more=tuple(other.parameters for other in others)).save(folder / "model")
    return folder / "model"


def at_once(task):
    """Run task(0), task(1) ... in a thread each, which begin together; return what they return."""
    barrier = Barrier(THREADS)

    def run(number):
        barrier.wait()
        return task(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def from_the(number):
    """The texts, beginning with another one for each thread."""
    start = number * len(TEXTS) // THREADS
    return TEXTS[start:] + TEXTS[:start]


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize(
    ("settings", "members"),
    [
        (("vectors.parts=true", "features=[case, affixes, cased_word]"), 1),
        (("objective=sentence", "vectors.parts=true", "features=[casing, gazetteer, first_pass]"), 1),
        ((), 2),
    ],
)
def test_all_that_tags(root, tmp_path, settings, members):
    model = saved(root, tmp_path, *settings, members=members)
    alone = Tagger.load(model)
    entities = {text: alone.entities(text) for text in TEXTS}
    tags = {text: alone.tag(text.split()) for text in TEXTS}
    bulks = [[text.split() for text in from_the(number)] for number in range(THREADS)]
    in_bulk = [alone.tag_with_probabilities(bulk) for bulk in bulks]
    assert len({entity.type for found in entities.values() for entity in found}) > 1
    for _ in range(2):
        shared = Tagger.load(model)  # nothing is looked up yet: threads meet in what is found out once

        def task(number, shared=shared):
            assert shared.tag_with_probabilities(bulks[number]) == in_bulk[number]
            texts = from_the(number)
            assert [shared.tag(text.split()) for text in texts[::4]] == [tags[text] for text in texts[::4]]
            assert list(shared.pipe(texts)) == [entities[text] for text in texts]
            assert [shared.entities(text) for text in texts[::4]] == [entities[text] for text in texts[::4]]

        at_once(task)


@pytest.mark.usefixtures("restless")
def test_what_was_looked_up_is_forgotten_under_them(root, tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary, "_REMEMBERED", 20)
    monkeypatch.setattr(words, "SEARCHES", 1000)
    model = saved(root, tmp_path, "vectors.parts=true")
    expected = {text: Tagger.load(model).tag(text.split()) for text in TEXTS}
    shared = Tagger.load(model)
    found = at_once(lambda number: {text: shared.tag(text.split()) for text in from_the(number)})
    assert found == [expected] * THREADS


def test_the_first_text_of_a_process(model):
    code = (
        "import sys, threading\n"
        "from ner_window import Tagger\n"
        "sys.setswitchinterval(1e-6)\n"
        f"tagger = Tagger.load({str(model)!r})\n"
        f"barrier, found = threading.Barrier({THREADS}), []\n"
        "def run():\n"
        "    barrier.wait()\n"
        "    found.append(tagger.entities('Elena Markovic said that she cannot fly to Berlin.'))\n"
        f"threads = [threading.Thread(target=run) for _ in range({THREADS})]\n"
        "[thread.start() for thread in threads], [thread.join() for thread in threads]\n"
        f"assert len(found) == {THREADS} and all(its == found[0] != [] for its in found), found\n"
        "import nltk; assert nltk.word_tokenize\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
