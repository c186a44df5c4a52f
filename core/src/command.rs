//! Commands: what somebody wants to happen.

use std::borrow::Cow;

use crate::Tags;
use crate::codec::Form;
use crate::names::BadName;
use crate::schema::{Docs, TagSchema};

/// A wish that an aggregate may grant: an open `struct` each.
///
/// `#[derive(Command)]` writes the impl from `#[command("context.name")]` and the field marked
/// `#[id]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "not a command",
    note = "write `#[derive(Command, Serialize, Deserialize)]` and `#[command(\"context.name\")]` on \
            the struct, and `#[id]` on the field that names its aggregate"
)]
pub trait Command: Sized + Send + Sync + 'static {
    /// The persisted name, `context.name`.
    const NAME: &'static str;

    /// A fingerprint of the names and types of the fields: two commands of one shape with different
    /// fields are different commands.
    const SHAPE: u32;

    /// Whether it has an id, without which it goes to boundaries only.
    const HAS_ID: bool = true;

    /// The names of its tags.
    const TAGS: &'static [&'static str] = &[];

    /// The id of the aggregate that it goes to; empty for one that goes to a boundary.
    fn id(&self) -> Cow<'_, str>;

    /// The tags that say which boundary it goes to.
    ///
    /// # Errors
    /// [`BadName`] if a value cannot be that of a tag.
    fn tags(&self) -> Result<Tags, BadName> {
        Ok(Tags::none())
    }

    /// Its tags, each with the field that holds its value.
    fn tag_fields() -> Vec<TagSchema> {
        Self::TAGS.iter().map(|name| TagSchema { name, field: "" }).collect()
    }

    /// How it is written and read.
    fn form() -> Form<Self>;

    /// What the source says about it.
    fn docs() -> Docs {
        Docs::NONE
    }
}
