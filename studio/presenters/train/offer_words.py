"""What the buttons say that do something about a training that failed."""

from __future__ import annotations

from engine.contract.run.offers import Offer
from studio.i18n import tr
from studio.presenters.numbers import shown_value


def offer_text(offer: Offer) -> str:
    """The words on the button."""
    value = shown_value(offer.value)
    return {
        "lower_rate": tr("studio.train.offer_rate", rate=value),
        "from_best": tr("studio.train.offer_best", rate=value),
        "smaller_batch": tr("studio.train.offer_batch", batch=value),
    }[offer.kind]


def offer_tip(offer: Offer) -> str:
    """What pressing it does."""
    return {
        "lower_rate": tr("studio.train.offer_rate_tip"),
        "from_best": tr("studio.train.offer_best_tip"),
        "smaller_batch": tr("studio.train.offer_batch_tip"),
    }[offer.kind]
