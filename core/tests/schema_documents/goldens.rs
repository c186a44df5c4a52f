//! The documents, byte for byte. With `UPDATE_GOLDENS=1` the files are written anew.

use std::fs;
use std::path::Path;

use crate::app;

#[test]
fn documents_are_as_kept() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema_documents/golden");
    for document in app::bank().documents("bank", "1.2.3") {
        let path = kept.join(document.name);
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(&path, &document.text).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text == document.text, "{} is another: set UPDATE_GOLDENS=1", document.name);
    }
}

#[test]
fn the_order_of_an_app_does_not_matter() {
    let mut turned = app::bank();
    turned.aggregates.reverse();
    turned.projections.reverse();
    turned.sagas.reverse();
    for saga in &mut turned.sagas {
        saga.hears.reverse();
        saga.sends.reverse();
    }
    for aggregate in &mut turned.aggregates {
        aggregate.commands.reverse();
        aggregate.events.reverse();
    }
    assert_eq!(turned.documents("bank", "1.2.3"), app::bank().documents("bank", "1.2.3"));
}
