"""The sections of the configuration file, and what is right in them (see `runtime.config`)."""
