use factum::prelude::*;

#[derive(Event, Clone)]
struct Opened {
    owner: String,
}

fn main() {}
