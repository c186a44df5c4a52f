use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
}

fn main() {}
