//! Types that are met again inside themselves.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::shown;
use crate::schema::Shape;

#[derive(Deserialize)]
struct Node {
    name: String,
    parent: Option<Box<Node>>,
    children: Vec<Node>,
    by_name: BTreeMap<String, Node>,
}

#[test]
fn of_structs() {
    assert_eq!(
        shown::<Node>(),
        [
            "by_name: map",
            "by_name{}: again (value)",
            "children: list",
            "children[]: again (value)",
            "name: string",
            "parent?: again (value) | null",
        ]
    );
}

#[derive(Deserialize)]
enum Term {
    Add(Box<Term>, Box<Term>),
    Neg { of: Box<Term>, strict: bool },
    All(Vec<Term>),
    Sub(Box<(Term, Term)>),
    Number(i64),
}

#[derive(Deserialize)]
struct Formula {
    term: Term,
    #[serde(default)]
    note: String,
    title: String,
}

#[test]
fn of_enums() {
    assert_eq!(
        shown::<Formula>(),
        [
            "note?: string",
            "term: choice",
            "term/Add: tuple",
            "term/Add[0]: again term",
            "term/Add[1]: again term",
            "term/All: list",
            "term/All[]: again term",
            "term/Neg: object",
            "term/Neg.of: again term",
            "term/Neg.strict: bool",
            "term/Number: i64",
            "term/Sub: tuple",
            "term/Sub[0]: again term",
            "term/Sub[1]: again term",
            "title: string",
        ]
    );
}

#[derive(Deserialize)]
enum Left {
    Go(Right),
    Twice(Right, Right),
}

#[derive(Deserialize)]
enum Right {
    Go(Box<Left>),
    Stop,
}

#[test]
fn of_enums_by_turns() {
    assert_eq!(
        shown::<(Left, Right)>()[..7],
        [
            "(value): tuple",
            "[0]: choice",
            "[0]/Go: choice",
            "[0]/Go/Go: again [0]",
            "[0]/Go/Stop: unit",
            "[0]/Twice: tuple",
            "[0]/Twice[0]: choice",
        ]
    );
}

mod outer {
    #[derive(serde::Deserialize)]
    pub(super) struct Node {
        child: Option<Box<super::inner::Node>>,
    }
}

mod inner {
    #[derive(serde::Deserialize)]
    pub(super) struct Node {
        back: Option<Box<super::outer::Node>>,
    }
}

#[test]
fn of_types_that_have_one_name() {
    assert_eq!(
        shown::<outer::Node>(),
        ["child?: object | null", "child.back?: again (value) | null"]
    );
}

#[derive(Deserialize)]
struct Article {
    comments: Vec<Comment>,
    first: Option<Box<Comment>>,
    by_name: BTreeMap<String, Comment>,
    threads: Threads,
}

#[derive(Deserialize)]
struct Comment {
    replies: Vec<Comment>,
    last: Option<Box<Comment>>,
    by_name: BTreeMap<String, Comment>,
    threads: Threads,
}

#[derive(Deserialize)]
struct Threads(Vec<(u8, Comment)>);

#[test]
fn of_structs_in_the_same_container_outside_and_inside() {
    let shown = shown::<Article>();
    for place in ["comments[]", "first", "by_name{}", "threads[][1]"] {
        for line in [
            format!("{place}.replies[]: again {place}"),
            format!("{place}.last?: again {place} | null"),
            format!("{place}.by_name{{}}: again {place}"),
            format!("{place}.threads[][1]: again {place}"),
        ] {
            assert!(shown.contains(&line), "{line} in {shown:#?}");
        }
    }
}

#[derive(Deserialize)]
struct Tree(Vec<Tree>);

#[derive(Deserialize)]
#[serde(transparent)]
struct Clear {
    inner: Vec<Clear>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Chain {
    inner: Option<Box<Chain>>,
}

#[test]
fn of_newtypes() {
    assert_eq!(shown::<Tree>(), ["(value): list", "[]: any"]);
    assert_eq!(shown::<Clear>(), ["(value): list", "[]: any"]);
    assert_eq!(shown::<Chain>(), ["(value): any | null"]);
}

#[derive(Deserialize)]
struct Endless {
    again: Box<Endless>,
    #[serde(default)]
    more: u8,
}

#[derive(Deserialize)]
struct Circle(Box<Circle>);

#[test]
fn without_an_end() {
    assert_eq!(shown::<Endless>(), ["again: again (value)", "more: u8"]);
    assert_eq!(Shape::of::<Circle>(), Shape::Any);
    assert_eq!(shown::<(Circle, u8)>(), ["(value): tuple", "[0]: any", "[1]: any"]);
}

type Four<T> = Vec<Option<Vec<Option<T>>>>;
type Many<T> = Four<Four<Four<Four<T>>>>;

#[test]
fn too_deep_end_as_anything() {
    let lines = shown::<Many<Many<Many<u8>>>>();
    assert_eq!(lines.first().map(String::as_str), Some("(value): list"));
    assert!(lines.last().is_some_and(|line| line.ends_with("[]: any")), "{lines:?}");
}

#[derive(Deserialize)]
struct Wide<T> {
    a: T,
    b: T,
    c: T,
    d: T,
}

#[test]
fn too_wide_end_as_anything() {
    let lines = shown::<Wide<Wide<Wide<Wide<Wide<Wide<Wide<Wide<u8>>>>>>>>>();
    assert_eq!(lines.first().map(String::as_str), Some("a: object"));
    assert_eq!(lines.last().map(String::as_str), Some("d: any"));
}
