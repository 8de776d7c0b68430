"""The components that ship with RLFlow, registered by entry points like those of anyone else."""
