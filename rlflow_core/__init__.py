"""RLFlow: the plugin-first core that collects human feedback for training language models."""
