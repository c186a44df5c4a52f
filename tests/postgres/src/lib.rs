//! Tests of the PostgreSQL store: see `tests/`.
