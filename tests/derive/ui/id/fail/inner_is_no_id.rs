use factum::prelude::*;

#[derive(Id)]
struct Share(f64);

fn main() {}
