"""The engines that live in DATA_DIR when none is given: the real Valkey and PostgreSQL, as plain child processes."""
