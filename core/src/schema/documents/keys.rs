//! Keys of JSON objects, and references to them.

/// The text with nothing but letters and digits of ASCII, and those of `- . _` that are allowed.
pub(super) fn plain(text: &str, allowed: &[char]) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || allowed.contains(&c) { c } else { '_' };
    text.chars().map(keep).collect()
}

/// The wanted key, or the first of `key_2`, `key_3`, … that is not taken.
pub(super) fn free(wanted: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&wanted) {
        return wanted;
    }
    let mut others = (2_u64..).map(|count| format!("{wanted}_{count}"));
    others.find(|key| !taken(key)).unwrap_or(wanted)
}

/// A key as a step of a JSON pointer in the fragment of an address.
pub(super) fn pointer_step(key: &str) -> String {
    key.bytes().map(escaped).collect()
}

fn escaped(byte: u8) -> String {
    match byte {
        b'~' => "~0".to_owned(),
        b'/' => "~1".to_owned(),
        b'-' | b'.' | b'_' | b'$' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{free, plain, pointer_step};

    #[test]
    fn keys_are_plain_and_free() {
        assert_eq!(plain("a b.ö#", &['.']), "a_b.__");
        assert_eq!(free("a".to_owned(), |key| key == "a" || key == "a_2"), "a_3");
    }

    #[test]
    fn pointers_are_escaped_twice() {
        assert_eq!(pointer_step("a/b~c.ö %"), "a~1b~0c.%C3%B6%20%25");
    }
}
