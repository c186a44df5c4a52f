//! Tags: what an event is about, beside its stream.

use std::fmt;
use std::sync::Arc;

use crate::Id;
use crate::names::{BadName, NameProblem, check};

/// One tag: a name and a value, `course:rust-101`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// The tag with this name and value.
    ///
    /// # Errors
    /// [`BadName`] if name or value is empty, over-long or unprintable, or the name has a colon.
    pub fn new(name: &str, value: &str) -> Result<Self, BadName> {
        check("tag name", name)?;
        if let Some(at) = name.find(':') {
            let problem = NameProblem::Colon { at };
            return Err(BadName { what: "tag name", name: name.to_owned(), problem });
        }
        check("tag value", value)?;
        Self::parse(&format!("{name}:{value}"))
    }

    /// The tag with this text form.
    ///
    /// # Errors
    /// [`BadName`] if it is empty, over-long, unprintable, or not of the form `name:value`.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        check("tag", text)?;
        match text.split_once(':') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok(Self(text.into())),
            _ => Err(BadName { what: "tag", name: text.to_owned(), problem: NameProblem::NoValue }),
        }
    }

    /// The text form, `name:value`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first colon.
    pub fn name(&self) -> &str {
        self.0.split_once(':').map_or("", |(name, _)| name)
    }

    /// The part after the first colon.
    pub fn value(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, value)| value)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What can stand in a field marked `#[tag]`: an id, an `Option` of one, or a `Vec` of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a tag",
    label = "not an id",
    note = "a tag's value is of a type that implements `Id`, or an `Option` or a `Vec` of one"
)]
pub trait TagValue {
    /// Adds a tag of this name for each value.
    ///
    /// # Errors
    /// [`BadName`] if a value cannot be that of a tag.
    fn add(&self, name: &str, tags: &mut Vec<Tag>) -> Result<(), BadName>;
}

#[diagnostic::do_not_recommend]
impl<T: Id> TagValue for T {
    fn add(&self, name: &str, tags: &mut Vec<Tag>) -> Result<(), BadName> {
        tags.push(Tag::new(name, &self.write())?);
        Ok(())
    }
}

impl<T: Id> TagValue for Option<T> {
    fn add(&self, name: &str, tags: &mut Vec<Tag>) -> Result<(), BadName> {
        self.iter().try_for_each(|value| value.add(name, tags))
    }
}

impl<T: Id> TagValue for Vec<T> {
    fn add(&self, name: &str, tags: &mut Vec<Tag>) -> Result<(), BadName> {
        self.iter().try_for_each(|value| value.add(name, tags))
    }
}

/// A set of tags, sorted. The empty set, the usual one, allocates nothing.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Tags(Option<Arc<[Tag]>>);

impl Tags {
    /// No tags.
    pub const fn none() -> Self {
        Self(None)
    }

    /// The tags, in order.
    pub fn as_slice(&self) -> &[Tag] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether each of `others` is one of these.
    pub fn contain_all(&self, others: &Self) -> bool {
        others.as_slice().iter().all(|tag| self.as_slice().binary_search(tag).is_ok())
    }

    /// Whether any of `others` is one of these.
    pub fn contain_any(&self, others: &Self) -> bool {
        others.as_slice().iter().any(|tag| self.as_slice().binary_search(tag).is_ok())
    }

    /// The values of the tags with this name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.as_slice().iter().filter(move |tag| tag.name() == name).map(Tag::value)
    }

    /// The value of the first tag with this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }
}

impl FromIterator<Tag> for Tags {
    fn from_iter<I: IntoIterator<Item = Tag>>(tags: I) -> Self {
        let mut tags: Vec<Tag> = tags.into_iter().collect();
        tags.sort();
        tags.dedup();
        if tags.is_empty() { Self(None) } else { Self(Some(tags.into())) }
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.as_slice()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tags_never_have_one_form() {
        assert!(Tag::new("a:b", "c").is_err());
        assert_eq!(Tag::new("a", "b:c").unwrap().value(), "b:c");
        let message = Tag::parse("course").unwrap_err().to_string();
        assert!(message.contains("`name:value`"), "{message}");
    }
}
