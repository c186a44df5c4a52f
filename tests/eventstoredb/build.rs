//! Compiles the `.proto` files in `proto/`, by a compiler that is itself a Rust crate.

use std::error::Error;

const SERVICES: [&str; 5] =
    ["streams.proto", "persistent.proto", "server_features.proto", "gossip.proto", "stored.proto"];

const SERDE: &str = "#[derive(serde::Serialize, serde::Deserialize)]";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(SERVICES, ["proto"])?;
    let mut prost = tonic_build::Config::new();
    prost.enable_type_names();
    tonic_build::configure()
        .build_client(false)
        .build_transport(false)
        .bytes(["."])
        // Filters of persistent subscriptions are kept in the log, in JSON.
        .type_attribute(".event_store.client.FilterOptions", SERDE)
        .compile_fds_with_config(prost, descriptors)?;
    Ok(())
}
