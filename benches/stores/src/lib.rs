//! What the benchmarks of the stores on servers share.
