"""Faces that are no class of the sample: other signs, backs of signs and shop boards."""

from __future__ import annotations

from functools import cache

from engine.data.sample.shapes import Canvas, Colour, Face, rectangle, regular, rounded
from engine.data.sample.signs import BLACK, BLUE, RED, WHITE, YELLOW, Faces, circle, triangle

GREEN: Colour = (72, 128, 24)
ORANGE: Colour = (20, 120, 240)
BROWN: Colour = (40, 66, 110)
GREY: Colour = (138, 134, 130)
DARK_GREY: Colour = (84, 82, 80)


def ringed() -> list[Face]:
    """Discs with a red ring that are no speed limit: empty, crossed out, blue inside."""
    faces = []
    for inside, mark in ((WHITE, ""), (BLUE, "/"), (BLUE, "x"), (WHITE, "bar"), (WHITE, "arrow")):
        canvas = Canvas(circle(), WHITE)
        canvas.fill(circle(0.97), RED)
        canvas.fill(circle(0.76), inside)
        if mark in ("/", "x"):
            canvas.line([(-0.56, -0.56), (0.56, 0.56)], 0.17, RED)
        if mark == "x":
            canvas.line([(-0.56, 0.56), (0.56, -0.56)], 0.17, RED)
        if mark == "bar":
            canvas.fill(rounded(rectangle(-0.46, -0.14, 0.46, 0.2), 0.08), BLACK)
        if mark == "arrow":
            canvas.line([(0.0, 0.45), (0.0, -0.4), (-0.24, -0.1), (0.0, -0.4), (0.24, -0.1)], 0.15, BLACK)
        faces.append(canvas.face())
    return faces


def discs() -> list[Face]:
    """Blue and green discs with an arrow or a bar, and a grey one."""
    faces = []
    for colour in (BLUE, GREEN):
        canvas = Canvas(circle(), WHITE)
        canvas.fill(circle(0.94), colour)
        canvas.line([(0.0, 0.6), (0.0, -0.5), (-0.35, -0.1), (0.0, -0.5), (0.35, -0.1)], 0.2, WHITE)
        faces.append(canvas.face())
    canvas = Canvas(circle(), WHITE)
    canvas.fill(circle(0.94), BLUE)
    canvas.fill(rectangle(-0.66, -0.17, 0.66, 0.17), WHITE)
    faces.append(canvas.face())
    canvas = Canvas(circle(), GREY)
    for stripe in (-0.3, 0.0, 0.3):
        canvas.line([(-0.5 + stripe, 0.6), (0.5 + stripe, -0.6)], 0.08, BLACK)
    faces.append(canvas.face())
    return faces


def warnings() -> list[Face]:
    """Triangles on their base, and diamonds and octagons in colours of no class."""
    faces = []
    for ground in (WHITE, YELLOW):
        canvas = Canvas(triangle(1.0, point_down=False), RED)
        canvas.fill(triangle(0.64, point_down=False), ground)
        canvas.line([(0.0, -0.2), (0.0, 0.26)], 0.16, BLACK)
        canvas.fill(circle(0.09) + [0.0, 0.5], BLACK)
        faces.append(canvas.face())
    for ground, ink, word in ((ORANGE, BLACK, "WORK"), (GREEN, WHITE, "EXIT"), (WHITE, DARK_GREY, "P+R")):
        canvas = Canvas(rounded(regular(4), 0.1), ink)
        canvas.fill(rounded(regular(4, radius=0.93), 0.1), ground)
        canvas.text(word, (-0.55, -0.16, 0.55, 0.16), 0.12, ink)
        faces.append(canvas.face())
    for ground, word in ((BLUE, "TAXI"), (GREEN, "PARK"), (BROWN, "ZOO")):
        canvas = Canvas(regular(8, 22.5), WHITE)
        canvas.fill(regular(8, 22.5, 0.92), ground)
        canvas.text(word, (-0.66, -0.28, 0.66, 0.28), 0.14, WHITE)
        faces.append(canvas.face())
    return faces


def backs() -> list[Face]:
    """The bare metal backs of signs."""
    faces = []
    for outline in (circle(), triangle(1.0, point_down=True), regular(8, 22.5), rounded(regular(4), 0.1)):
        canvas = Canvas(outline, DARK_GREY)
        canvas.fill(outline * 0.95, GREY)
        canvas.fill(rectangle(-0.7, -0.36, 0.7, -0.26), DARK_GREY)
        canvas.fill(rectangle(-0.7, 0.1, 0.7, 0.2), DARK_GREY)
        faces.append(canvas.face())
    return faces


def squares() -> list[Face]:
    """Blue squares of other meaning."""
    faces = []
    outline = rounded(rectangle(-0.88, -0.88, 0.88, 0.88), 0.12)
    for word in ("P", "H", "i"):
        canvas = Canvas(outline, WHITE)
        canvas.fill(outline * 0.94, BLUE)
        width = 0.12 if word == "i" else 0.38
        canvas.text(word, (-width, -0.55, width, 0.55), 0.22, WHITE)
        faces.append(canvas.face())
    canvas = Canvas(outline, WHITE)
    canvas.fill(outline * 0.94, BLUE)
    canvas.line([(0.0, 0.7), (0.0, -0.25)], 0.24, WHITE)
    canvas.fill(rectangle(-0.55, -0.5, 0.55, -0.25), RED)
    faces.append(canvas.face())
    return faces


@cache
def other_signs() -> Faces:
    """Everything on a pole that looks like a sign and is no class of the sample."""
    return tuple(ringed() + discs() + warnings() + backs() + squares())


@cache
def shop_boards() -> Faces:
    """Wide boards with a word, as they hang over shops."""
    colours: list[tuple[Colour, Colour]] = [
        (RED, WHITE),
        (WHITE, RED),
        (BLUE, WHITE),
        (YELLOW, BLACK),
        (GREEN, WHITE),
        (BROWN, YELLOW),
        (WHITE, BLUE),
    ]
    words = ("CAFE", "HOTEL", "SHOP 24", "BAKERY", "BOOKS", "GARAGE", "SALE 50", "PIZZA", "BANK", "OPEN")
    faces = []
    for index, word in enumerate(words):
        ground, ink = colours[index % len(colours)]
        height = 0.28 + 0.05 * (index % 3)
        canvas = Canvas(rectangle(-1.0, -height, 1.0, height), ink)
        canvas.fill(rectangle(-0.97, -height + 0.03, 0.97, height - 0.03), ground)
        left = -0.85
        if index % 3 == 0:
            canvas.fill(circle(height * 0.7) + [-0.7, 0.0], ink)
            left = -0.42
        canvas.text(word, (left, -height * 0.6, 0.88, height * 0.6), 0.14, ink)
        faces.append(canvas.face())
    return tuple(faces)
