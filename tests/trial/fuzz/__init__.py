"""Broken inputs of every reader: valid ones, mutated at random, through the same call that a verb makes."""
