//! Benchmarks of the stores on servers. How each figure is measured is said in `docs/performance.md`.
