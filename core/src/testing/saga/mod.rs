mod given;
mod say;
mod text;
mod then;
mod when;

pub use given::{Led, saga};
