//! Types in types, and in themselves.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{It, breaks, passes};

structs! {
    Flat { text: String, replies: Vec<String> }
    Comment { text: String, replies: Vec<Comment> }
    Marked { text: String, replies: Vec<Marked>, #[serde(default)] mark: u8 }
    Must { text: String, replies: Vec<Must>, mark: u8 }
    Tree { left: Option<Box<Tree>>, value: u8 }
    WideTree { left: Option<Box<WideTree>>, value: u16 }
    TextTree { left: Option<Box<TextTree>>, value: String }
    Folder { inside: HashMap<String, Folder> }
    Sized { inside: HashMap<String, Sized>, #[serde(default)] size: u8 }
}

fn comment() -> Comment {
    let reply = Comment { text: "b".to_owned(), replies: Vec::new() };
    Comment { text: "a".to_owned(), replies: vec![reply] }
}

#[test]
fn in_lists() {
    let flat = Flat { text: "a".to_owned(), replies: vec!["b".to_owned()] };
    breaks::<_, It<Vec<Comment>>>(It { it: vec![flat] });
    passes::<_, It<Vec<Marked>>>(It { it: vec![comment()] });
    breaks::<_, It<Vec<Must>>>(It { it: vec![comment()] });
    breaks::<_, It<Vec<Flat>>>(It { it: vec![comment()] });
}

#[test]
fn in_options_and_maps() {
    let tree = || Some(Box::new(Tree { left: None, value: 1 }));
    let outer = || It { it: Some(Box::new(Tree { left: tree(), value: 2 })) };
    passes::<_, It<Option<Box<WideTree>>>>(outer());
    breaks::<_, It<Option<Box<TextTree>>>>(outer());
    let folder = || HashMap::from([("a".to_owned(), Folder { inside: HashMap::new() })]);
    passes::<_, It<HashMap<String, Sized>>>(It { it: folder() });
    breaks::<_, It<HashMap<String, Comment>>>(It { it: folder() });
}

/// Two types of one name, one of which leads back to the first.
mod there {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub(super) struct Node {
        pub(super) x: u8,
        pub(super) child: Option<Box<super::back::Node>>,
    }
}

mod back {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub(super) struct Node {
        pub(super) y: String,
        pub(super) back: Option<Box<super::there::Node>>,
    }
}

/// As those, but that the second leads on to itself.
mod on {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub(super) struct Node {
        x: u8,
        child: Option<Box<inner::Node>>,
    }

    mod inner {
        use serde::{Deserialize, Serialize};

        #[derive(Serialize, Deserialize)]
        pub(crate) struct Node {
            y: String,
            back: Option<Box<Node>>,
        }
    }
}

#[test]
fn of_one_name() {
    let last = || Some(Box::new(there::Node { x: 2, child: None }));
    let child = || Some(Box::new(back::Node { y: "b".to_owned(), back: last() }));
    breaks::<_, on::Node>(there::Node { x: 1, child: child() });
    passes::<_, there::Node>(there::Node { x: 1, child: child() });
}
