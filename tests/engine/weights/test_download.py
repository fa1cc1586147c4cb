"""Downloads: resumed, checked, stopped, through proxies and mirrors; a server on this machine plays the other side."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract.run.events import Event, Notice, Stage
from engine.contract.text.address import check_address, check_sha256, is_address, short_name
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.run.context import JobContext
from engine.weights.download import Fetched, fetch, fetch_start, weights_cache
from engine.weights.mirrors import mirrored
from engine.weights.transfer import Limits
from tests.fakes.file_server import CERTIFICATE, Files, serving

CONTENT = random.Random(4).randbytes(700_000)
CHUNK = 1 << 14
SHA256 = hashlib.sha256(CONTENT).hexdigest()
QUICK = Limits(connect_s=2, stall_s=1, attempts=3, pause_s=0.01)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "ESPALIER_MIRROR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def files() -> Iterator[Files]:
    """A server with one file under every name."""
    with serving(Files(content=CONTENT)) as held:
        yield held


def get(files: Files, **more: object) -> Fetched:
    return fetch(files.address(), limits=QUICK, **more)  # type: ignore[arg-type]


def left_over() -> list[str]:
    """What lies in the cache beside whole files and locks."""
    return [path.name for path in weights_cache().iterdir() if path.suffix in (".part", ".json")]


def test_that_a_file_is_downloaded_once_and_its_progress_told(files: Files) -> None:
    told: list[tuple[int, int | None]] = []
    files.pause_s = 0.02
    got = get(files, tell=lambda done, total: told.append((done, total)))
    assert got.fresh and got.sha256 == SHA256 and got.path.read_bytes() == CONTENT
    assert got.path.parent == weights_cache() and got.path.name.endswith("-w.pdparams") and left_over() == []
    assert told[-1] == (len(CONTENT), len(CONTENT)) and told == sorted(told, key=lambda pair: pair[0])
    again = get(files)
    assert again == Fetched(got.path, SHA256, fresh=False)
    assert len(files.asked) == 1 and files.asked[0][1]["accept-encoding"] == "identity"


def test_that_a_broken_connection_is_taken_up_where_it_broke(files: Files) -> None:
    files.cuts = [6 * CHUNK, 15 * CHUNK]
    assert get(files).path.read_bytes() == CONTENT
    assert files.ranges_asked() == [None, f"bytes={6 * CHUNK}-", f"bytes={21 * CHUNK}-"]
    assert all(headers["if-range"] == '"one"' for _, headers in files.asked[1:])


def test_that_a_download_goes_on_in_a_later_attempt(files: Files) -> None:
    files.cuts = [20 * CHUNK, 0, 0, 0]
    with pytest.raises(JobFailed, match="0.3 MB are kept"):
        get(files)
    files.cuts, files.asked = [], []
    got = get(files, sha256=SHA256)
    assert got.path.read_bytes() == CONTENT and got.resumed_at == 20 * CHUNK and left_over() == []
    assert files.ranges_asked() == [f"bytes={20 * CHUNK}-"]


@pytest.mark.parametrize("change", ["etag", "deaf to if-range", "no ranges", "no mark", "weak mark"])
def test_that_a_part_of_another_version_is_never_used(files: Files, change: str) -> None:
    files.etag = {"no mark": None, "weak mark": 'W/"one"'}.get(change, files.etag)
    files.cuts = [300_000, 0, 0, 0]
    with pytest.raises(JobFailed):
        get(files)
    files.cuts, files.asked = [], []
    files.content = CONTENT[::-1]
    if change in ("etag", "deaf to if-range"):
        files.etag, files.heeds_if_range = '"two"', change == "etag"
    files.ranges = change != "no ranges"
    assert get(files).path.read_bytes() == CONTENT[::-1]
    assert len(files.asked) == (2 if change == "deaf to if-range" else 1)


def test_that_the_time_of_the_last_change_is_a_mark_too(files: Files) -> None:
    files.etag, files.changed = None, "Wed, 18 Nov 2020 08:00:00 GMT"
    files.cuts = [100_000]
    assert get(files).path.read_bytes() == CONTENT
    assert files.asked[1][1]["if-range"] == files.changed


def test_that_a_file_that_became_shorter_is_loaded_anew(files: Files) -> None:
    files.cuts = [300_000, 0, 0, 0]
    with pytest.raises(JobFailed):
        get(files)
    files.cuts, files.content, files.heeds_if_range = [], CONTENT[:1000], False
    assert get(files).path.read_bytes() == CONTENT[:1000]


def test_that_a_wrong_checksum_keeps_nothing(files: Files) -> None:
    with pytest.raises(UserError, match=f"(?s)w.pdparams has the SHA-256 {SHA256} and not {'0' * 64}"):
        get(files, sha256="0" * 64)
    assert left_over() == [] and not list(weights_cache().glob("*.pdparams"))
    got = get(files)
    files.content = CONTENT[::-1]
    other = hashlib.sha256(files.content).hexdigest()
    assert get(files, sha256=other).sha256 == other and got.path.read_bytes() == files.content


@pytest.mark.parametrize(("length", "ends"), [(800_000, JobFailed), (700_000_000_000, UserError)])
def test_that_a_server_that_lies_about_the_length_is_found_out(files: Files, length: int, ends: type) -> None:
    files.length = length
    with pytest.raises(ends, match="w.pdparams"):
        get(files)
    assert not list(weights_cache().glob("*.pdparams"))


def test_that_a_stream_without_end_is_cut_off(files: Files) -> None:
    files.length = None
    with pytest.raises(UserError, match="0.0 GB"):
        fetch(files.address(), limits=Limits(max_bytes=200_000))
    assert left_over() == []
    assert get(files).path.read_bytes() == CONTENT  # without a length, but not too long


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"status": [404]}, "404"),
        ({"status": [403]}, "netrc"),
        ({"kind": "text/html; charset=utf-8"}, "web page"),
        ({"packed": "gzip"}, "packed"),
    ],
)
def test_that_an_answer_that_is_no_file_is_refused(files: Files, behaviour: dict[str, object], words: str) -> None:
    for name, value in behaviour.items():
        setattr(files, name, value)
    with pytest.raises(UserError, match=words):
        get(files)
    assert len(files.asked) == 1 and not list(weights_cache().glob("*.pdparams"))


def test_that_a_busy_server_is_asked_again(files: Files) -> None:
    files.status = [503, 429]
    assert get(files).path.read_bytes() == CONTENT
    files.status = [503] * 9
    with pytest.raises(JobFailed, match="503"):
        fetch(files.address("other.pdparams"), limits=QUICK)


def test_that_nobody_there_and_a_silent_server_are_told_apart_from_bad_input(files: Files) -> None:
    with serving(Files()) as gone:
        address = gone.address()
    with pytest.raises(JobFailed, match="refused"):
        fetch(address, limits=QUICK)
    files.pause_s = 5
    with pytest.raises(JobFailed, match="timed out"):
        fetch(files.address(), limits=Limits(stall_s=0.2, attempts=1))


def test_that_a_download_stops_at_once_even_while_the_server_is_silent(files: Files) -> None:
    files.pause_s = 60
    ends = time.monotonic() + 0.3

    def check() -> None:
        if time.monotonic() > ends:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(files.address(), limits=Limits(stall_s=90), check=check)
    assert time.monotonic() < ends + 50, "it waited for the server"


@pytest.mark.parametrize("name", ["权重" * 60 + ".pdparams", "%E6%9D%83..%2F..%2Fx.pdparams"])
def test_that_any_name_becomes_one_of_the_cache(files: Files, name: str) -> None:
    got = fetch(files.address(name), limits=QUICK)
    assert got.path.read_bytes() == CONTENT and got.path.parent == weights_cache()


def test_that_two_at_once_download_once(files: Files) -> None:
    files.pause_s = 0.03
    found: list[Fetched] = []
    threads = [threading.Thread(target=lambda: found.append(get(files))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got.fresh for got in found) == [False, False, True] and len(files.asked) == 1


def test_that_a_proxy_of_the_environment_is_asked(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{files.port}")
    address = "http://weights.example.com/yolo/w.pdparams"
    assert fetch(address, limits=QUICK).path.read_bytes() == CONTENT
    assert [path for path, _ in files.asked] == [address]


def test_that_encryption_is_checked_tunnelled_and_kept(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Files(content=CONTENT, secret=True)) as secret:
        with pytest.raises(JobFailed, match="(?i)certificate"):
            get(secret)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
        secret.moved = {"/files/open.pdparams": files.address()}
        with pytest.raises(UserError, match="without encryption"):
            fetch(secret.address("open.pdparams"), limits=QUICK)
        assert files.asked == []
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{files.port}")
        assert get(secret).path.read_bytes() == CONTENT
        assert [path for path, _ in files.asked] == [f"127.0.0.1:{secret.port}"]


def test_that_a_mirror_is_asked_instead(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    here = f"http://127.0.0.1:{files.port}/mirror"
    monkeypatch.setenv("ESPALIER_MIRROR", f"https://a.example.com=http://b.example.com https://a.example.com/x={here}")
    assert fetch("https://a.example.com/x/y/w.pdparams", limits=QUICK).path.read_bytes() == CONTENT
    assert [path for path, _ in files.asked] == ["/mirror/y/w.pdparams"]
    assert mirrored("https://a.example.com/w") == "http://b.example.com/w"
    assert mirrored("https://a.example.com.evil.example/w") == "https://a.example.com.evil.example/w"
    monkeypatch.setenv("ESPALIER_MIRROR", "nonsense")
    with pytest.raises(UserError, match="ESPALIER_MIRROR holds 'nonsense'"):
        fetch(files.address("z.pdparams"), limits=QUICK)


def test_that_a_redirection_is_followed_but_not_for_ever(files: Files) -> None:
    files.moved = {"/files/old.pdparams": files.address(), "/files/round.pdparams": files.address("round.pdparams")}
    assert fetch(files.address("old.pdparams"), limits=QUICK).path.read_bytes() == CONTENT
    with pytest.raises(JobFailed, match="redirects"):
        fetch(files.address("round.pdparams"), limits=QUICK)
    files.moved = {"/files/old2.pdparams": "file:///etc/hostname"}
    with pytest.raises(JobFailed, match="old2"):
        fetch(files.address("old2.pdparams"), limits=QUICK)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://example.com/w.pdparams", "ftp"),
        ("file:///tmp/w.pdparams", "path of a file"),
        ("https:///w.pdparams", "not an address"),
        ("https://example.com:port/w.pdparams", "not an address"),
        ("https://[::1/w.pdparams", "not an address"),
        ("https://example.com/a b.pdparams", "not an address"),
        ("https://me:secret@example.com/w.pdparams", "netrc"),
        ("https://example.com/w.zip", "does not end in"),
        ("https://example.com/", "does not end in"),
    ],
)
def test_that_a_wrong_address_is_refused_before_anything_is_asked(address: str, words: str) -> None:
    assert is_address(address)
    with pytest.raises(UserError, match=words) as caught:
        check_address(address)
    assert "secret" not in str(caught.value)


def test_that_a_start_is_told_of_and_checked_wherever_it_lies(files: Files, tmp_path: Path) -> None:
    events: list[Event] = []
    context, address = JobContext(tmp_path, events.append), files.address()
    found = [fetch_start(start, None, context) for start in (f"{address}#sha256={SHA256}", address)]
    assert not any(isinstance(event, Notice) for event in events)
    for start in found:
        start.tell()
    path = found[0].path
    assert path.read_bytes() == CONTENT and path == found[1].path == fetch_start(str(path), SHA256, context).path
    for place, digest in ((str(path), "0" * 64), (f"{address}#sha256={'0' * 64}", None)):
        with pytest.raises(UserError, match="0" * 64):
            fetch_start(place, digest, context)
    assert [event.message.code for event in events if isinstance(event, Notice)] == ["download.done", "download.kept"]
    assert not any("#" in event.text for event in events if isinstance(event, Notice | Stage))


def test_that_names_and_checksums_are_read_as_people_write_them() -> None:
    assert check_address("https://example.com/a/b%20c.pdparams?x=1#y") == "b c.pdparams"
    assert not any(map(is_address, ("runs/0001", "/a/b.pdparams", "0001", "c:file.pdparams")))
    assert check_sha256(f" SHA256:{SHA256.upper()}\n".replace("SHA256:", "sha256:")) == SHA256
    for wrong in (lambda: check_sha256("12"), lambda: check_address("https://example.com/w.pdparams#sha256=12")):
        with pytest.raises(UserError, match="12 is not a SHA-256"):
            wrong()
    assert short_name("https://example.com/a/w.pdparams?x=1#sha256=0") == "w.pdparams"
    assert short_name("/runs/0001-train") == "0001-train"
