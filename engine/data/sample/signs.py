"""The faces of the sample's six classes, each with its variants; all of them drawn here."""

from __future__ import annotations

from functools import cache

import numpy as np

from engine.data.sample.shapes import Canvas, Colour, Face, Floats, rectangle, regular, rounded

SAMPLE_CLASSES: tuple[str, ...] = ("stop", "give_way", "speed_limit", "no_entry", "priority", "crossing")
"""Class names in the order of their category ids, which start at 1."""

WHITE: Colour = (240, 242, 243)
BLACK: Colour = (28, 26, 26)
RED: Colour = (38, 28, 196)
YELLOW: Colour = (20, 190, 246)
BLUE: Colour = (176, 88, 18)

Faces = tuple[Face, ...]


def circle(radius: float = 1.0) -> Floats:
    """A circle as a polygon of 72 corners."""
    return regular(72, radius=radius)


def triangle(scale: float, point_down: bool) -> Floats:
    """A road sign's rounded triangle, about its own middle, shrunk towards it by `scale`."""
    corners = regular(3, 180.0 if point_down else 0.0) + np.array(
        [0.0, -0.25 if point_down else 0.25], dtype=np.float32
    )
    outline = rounded(corners, 0.09) * np.float32(1.12)
    centre = outline.mean(0)
    return np.asarray((outline - centre) * scale + centre, dtype=np.float32)


def stop() -> Faces:
    """A red octagon with a white rim and the word."""
    faces = []
    for rim, height in ((0.93, 0.3), (0.9, 0.34), (0.95, 0.27)):
        canvas = Canvas(regular(8, 22.5), WHITE)
        canvas.fill(regular(8, 22.5, rim), RED)
        canvas.text("STOP", (-0.74, -height, 0.74, height), 0.16, WHITE)
        faces.append(canvas.face())
    return tuple(faces)


def give_way() -> Faces:
    """A white triangle on its point with a broad red rim."""
    faces = []
    for inner in (0.55, 0.62, 0.68):
        canvas = Canvas(triangle(1.0, point_down=True), WHITE)
        canvas.fill(triangle(0.96, point_down=True), RED)
        canvas.fill(triangle(inner, point_down=True), WHITE)
        faces.append(canvas.face())
    return tuple(faces)


def speed_limit() -> Faces:
    """A white disc with a red ring and a number."""
    faces = []
    for number in ("20", "30", "40", "50", "60", "70", "80", "100", "120"):
        for ring in (0.74, 0.8):
            canvas = Canvas(circle(), WHITE)
            canvas.fill(circle(0.97), RED)
            canvas.fill(circle(ring), WHITE)
            half = 0.6 if len(number) == 3 else 0.5
            canvas.text(number, (-half, -0.36, half, 0.36), 0.17, BLACK)
            faces.append(canvas.face())
    return tuple(faces)


def no_entry() -> Faces:
    """A red disc with a white bar."""
    faces = []
    for half_width, half_height in ((0.68, 0.16), (0.72, 0.2), (0.62, 0.17)):
        canvas = Canvas(circle(), WHITE)
        canvas.fill(circle(0.95), RED)
        canvas.fill(rectangle(-half_width, -half_height, half_width, half_height), WHITE)
        faces.append(canvas.face())
    return tuple(faces)


def priority() -> Faces:
    """A yellow square on its corner within a white one."""
    faces = []
    for inner in (0.66, 0.72, 0.6):
        canvas = Canvas(rounded(regular(4), 0.1), BLACK)
        canvas.fill(rounded(regular(4, radius=0.96), 0.1), WHITE)
        canvas.fill(rounded(regular(4, radius=inner + 0.04), 0.06), BLACK)
        canvas.fill(rounded(regular(4, radius=inner), 0.06), YELLOW)
        faces.append(canvas.face())
    return tuple(faces)


def walker(canvas: Canvas, towards: float, colour: Colour) -> None:
    """A person in mid-step; `towards` is 1 for the right and -1 for the left."""
    canvas.fill(circle(0.1) + [0.0, -0.25], colour)
    canvas.line([(0.0, -0.12), (0.0, 0.14)], 0.15, colour)
    canvas.line([(0.0, 0.14), (towards * 0.17, 0.46)], 0.09, colour)
    canvas.line([(0.0, 0.14), (towards * -0.15, 0.46)], 0.09, colour)
    canvas.line([(0.0, -0.1), (towards * 0.2, 0.08)], 0.06, colour)
    canvas.line([(0.0, -0.1), (towards * -0.18, 0.1)], 0.06, colour)


def crossing() -> Faces:
    """A blue square with a walker on stripes within a white triangle."""
    faces = []
    for towards in (1.0, -1.0):
        for half in (0.8, 0.86):
            canvas = Canvas(rounded(rectangle(-0.88, -0.88, 0.88, 0.88), 0.12), WHITE)
            canvas.fill(rounded(rectangle(-0.83, -0.83, 0.83, 0.83), 0.1), BLUE)
            canvas.fill(regular(3, radius=half) * [1.0, 1.02] + [0.0, 0.22], WHITE)
            walker(canvas, towards, BLACK)
            for stripe in (-0.42, -0.14, 0.14, 0.42):
                canvas.fill(rectangle(stripe - 0.08, 0.5, stripe + 0.08, 0.57), BLACK)
            faces.append(canvas.face())
    return tuple(faces)


@cache
def sign_faces() -> tuple[Faces, ...]:
    """The variants of each class, in the order of `SAMPLE_CLASSES`."""
    return stop(), give_way(), speed_limit(), no_entry(), priority(), crossing()
