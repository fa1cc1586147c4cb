"""The main job from the command line on a dozen pictures: every verb, in a user's order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import SHORT, SMALL, Session, Trained


def figures(document: dict[str, Any]) -> dict[str, float]:
    """Values by name, of all classes together."""
    return {f["name"]: f["value"] for f in document["figures"] if f["name"] != "map_class"}


def test_that_a_session_from_data_to_int8_works(tmp_path: Path, run: Session, trained: Trained) -> None:
    pictures, project, base = trained
    assert {"map", "map50", "macs", "params"} <= figures(base).keys()
    told = run("preview", project, "ssdlite-phone")
    compressed = run("compress", project, "ssdlite-phone", "--from", base["run"], *SHORT, *SMALL)
    assert len(compressed["runs"]) == 2
    for name in ("macs", "conv_macs", "params"):
        assert figures(compressed)[name] == figures(told)[name] < figures(base)[name]
    last = compressed["run"]
    tested = run("evaluate", project, last, "--split", "test")
    of_int8 = [f for f in tested["figures"] if f["name"] == "map"]
    assert of_int8[0]["conditions"]["precision"] == "int8" and of_int8[0]["source"] == "measured"
    in_lite = run("evaluate", project, last, "--split", "test", "--runtime", "lite")
    assert {f["conditions"]["runtime"] for f in in_lite["figures"] if f["name"] == "map"} == {"Paddle Lite 2.13rc0 x86"}
    image = next((pictures / "images" / "test").iterdir())
    found = run("predict", project, last, image, "-o", tmp_path / "drawn", "--threshold", "0")
    assert Path(found["pictures"][0]["drawn"]).is_file()
    out = tmp_path / "phone"
    exported = run("export", project, last, "--target", "arm", "--precision", "int8", "-o", out)
    assert figures(exported)["nb_bytes"] == (out / "model.nb").stat().st_size
    card = json.loads((out / "model.json").read_text(encoding="utf-8"))
    assert card["convolutions"]["int8"] > 20
    assert [entry["name"] for entry in card["inputs"]] == ["im_shape", "image", "scale_factor"]
    measured = run("host-bench", project, base["run"], last)
    assert {f["conditions"]["subject"] for f in measured["figures"]} == {base["run"], last}
    shown = run("show", project)
    names = {f["name"] for f in shown["runs"][2]["figures"]}
    assert {"host_ms_network", "host_ms_total", "nb_bytes"} <= names, "kept by the jobs that measured them"
    assert [entry["run"] for entry in shown["runs"]] == [base["run"], *compressed["runs"]]
    assert shown["runs"][2]["parent"] == compressed["runs"][0]


def test_that_sensitivity_is_measured_kept_and_answered_with_a_recipe(
    tmp_path: Path, run: Session, trained: Trained
) -> None:
    _, project, base = trained
    recipe = tmp_path / "spare.json"
    groups = ["backbone.conv14.pointwise_conv.conv", "backbone.conv14.normal_conv.conv"]
    words = ("sensitivity", project, base["run"], "--ratios", "0.5", "0.75", "--groups", *groups)
    told = run(*words, "--macs", "0.95", "-o", recipe)
    assert set(told["groups"]) == set(groups)
    assert all(set(losses["losses"]) == {"0.5", "0.75"} for losses in told["groups"].values())
    assert sum(told["proposal"].values()) > 0 and figures(told)["conv_macs"] <= 0.95 * figures(base)["conv_macs"]
    assert figures(run("preview", project, recipe))["conv_macs"] == figures(told)["conv_macs"]
    kept = sorted((project / "runs" / base["run"] / "sensitivity").rglob("*.json"))
    times = [file.stat().st_mtime_ns for file in kept]
    again = run(*words)
    assert again["groups"] == told["groups"] and again["proposal"] is None
    known = run(*words, "--known", "--macs", "0.95")
    assert known["proposal"] == told["proposal"] == known["params"]["ratios"] and known["left"]["macs"] <= 0.95
    assert [file.stat().st_mtime_ns for file in kept] == times

    ranked = run("sensitivity", project, base["run"], "--int8", "--pictures", "4", "--above", "0.0001", "-o", recipe)
    errors = [layer["error"] for layer in ranked["layers"]]
    assert errors == sorted(errors, reverse=True) and ranked["pictures"] == 4
    steps = json.loads(recipe.read_text(encoding="utf-8"))["steps"]
    worst = [layer["layer"] for layer in ranked["layers"] if layer["error"] > 0.0001]
    assert steps == [{"technique": "quant_aware", "params": {"keep_float": worst}}] and worst


def test_that_post_training_quantisation_is_evaluated_as_what_it_exports(
    tmp_path: Path, run: Session, trained: Trained
) -> None:
    _, project, base = trained
    recipe = tmp_path / "post.json"
    steps = [{"technique": "quant_post", "params": {"pictures": 4}}]
    recipe.write_text(json.dumps({"name": "post", "steps": steps}), encoding="utf-8")
    done = run("compress", project, recipe, "--from", base["run"])
    precision = {f["conditions"].get("precision") for f in done["figures"] if f["name"] == "map"}
    assert precision == {"int8"}
    out = tmp_path / "x86"
    run("export", project, done["run"], "--target", "x86", "--precision", "int8", "-o", out)
    assert json.loads((out / "model.json").read_text(encoding="utf-8"))["convolutions"]["int8"] > 10
