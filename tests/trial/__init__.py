"""`make trial`: kills, broken inputs, refused writes and more, at random but repeatable, with a record that grows."""
