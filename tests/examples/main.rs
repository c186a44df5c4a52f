//! The examples: their rules, with the test kit, and what they do when they are run.
#![allow(clippy::duplicate_mod, reason = "examples share a file, and are parts of one test here")]

mod bank_rules;
mod bank_runs;
mod copy_runs;
mod fines_rules;
mod fines_runs;
mod process;
mod schemas;
#[cfg(feature = "resilience")]
mod shop_rules;
#[cfg(feature = "resilience")]
mod shop_runs;
mod transfer_rules;
mod transfer_runs;
mod university_rules;
mod uploads_runs;
mod watched;

#[path = "../../examples/bank/main.rs"]
#[allow(dead_code, reason = "an example, of which the tests use parts")]
mod bank;
#[path = "../../examples/fines/main.rs"]
#[allow(dead_code, reason = "an example, of which the tests use parts")]
mod fines;
#[cfg(feature = "resilience")]
#[path = "../../examples/shop/main.rs"]
#[allow(dead_code, reason = "an example, of which the tests use parts")]
mod shop;
#[path = "../../examples/transfer/main.rs"]
#[allow(dead_code, reason = "an example, of which the tests use parts")]
mod transfer;
#[path = "../../examples/university/main.rs"]
#[allow(dead_code, reason = "an example, of which the tests use parts")]
mod university;
#[path = "../../examples/uploads/main.rs"]
#[allow(dead_code, reason = "an example, of which the tests use parts")]
mod uploads;
