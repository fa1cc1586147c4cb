"""`make matrix`: every detector with every technique, really built, trained, saved, loaded, counted and exported."""
