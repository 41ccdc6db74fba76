"""On real workers of this machine, and a real scheduler."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from distributed import Client
from threadpoolctl import threadpool_info

from ner_window.cluster import SETTINGS, do_all, local, remote, tell
from ner_window.errors import ClusterError, NerWindowError
from ner_window.threads import THREADS


def square(x):
    waited_for = tell(["square of", x])
    return x * x, waited_for, os.environ["OMP_NUM_THREADS"], [pool["num_threads"] for pool in threadpool_info()]


def settings(names):
    import dask

    return {name: dask.config.get(name) for name in names}


def fail(x):
    raise NerWindowError(f"{x}: wrong")


def die(x):
    os.kill(os.getpid(), signal.SIGKILL)


def wait_until_unwanted(path):
    while tell("still here"):
        time.sleep(0.05)
    path.touch()


@pytest.fixture
def client(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    with local(2) as client:
        yield client
    assert os.environ["OMP_NUM_THREADS"] == "4"
    assert "MKL_NUM_THREADS" not in os.environ


def test_workers_have_the_settings(client):
    assert list(client.run(settings, list(SETTINGS)).values()) == [SETTINGS] * 2


def test_workers_give_results_tell_and_share_the_threads(client):
    found, told = {}, []
    for key, value in do_all(client, square, {"a": (2,), "b": (3,)}):
        if key:
            found[key] = value
        elif value:
            told.append(value)
    assert {key: value[:3] for key, value in found.items()} == {"a": (4, True, "2"), "b": (9, True, "2")}
    assert all(count <= 2 for value in found.values() for count in value[3])
    assert sorted(told) == [("square of", 2), ("square of", 3)]


def test_an_exception_and_a_dead_worker_are_results_and_the_others_go_on(client):
    assert str(dict(do_all(client, fail, {"a": (1,)}))["a"]) == "1: wrong"
    found = dict(do_all(client, die, {"a": (1,)}))
    assert isinstance(found["a"], Exception)
    assert "worker" in str(found["a"]).casefold()
    assert dict(do_all(client, square, {"a": (5,)}))["a"][0] == 25


def test_work_that_nobody_waits_for_can_know_it(client, tmp_path):
    steps = do_all(client, wait_until_unwanted, {"a": (tmp_path / "left",)})
    assert ("", "still here") in (next(steps) for _ in range(50))
    steps.close()
    deadline = time.monotonic() + 20
    while not (tmp_path / "left").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (tmp_path / "left").exists()


def test_workers_end_with_the_process_that_started_them(tmp_path):
    code = (
        "import os, time\nfrom ner_window.cluster import local\n"
        "if __name__ == '__main__':\n    with local(2) as client:\n"
        "        print(*client.run(os.getpid).values(), flush=True)\n        time.sleep(60)\n"
    )
    (tmp_path / "start.py").write_text(code)
    process = subprocess.Popen([sys.executable, tmp_path / "start.py"], stdout=subprocess.PIPE, text=True, stderr=-3)
    workers = [int(pid) for pid in process.stdout.readline().split()]
    assert len(workers) == 2
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while any(map(_is_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_is_alive, workers))


def _is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123
            return file.read().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.fixture
def scheduler(tmp_path):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), "--no-dashboard"]
    process = subprocess.Popen([*command, "--host", "127.0.0.1"], stderr=subprocess.DEVNULL, cwd=tmp_path)
    yield f"tcp://127.0.0.1:{port}"
    process.kill()
    process.wait()


def test_a_scheduler_without_workers_or_none_at_all_is_refused(scheduler, monkeypatch):
    with (
        pytest.raises(ClusterError, match="the scheduler has no workers; start some with: dask worker"),
        remote(scheduler),
    ):
        pass
    monkeypatch.setattr("ner_window.cluster.PATIENCE", 1)
    with pytest.raises(ClusterError, match=r"127.0.0.1:9: no scheduler answers: "), remote("tcp://127.0.0.1:9"):
        pass


@pytest.fixture
def worker(scheduler, tmp_path):
    command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--nthreads", "1", "--no-dashboard"]
    process = subprocess.Popen([*command, "--no-nanny", "--host", "127.0.0.1"], stderr=subprocess.DEVNULL, cwd=tmp_path)
    with Client(scheduler) as client:
        client.wait_for_workers(1, timeout=30)
    yield process
    process.kill()
    process.wait()


def test_workers_of_a_running_cluster_do_the_work(scheduler, worker):
    with remote(scheduler) as client:
        assert dict(do_all(client, pow, {"a": (2, 5)}))["a"] == 32


def test_workers_of_other_versions_are_refused(scheduler, worker, monkeypatch):
    monkeypatch.setattr("numpy.__version__", "9.9")
    message = r"tcp://.*: expected numpy 9.9 as here, got \d.*; install it there"
    with pytest.raises(ClusterError, match=message), remote(scheduler):
        pass
