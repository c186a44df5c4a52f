//! The documents of an app: what is in them, and that payloads fit the schemas.

mod app;
mod asyncapi;
mod checker;
mod forms;
mod goldens;
mod model;
mod schemas;
