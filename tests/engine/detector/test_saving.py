"""A file that Paddle cannot write."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.text.messages import JobFailed


def test_that_a_program_that_cannot_be_written_is_told_with_its_file(tmp_path: Path) -> None:
    from engine.detector.base.runtime import prepare

    prepare()
    import paddle

    from engine.detector.network.saving import telling_refusals

    network = paddle.nn.Linear(2, 2)
    program = paddle.jit.to_static(network, input_spec=[paddle.static.InputSpec([1, 2])], full_graph=True)
    (tmp_path / "model.pdiparams").symlink_to(tmp_path / "nowhere" / "model.pdiparams")  # holds for root too
    with pytest.raises(JobFailed, match=r"model\.pdiparams could not be written"), telling_refusals():
        paddle.jit.save(program, str(tmp_path / "model"))


def test_that_a_program_of_which_half_was_written_is_told_with_its_file(tmp_path: Path) -> None:
    from engine.detector.base.runtime import prepare

    prepare()
    import paddle

    from engine.detector.network.saved_program import opened

    network = paddle.nn.Linear(2, 2)
    program = paddle.jit.to_static(network, input_spec=[paddle.static.InputSpec([1, 2])], full_graph=True)
    paddle.jit.save(program, str(tmp_path / "model"))
    whole = (tmp_path / "model.pdiparams").read_bytes()
    for size in (0, 20):
        (tmp_path / "model.pdiparams").write_bytes(whole[:size])
        with pytest.raises(JobFailed, match=r"model\.pdiparams could not be written"), opened(tmp_path):
            pass


def test_that_another_error_stays_what_it_is() -> None:
    from engine.detector.network.saving import telling_refusals

    with pytest.raises(RuntimeError, match="else"), telling_refusals():
        raise RuntimeError("something else")
