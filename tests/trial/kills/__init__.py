"""SIGKILL at random moments of every kind of job; then it is gone on with or done again."""
