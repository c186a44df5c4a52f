//! What stands in a field.

use factum_core::schema::lock::Rule;
use factum_core::schema::{Float, Integer, Shape};

use crate::app::*;

const INTEGERS: [Integer; 10] = [
    Integer::U8,
    Integer::U16,
    Integer::U32,
    Integer::U64,
    Integer::U128,
    Integer::I8,
    Integer::I16,
    Integer::I32,
    Integer::I64,
    Integer::I128,
];

fn passes(from: &Shape, to: &Shape) -> bool {
    let rules = rules(&with(from.clone()), &with(to.clone()));
    assert!(rules.is_empty() || rules == [Rule::RetypedField], "{rules:?}");
    rules.is_empty()
}

/// The least and the greatest, as far as `i128` goes.
fn range(integer: Integer) -> (i128, i128) {
    match integer.bits() {
        (128, false) => (0, i128::MAX),
        (128, true) => (i128::MIN, i128::MAX - 1),
        (bits, false) => (0, (1 << bits) - 1),
        (bits, true) => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
    }
}

#[test]
fn an_integer_widens_to_those_with_its_range() {
    for from in INTEGERS {
        for to in INTEGERS {
            let fits = range(to).0 <= range(from).0 && range(from).1 <= range(to).1;
            let (from, to) = (Shape::Integer(from), Shape::Integer(to));
            assert_eq!(passes(&from, &to), fits, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn an_integer_widens_to_a_float_that_has_it_exactly() {
    let f32 = Shape::Float(Float::F32);
    let f64 = Shape::Float(Float::F64);
    for integer in INTEGERS {
        let (bits, from) = (integer.bits().0, Shape::Integer(integer));
        assert_eq!(passes(&from, &f32), bits <= 16, "{from:?}");
        assert_eq!(passes(&from, &f64), bits <= 32, "{from:?}");
        assert!(!passes(&f64, &from));
    }
    assert!(passes(&f32, &f64) && !passes(&f64, &f32));
}

#[test]
fn a_kind_changes_to_a_wider_one_only() {
    let plain = choice([("Car", None), ("Bike", None)]);
    let bytes = list(Shape::Integer(Integer::U8));
    for (narrow, wide) in [
        (Shape::Char, Shape::Text),
        (U64, nullable(U64)),
        (Shape::Null, nullable(U64)),
        (U32, nullable(U64)),
        (nullable(U32), nullable(U64)),
        (Shape::Any, nullable(Shape::Any)),
        (list(U32), list(U64)),
        (plain, Shape::Text),
        (Shape::Bytes, list(U32)),
        (map(U32, U32), map(U32, U64)),
        (map(U32, U64), map(U64, U64)),
        (map(U32, U64), map(Shape::Text, U64)),
        (Shape::Tuple(vec![U32, U32]), Shape::Tuple(vec![U32, U64])),
        (object([field("a", U32)]), object([field("a", U64)])),
    ] {
        assert!(passes(&narrow, &wide), "{narrow:?} to {wide:?}");
        assert!(!passes(&wide, &narrow), "{wide:?} to {narrow:?}");
    }
    assert!(passes(&bytes, &Shape::Bytes) && passes(&Shape::Bytes, &bytes));
}

#[test]
fn other_kinds_do_not_change() {
    let kinds = [
        Shape::Any,
        Shape::Null,
        Shape::Bool,
        U64,
        Shape::Text,
        Shape::Bytes,
        list(Shape::Text),
        Shape::Tuple(vec![U64]),
        map(Shape::Text, U64),
        object([]),
        choice([("Car", Some(U64))]),
    ];
    for from in &kinds {
        for to in &kinds {
            assert_eq!(passes(from, to), from == to, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn a_fault_says_what_it_was_and_what_it_is() {
    assert_eq!(
        faults(&with(nullable(U64)), &with(list(U64))),
        ["7: `it` was u64 | null and is list [retyped-field]"]
    );
    let opaque = |shape| {
        let mut event = event("account.deposited", []);
        event.fields = shape;
        events([event])
    };
    assert_eq!(
        faults(&opaque(Shape::Any), &opaque(object([]))),
        ["7: `(value)` was any and is object: what is stored may be anything [retyped-field]"]
    );
    assert_eq!(
        faults(&opaque(object([])), &opaque(Shape::Any)),
        [
            "6: `(value)` was object and is any: whether what is stored can be read as that, cannot be \
             compared [retyped-field]"
        ]
    );
    assert_breaks(&opaque(Shape::Any), &opaque(Shape::Null), &[Rule::RetypedField]);
}

#[test]
fn a_check_may_be_dropped_but_not_begin_or_change() {
    let date = || checked(Shape::Text, Some(r#""2000-01-01""#));
    let narrow = checked(U32, Some("1"));
    for (from, to) in [
        (date(), Shape::Text),
        (narrow.clone(), U32),
        (narrow.clone(), U64),
        (narrow.clone(), checked(U64, Some("1"))),
        (date(), nullable(date())),
        (nullable(date()), nullable(Shape::Text)),
        (map(date(), U64), map(Shape::Text, U64)),
    ] {
        assert!(passes(&from, &to), "{from:?} to {to:?}");
        assert!(!passes(&to, &from), "{to:?} to {from:?}");
    }
    let odd = checked(Shape::Text, None);
    let other = checked(Shape::Text, Some(r#""a | null""#));
    for one in [date(), odd.clone(), other.clone(), map(narrow.clone(), nullable(odd.clone()))] {
        assert_passes(&with(one.clone()), &with(one));
    }
    assert!(!passes(&date(), &other) && !passes(&date(), &odd) && !passes(&odd, &other));
    assert_eq!(
        faults(&with(Shape::Text), &with(date())),
        [
            r#"7: `it` was string and is string like "2000-01-01": what is stored may be refused [retyped-field]"#
        ]
    );
}
