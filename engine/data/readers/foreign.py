"""Annotations that are not read: whose they are, so that a refusal can say what to export instead."""

from __future__ import annotations

import re

from engine.data.files import SourceFiles
from engine.data.readers.voc_xml import root_tag

_JSON = (
    ("COCO results", re.compile(rb'^\s*\[\s*\{[^{}]*"image_id"[^{}]*"score"')),
    ("VGG Image Annotator", re.compile(rb'"_via_|"shape_attributes"')),
    ("Label Studio", re.compile(rb'"rectanglelabels"|"completed_by"|"original_width"')),
    ("Supervisely", re.compile(rb'"classTitle"')),
    ("Labelbox", re.compile(rb'"Labeled Data"|"data_row"')),
    ("BDD100K / Scalabel", re.compile(rb'"box2d"')),
)
_XML = {"dataset": "dlib imglab", "opencv_storage": "OpenCV"}
_LOOKED_AT = 50


def owner(files: SourceFiles) -> tuple[str, str] | None:
    """A file with annotations of a kind that is not read, and what that kind is called."""
    for path in files.ending(".json")[:_LOOKED_AT]:
        raw = files.read(path)[: 1 << 20]
        for name, sign in _JSON:
            if sign.search(raw):
                return path, name
    for path in files.ending(".xml")[:_LOOKED_AT]:
        tag = root_tag(files.read(path))
        if tag:
            return path, _XML.get(tag, f"xml <{tag}>")
    for ending, name in ((".tfrecord", "TFRecord"), (".tfrecords", "TFRecord"), (".csv", "csv"), (".tsv", "tsv")):
        for path in files.ending(ending):
            return path, name
    return None
