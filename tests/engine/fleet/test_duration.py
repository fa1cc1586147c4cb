"""How long a fleet takes for all that it is given, by how long each takes."""

from __future__ import annotations

from engine.fleet.duration import until_done
from engine.fleet.piece import Demand, Node

TWO = (Node("a", 2, 8000),)


def test_that_what_fits_side_by_side_is_done_so_and_the_rest_behind_it() -> None:
    ones = [(Demand(1, 100), seconds) for seconds in (10.0, 4.0, 5.0)]
    assert until_done(ones, TWO) == 10
    assert until_done(ones, (*TWO, Node("b", 1, 8000))) == 10
    assert until_done(ones, TWO, at_once=1) == 19
    assert until_done([(Demand(2, 100), 10.0), *ones], TWO) == 20
    assert until_done([(Demand(1, 5000), 10.0), (Demand(1, 5000), 10.0)], TWO) == 20


def test_that_nothing_is_told_of_what_no_machine_holds_nor_where_only_the_fleet_knows_its_machines() -> None:
    assert until_done([(Demand(3), 1.0)], TWO) is None and until_done([(Demand(1), 1.0)], ()) is None
