"""A job as a list of commands, each run once: what ``ds_run`` and the demo do."""
