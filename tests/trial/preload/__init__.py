"""Small libraries that are preloaded into every process of a session, built when a trial begins."""
