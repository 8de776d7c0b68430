"""The two pluggy markers of RLFlow: plugins use `hookimpl`, `rlflow_core.hookspecs` uses `hookspec`."""

import pluggy

PROJECT_NAME = "rlflow"

hookimpl = pluggy.HookimplMarker(PROJECT_NAME)
hookspec = pluggy.HookspecMarker(PROJECT_NAME)
