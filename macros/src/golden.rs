//! The pages of the docs about the derives, held against the derives.
//!
//! `docs/generated-code.md` shows what each derive puts out; with `FACTUM_GOLDENS=update` the test
//! writes that anew. `docs/attributes.md` lists every option.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::attr::Spec;
use crate::{derive, expand, model};

const UPDATE: &str = "FACTUM_GOLDENS";

fn page(name: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

fn expanded(name: &str, source: &str) -> String {
    let item: DeriveInput = syn::parse_str(source).unwrap();
    let tokens: TokenStream = match name {
        "Event" => derive(&item, model::event::Event::parse, expand::event::expand),
        "Command" => derive(&item, model::command::Command::parse, expand::command::expand),
        "Aggregate" => derive(&item, model::aggregate::Aggregate::parse, expand::aggregate::expand),
        "Projection" => {
            derive(&item, model::projection::Projection::parse, expand::projection::expand)
        }
        "Saga" => derive(&item, model::saga::Saga::parse, expand::saga::expand),
        "Id" => derive(&item, model::id::Id::parse, expand::id::expand),
        other => panic!("there is no derive {other}"),
    };
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

/// A section `## Name` has two blocks of Rust: the item, and what is put out for it.
struct Section<'a> {
    name: &'a str,
    item: &'a str,
    output: &'a str,
}

fn sections(page: &str) -> Vec<Section<'_>> {
    let parts = page.split("\n## ").skip(1);
    parts
        .map(|part| {
            let mut blocks =
                part.split("```rust\n").skip(1).map(|block| block.split_once("```").unwrap().0);
            let (item, output) = (blocks.next().unwrap(), blocks.next().unwrap());
            Section { name: part.lines().next().unwrap(), item, output }
        })
        .collect()
}

#[test]
fn the_page_shows_what_is_generated() {
    let (path, page) = page("generated-code.md");
    let names: Vec<_> = sections(&page).iter().map(|section| section.name).collect();
    assert_eq!(names, ["Event", "Command", "Aggregate", "Projection", "Saga", "Id"]);
    let mut new = page.clone();
    for Section { name, item, output } in sections(&page) {
        let puts_out = expanded(name, item);
        assert_eq!(puts_out, expanded(name, item), "it is not the same each time");
        if std::env::var_os(UPDATE).is_some() {
            new = new.replace(&format!("```rust\n{output}```"), &format!("```rust\n{puts_out}```"));
        } else {
            assert_eq!(output, puts_out, "{UPDATE}=update writes {} anew", path.display());
        }
    }
    if new != page {
        fs::write(path, new).unwrap();
    }
}

#[test]
fn every_option_is_in_the_table() {
    let (_, page) = page("attributes.md");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| `")).collect();
    for row in &rows {
        let cells: Vec<_> = row.split(" | ").collect();
        let (attr, option) = (cells[0].trim_matches(['|', ' ', '`']), cells[1].trim_matches('`'));
        let known = |spec: &&Spec| spec.attr == attr && spec.options.contains(&option);
        let bare = ["id", "key", "index", "serde", "tag"].contains(&attr);
        assert!(bare || model::specs().iter().any(known), "there is no {attr} {option}");
    }
    for Spec { attr, options, .. } in model::specs() {
        for option in *options {
            let listed = |row: &&&str| {
                let mut cells = row.split(" | ");
                let cell = cells.next().unwrap_or_default();
                cell.starts_with(&format!("| `{attr}`"))
                    && cells.next() == Some(&*format!("`{option}`"))
            };
            assert!(rows.iter().any(|row| listed(&row)), "{attr} {option} is not in the table");
        }
    }
}
