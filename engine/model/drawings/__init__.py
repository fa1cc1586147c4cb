"""What steps do, as the studio's cards draw it, where Paddle must work for that: one file a drawing."""
