use serde::{Deserialize, Serialize};

use super::{Json, Saga};
use crate::codec::{DecodeError, EncodeError};
use crate::upcast::Fields;

/// A state of the user's type, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The version of its form.
    pub version: u32,
    /// Its fields.
    pub fields: Json,
}

impl Kept {
    /// Writes a state in the form of today.
    ///
    /// # Errors
    /// [`EncodeError`] if it has no JSON form.
    pub fn of<S: Saga>(saga: &S) -> Result<Self, EncodeError> {
        Ok(Self { version: S::VERSION, fields: Json::of(S::form(), saga)? })
    }

    /// Reads a state, brought to the form of today if it is older.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not of this form, or there is no way from its version.
    pub fn read<S: Saga>(&self) -> Result<S, DecodeError> {
        if self.version == S::VERSION {
            return self.fields.read(S::form());
        }
        let old = match self.fields.as_str() {
            // A struct without fields.
            "null" => "{}",
            fields => fields,
        };
        let old = Fields::from_json(old.as_bytes())?;
        let today = S::upcast(self.version, old)?;
        S::form().read(today.to_string().as_bytes())
    }
}
