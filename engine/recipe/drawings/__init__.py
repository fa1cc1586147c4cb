"""What steps do, as the studio's cards draw it: one file a drawing, answered without Paddle and without training."""
