//! Tests of the derives: all of them are in `tests/` and `ui/`.
