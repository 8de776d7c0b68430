"""What the platform does: each service takes a session, flushes and leaves the commit to its caller."""
