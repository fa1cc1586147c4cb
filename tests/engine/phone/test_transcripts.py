"""What Paddle Lite's benchmark_bin prints, on transcripts written by hand in its new and old format."""

from __future__ import annotations

import numpy as np
import pytest

from engine.phone.faults import PhoneFault
from engine.phone.parity import detections_of
from engine.phone.transcript import parse_outputs, parse_perf

NEW = """
======= Device Info =======
Brand: Xiaomi
Model: MI 9

======= Model Info =======
optimized_model_file: /data/local/tmp/model.nb
input_shape: 1,2:1,3,96,96:1,2
output tensor num: 2
--- output tensor 0 ---
output shape(NCHW): 2 6
output tensor 0 elem num: 12
output tensor 0 mean value: 3.5
output tensor 0 standard deviation: 1
out[0][0]:1
out[0][1]:0.9
out[0][2]:10.5
out[0][3]:20
out[0][4]:30
out[0][5]:1.5e+02
out[0][6]:-1
out[0][7]:0
out[0][8]:0
out[0][9]:0
out[0][10]:0
out[0][11]:0

--- output tensor 1 ---
output shape(NCHW): 1
output tensor 1 elem num: 1
out[1][0]:2.8026e-45

======= Runtime Info =======
benchmark_bin version: v2.13-rc
threads: 4
warmup: 10
repeats: 50

======= Backend Info =======
backend: arm
cpu precision: fp16

======= Perf Info =======
Time(unit: ms):
init  = 12.345      |
first = 40.100      |
min   = 20.000      |
max   = 25.500      |
avg   = 21.250      |

Memory Usage(unit: MB):
init  = 10.000      |
peak  = 64.500      |
""".replace("|", "")  # the tool fills up numbers with blanks, which no editor would keep
OLD = "[I 12/ 1 10:11:12.1 benchmark.cc:30] mobilenet_v1, min = 29.12, max = 31.5, average = 30.24\n"


def test_the_new_format_is_read() -> None:
    perf = parse_perf(NEW)
    told = (perf.init, perf.first, perf.minimum, perf.maximum, perf.average, perf.peak_mb, perf.version)
    assert told == (12.345, 40.1, 20.0, 25.5, 21.25, 64.5, "v2.13-rc")
    rows, count = parse_outputs(NEW)
    assert rows.shape == (2, 6) and rows[0].tolist() == [1, np.float32(0.9), 10.5, 20, 30, 150] and count.shape == (1,)
    assert detections_of(NEW)[:, 0].tolist() == [1]


def test_the_new_format_is_read_with_units_and_lines_of_a_log_between() -> None:
    noisy = NEW.replace("20.000", "20.000 ms").replace("max   =", "[I 12/ 1 10:11 x.cc:3] on\nmax   =")
    assert parse_perf(noisy.replace("\n", "\r\n")) == parse_perf(NEW)


def test_the_old_format_is_read() -> None:
    perf = parse_perf(OLD)
    assert (perf.minimum, perf.maximum, perf.average, perf.version) == (29.12, 31.5, 30.24, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "min = nan max = -1",
        NEW.split("max   =")[0],
        NEW.replace("avg   = 21.250", "avg   = 99.0"),
        OLD.replace("29.12", "0"),
    ],
)
def test_times_that_cannot_be_true_are_garbage(text: str) -> None:
    with pytest.raises(PhoneFault) as caught:
        parse_perf(text)
    assert caught.value.code == "phone.garbage" and not caught.value.fatal


@pytest.mark.parametrize(
    "text",
    [
        OLD,
        NEW.replace("out[0][3]:20\n", ""),
        NEW.replace("]:30", "]:garbage"),
        NEW.replace("[0][3]", f"[0][{'9' * 5000}]"),
    ],
)
def test_outputs_that_are_not_whole_are_refused(text: str) -> None:
    with pytest.raises(PhoneFault) as caught:
        parse_outputs(text)
    assert caught.value.code == "phone.no_outputs"
