from ner_window.threads import THREADS, divided


def test_workers_share_the_threads_that_the_user_gave(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    assert divided(2) == dict.fromkeys(THREADS, "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert divided(3) == dict.fromkeys(THREADS, "2")
    assert divided(9) == dict.fromkeys(THREADS, "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert divided(2) == dict.fromkeys(THREADS, "1")
