"""A cluster that cannot be had is refused in seconds, in one sentence: by a plain connection, before Ray is asked."""

from __future__ import annotations

import importlib.util
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract.project import ProjectFolder
from engine.contract.text.messages import UserError
from engine.fleet import reaching
from engine.fleet.opening import checked, opened

with_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed (make setup FLEET=1)"
)


@pytest.fixture
def deaf() -> Iterator[str]:
    """The address of something that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "token"
    file.write_text("a" * 64)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(file))
    return file


def refused(address: str) -> tuple[str, str]:
    with pytest.raises(UserError) as error:
        reaching.refuse_unreachable(address)
    return error.value.message.code, error.value.message.text()


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_that_an_address_where_nothing_listens_is_refused_before_ray_is_asked(
    tmp_path: Path, token: Path, scheme: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"{scheme}127.0.0.1:{server.getsockname()[1]}"
    began = time.monotonic()
    with pytest.raises(UserError) as error, opened(address, ProjectFolder(tmp_path)):
        pass
    assert error.value.message.code == "fleet.nobody_there" and address in error.value.message.text()
    assert time.monotonic() - began < 60, "Ray itself takes minutes"


def test_that_a_host_that_nobody_knows_is_refused_by_its_name(token: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    code, text = refused("head.nowhere:6379")
    assert code == "fleet.nobody_there" and "head.nowhere:6379: Name or service not known" in text


@pytest.mark.parametrize("word", ["head:0", "head:70000", "ray://head:65536", "[::1]:99999"])
def test_that_a_port_that_cannot_be_is_refused_as_such(word: str) -> None:
    with pytest.raises(UserError) as error:
        checked(word)
    assert error.value.message.code == "fleet.no_port" and "65535" in error.value.message.text()


def test_that_a_token_that_is_not_there_is_told_as_such(
    deaf: str, token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token.unlink()
    code, text = refused(deaf)
    assert code == "fleet.no_token_file" and str(token) in text
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH")
    assert refused(deaf)[0] == "fleet.no_token"
    monkeypatch.setattr(reaching, "_answer", lambda _: None)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    reaching.refuse_unreachable(deaf)


@with_ray
def test_that_what_listens_but_is_no_head_of_ray_is_refused_after_a_while(
    deaf: str, token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "ASK_S", 0.2)
    code, text = refused(deaf)
    assert code == "fleet.no_head" and deaf in text


@with_ray
def test_that_another_token_than_the_clusters_is_told_without_a_line_of_rays_own(
    tmp_path: Path, token: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with opened("ray", ProjectFolder(tmp_path)):
        import ray

        address = ray.get_runtime_context().gcs_address
        reaching.refuse_unreachable(address)
        monkeypatch.setitem(os.environ, "RAY_AUTH_TOKEN", "b" * 64)
        capfd.readouterr()
        code, text = refused(address)
        assert code == "fleet.wrong_token" and address in text and "b" * 64 not in text
        assert capfd.readouterr().err == ""
