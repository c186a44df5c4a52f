//! What breaks.

use std::fmt;

/// A rule that a change of a persisted form broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// An aggregate is gone, or has another name: its streams begin with the name, and are not found
    /// any more.
    RemovedAggregate,
    /// An event is gone: stored ones cannot be read, and an aggregate that meets one does not load.
    RemovedEvent,
    /// A command is gone: what still sends it (a queue, a saga, another service) is refused.
    RemovedCommand,
    /// A saga is gone, or has another name: the streams of its instances begin with the name, and those
    /// under way are not led on.
    RemovedSaga,
    /// A saga sends a command no more: instances under way may have it yet to send, or to undo something
    /// with.
    DroppedCommand,
    /// A name that an event had before is now that of another event: stored ones of the first would be
    /// taken for the second.
    ReusedName,
    /// An event no longer knows a name that it had before: the ones that were stored under it cannot be
    /// read.
    ForgottenName,
    /// The version is lower than one that was written: stored events of that version cannot be read.
    LoweredVersion,
    /// Nothing leads on from a version that was written.
    MissingUpcaster,
    /// An upcaster takes another form than the one that events of its version are stored in.
    UpcasterMismatch,
    /// A field or an item is gone: what stored events say there would be lost without a word.
    RemovedField,
    /// Something else stands there, and not all that is stored can be read as such.
    RetypedField,
    /// A field has to be there, and stored events do not have it.
    RequiredField,
    /// A variant is gone: stored events that chose it cannot be read.
    RemovedVariant,
    /// An object now refuses fields that it does not know. Stored events may have such: fields that are
    /// written but not read, and those that newer code wrote, which may add some to a version.
    DeniedFields,
    /// A field no longer knows a name that it had before.
    ForgottenAlias,
    /// Two fields are now read as one, under both names: a stored event that has both cannot be read.
    MergedFields,
    /// The rows of a projection have another form at the same version, and those that are stored cannot be
    /// read, or would lose something.
    ChangedRow,
    /// A sample of the locked form is refused, by an upcaster on JSON or a check, though its form could be
    /// read; or what is written after reading it cannot be.
    UnreadableSample,
    /// An event no longer carries a tag: what asks for the tag would miss those that are written from now
    /// on.
    RemovedTag,
    /// An event carries one more tag, and stored ones do not: what asks for the tag would miss them.
    AddedTag,
    /// An aggregate's boundary is made of other tags, or of the same in another order: its states would be
    /// the fold of other events, or its events go to streams of other names.
    ChangedBoundary,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::RemovedAggregate,
        Self::RemovedEvent,
        Self::RemovedCommand,
        Self::RemovedSaga,
        Self::DroppedCommand,
        Self::ReusedName,
        Self::ForgottenName,
        Self::LoweredVersion,
        Self::MissingUpcaster,
        Self::UpcasterMismatch,
        Self::RemovedField,
        Self::RetypedField,
        Self::RequiredField,
        Self::RemovedVariant,
        Self::DeniedFields,
        Self::ForgottenAlias,
        Self::MergedFields,
        Self::ChangedRow,
        Self::UnreadableSample,
        Self::RemovedTag,
        Self::AddedTag,
        Self::ChangedBoundary,
    ];

    /// Its name, which stays.
    ///
    /// ```
    /// use factum_core::schema::lock::Rule;
    /// assert_eq!(Rule::RetypedField.name(), "retyped-field");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::RemovedAggregate => "removed-aggregate",
            Self::RemovedEvent => "removed-event",
            Self::RemovedCommand => "removed-command",
            Self::RemovedSaga => "removed-saga",
            Self::DroppedCommand => "dropped-command",
            Self::ReusedName => "reused-name",
            Self::ForgottenName => "forgotten-name",
            Self::LoweredVersion => "lowered-version",
            Self::MissingUpcaster => "missing-upcaster",
            Self::UpcasterMismatch => "upcaster-mismatch",
            Self::RemovedField => "removed-field",
            Self::RetypedField => "retyped-field",
            Self::RequiredField => "required-field",
            Self::RemovedVariant => "removed-variant",
            Self::DeniedFields => "denied-fields",
            Self::ForgottenAlias => "forgotten-alias",
            Self::MergedFields => "merged-fields",
            Self::ChangedRow => "changed-row",
            Self::UnreadableSample => "unreadable-sample",
            Self::RemovedTag => "removed-tag",
            Self::AddedTag => "added-tag",
            Self::ChangedBoundary => "changed-boundary",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
