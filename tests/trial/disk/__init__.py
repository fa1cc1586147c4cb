"""Every write of a session refused once, as a full disk does."""
