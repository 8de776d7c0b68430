"""Sample projects of `rlflow demo`: real data with its sources and licences, one folder each."""
