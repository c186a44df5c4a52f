use factum::prelude::*;

#[derive(Id)]
#[id(crte = ::factum)]
struct AccountId(String);

fn main() {}
