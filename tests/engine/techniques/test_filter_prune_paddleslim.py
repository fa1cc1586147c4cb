from __future__ import annotations

import numpy as np
import pytest

from engine.graph.criteria import Weight, fpgm_scores, weakest
from engine.techniques.filter_prune import YOLO_HEAD, FilterPrune
from tests.engine.small_detectors import context_of, fresh, stir
from tests.engine.techniques.paddleslim_side import fpgm_pruner, prune

KEY = "yolov3_mobilenet_v3_large"
# The finest level's convolutions have up to 256 filters; the whole head is compared by `make bench`.
RATIOS = dict(zip(YOLO_HEAD[12:], (0.5, 0.875, 0.75, 0.3, 0.61, 0.8), strict=True))


@pytest.mark.parametrize("trained", [False, True])
def test_head_is_cut_as_paddleslim_cuts_it(trained: bool) -> None:
    theirs, config = fresh(KEY)
    if trained:
        stir(theirs)
    ours, _ = fresh(KEY)
    ours.set_state_dict(theirs.state_dict())
    prune(fpgm_pruner(theirs, config), theirs, RATIOS)
    record = FilterPrune({"ratio": 0, "ratios": RATIOS}).transform(ours, context_of(KEY))
    assert [entry["group"] for entry in record["groups"]] == list(RATIOS)
    expected = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        assert np.array_equal(parameter.numpy(), expected[name].numpy()), name


def slow_scores(weight: Weight) -> np.ndarray:
    """PaddleSlim's own arithmetic, filter by filter, in single precision."""
    from paddleslim.dygraph.prune.fpgm_pruner import FPGMFilterPruner

    return np.array([FPGMFilterPruner.get_distance_sum(None, weight, i) for i in range(len(weight))])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-5])
def test_filters_far_apart_and_almost_equal_are_ranked_as_paddleslim_ranks_them(spread: float) -> None:
    generator = np.random.default_rng(1)
    base = generator.normal(size=(1, 24, 3, 3))
    weight = (base + spread * generator.normal(size=(96, 24, 3, 3))).astype(np.float32)
    reference = slow_scores(weight)
    assert np.allclose(fpgm_scores(weight), reference, rtol=1e-6)
    for count in range(1, 96):
        assert weakest(weight, count, "fpgm") == sorted(reference.argsort()[:count].tolist())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_where_rounding_alone_decides_it_decides_as_in_paddleslim() -> None:
    # Filters at right angles to each other are all equally far apart.
    turned = np.linalg.qr(np.random.default_rng(2).normal(size=(216, 216)))[0][:96]
    weight = turned.astype(np.float32).reshape(96, 24, 3, 3)
    reference, exact = slow_scores(weight), fpgm_scores(weight)
    assert sorted(exact.argsort()[:48].tolist()) != sorted(reference.argsort()[:48].tolist())
    for count in range(1, 96):
        assert weakest(weight, count, "fpgm") == sorted(reference.argsort()[:count].tolist())


def test_fpgm_takes_the_filters_nearest_to_all_others() -> None:
    weight = np.array([0.0, 10.0, 4.0, 5.0, 6.0], np.float32).reshape(5, 1, 1, 1)
    assert weakest(weight, 1, "fpgm") == [3]
    assert weakest(weight, 3, "fpgm") == [2, 3, 4]


def test_l1_takes_the_filters_of_least_magnitude() -> None:
    weight = np.array([[3, -3], [0.5, -1], [0, 2], [-9, 0]], np.float32).reshape(4, 2, 1, 1)
    assert weakest(weight, 2, "l1") == [1, 2]
