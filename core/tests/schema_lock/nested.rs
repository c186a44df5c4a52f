//! Places in places.

use factum_core::schema::Shape;
use factum_core::schema::lock::Rule;

use crate::app::*;

fn place<const N: usize>(fields: [(&str, Shape); N]) -> Shape {
    named("Place", fields.map(|(name, shape)| field(name, shape)))
}

#[test]
fn only_the_outermost_cause_is_told() {
    let before = with_fields([
        field("cents", U64),
        field("place", place([("town", Shape::Text), ("zip", Shape::Text)])),
    ]);
    assert_eq!(
        faults(&before, &with_fields([field("cents", U64)])),
        ["8: `place` was object and is gone [removed-field]"]
    );
    assert_eq!(
        faults(&before, &with_fields([field("cents", U64), field("place", Shape::Text)])),
        ["8: `place` was object and is string [retyped-field]"]
    );
    let new = with_fields([field("cents", U64)]);
    assert_eq!(faults(&new, &before), ["6: `place` is new and has to be there [required-field]"]);
}

#[test]
fn a_new_place_may_need_its_fields() {
    let before = with_fields([field("cents", U64)]);
    let after = with_fields([field("cents", U64), maybe("place", place([("town", Shape::Text)]))]);
    assert_passes(&before, &after);
}

/// Puts a form into another.
type Around = fn(Shape) -> Shape;

#[test]
fn the_rules_hold_everywhere() {
    let narrow = place([("town", Shape::Text), ("zip", Shape::Text)]);
    let more = place([("town", Shape::Text), ("zip", Shape::Text), ("street", Shape::Text)]);
    let less = place([("town", Shape::Text)]);
    let around: [(&str, Around); 6] = [
        ("it", |shape| shape),
        ("it", nullable),
        ("it[]", list),
        ("it{}", |shape| map(Shape::Text, shape)),
        ("it[1]", |shape| Shape::Tuple(vec![U64, shape])),
        ("it/Home", |shape| choice([("Home", Some(shape)), ("None", None)])),
    ];
    for (path, around) in around {
        let before = with(around(narrow.clone()));
        assert_passes(&before, &before);
        let gone = format!("`{path}.zip` was string and is gone [removed-field]");
        assert!(faults(&before, &with(around(less.clone())))[0].ends_with(&gone));
        let new = format!("`{path}.street` is new and has to be there [required-field]");
        assert!(faults(&before, &with(around(more.clone())))[0].ends_with(&new));
    }
}

#[test]
fn a_tuple_keeps_its_length() {
    let pair = with(Shape::Tuple(vec![U64, U64]));
    let single = with(Shape::Tuple(vec![U64]));
    assert_breaks(&pair, &single, &[Rule::RemovedField]);
    assert_breaks(&single, &pair, &[Rule::RequiredField]);
    assert_passes(&pair, &with(Shape::Tuple(vec![U64, nullable(U64)])));
}

#[test]
fn a_tuple_becomes_a_list_of_what_all_its_items_are() {
    let pair = with(Shape::Tuple(vec![U64, U32]));
    assert_passes(&pair, &with(list(U64)));
    assert_passes(&with(Shape::Tuple(Vec::new())), &with(list(U64)));
    assert_breaks(&with(list(U64)), &pair, &[Rule::RetypedField]);
    assert_eq!(
        faults(&pair, &with(list(U32))),
        ["8: `it[0]` was u64, and `it[]`, as which it is read, is u32 [retyped-field]"]
    );
}

#[test]
fn a_long_array_keeps_its_length() {
    let array = |item, length| with(Shape::Array(Box::new(item), length));
    assert!(locked(&array(U32, 100)).ends_with("    it: list of 100\n    it[]: u32\n"));
    assert_passes(&array(U32, 100), &array(U64, 100));
    assert_passes(&array(U32, 100), &with(list(U64)));
    assert_breaks(&array(U32, 100), &array(U32, 99), &[Rule::RetypedField]);
    assert_breaks(&with(list(U32)), &array(U32, 100), &[Rule::RetypedField]);
    assert_breaks(&array(U64, 100), &array(U32, 100), &[Rule::RetypedField]);
}

#[test]
fn a_removed_variant_breaks() {
    let both = with(choice([("Car", None), ("Bike", Some(place([("gears", U64)])))]));
    let car = with(choice([("Car", None)]));
    assert_eq!(faults(&both, &car), ["8: `it/Bike` was object and is gone [removed-variant]"]);
    assert_breaks(&both, &car, &[Rule::RemovedVariant]);
    assert_passes(&car, &both);
}

#[test]
fn a_variant_keeps_its_content() {
    let unit = with(choice([("Car", None)]));
    let full = with(choice([("Car", Some(place([])))]));
    assert_eq!(faults(&unit, &full), ["8: `it/Car` was unit and is object [retyped-field]"]);
    assert_breaks(&full, &unit, &[Rule::RetypedField]);
}

#[test]
fn the_keys_of_a_map_are_read_too() {
    let by = |variants| with(map(variants, U64));
    let both = by(choice([("Eur", None), ("Usd", None)]));
    let one = by(choice([("Eur", None)]));
    assert_breaks(&both, &one, &[Rule::RemovedVariant]);
    assert_passes(&one, &both);
    assert_passes(&both, &by(Shape::Text));
    assert_breaks(&by(Shape::Text), &both, &[Rule::RetypedField]);
}

/// `struct Tree { leaf, children: Vec<Tree> }`
fn tree(name: &str, leaf: Shape) -> Shape {
    let again = list(again(name, 0));
    named(name, [field("leaf", leaf), field("children", again)])
}

#[test]
fn a_form_in_itself_is_compared_once() {
    let before = with(tree("Tree", U64));
    assert!(locked(&before).contains("    it.children[]: again it\n"));
    assert_eq!(locked(&before), locked(&with(tree("Renamed", U64))));
    assert_eq!(
        faults(&before, &with(tree("Tree", U32))),
        ["10: `it.leaf` was u64 and is u32 [retyped-field]"]
    );
    assert_passes(&with(tree("Tree", U32)), &before);
}

#[test]
fn the_nearest_of_two_forms_of_one_name_is_meant() {
    let outer = with(named("Tree", [field("trunk", tree("Tree", U64))]));
    assert!(locked(&outer).contains("    it.trunk.children[]: again it.trunk\n"));
}

/// `a::Node { child: b::Node { back: a::Node } }`
#[test]
fn forms_of_one_name_are_told_apart() {
    let outer = |up| {
        with(named(
            "Node",
            [field("child", named("Node", [field("back", list(again("Node", up)))]))],
        ))
    };
    assert!(locked(&outer(0)).contains("    it.child.back[]: again it.child\n"));
    assert!(locked(&outer(1)).contains("    it.child.back[]: again it\n"));
    assert_breaks(&outer(0), &outer(1), &[Rule::RemovedField, Rule::RequiredField]);
}

#[test]
fn a_form_in_itself_may_be_written_out() {
    let once = tree("Tree", U64);
    let twice = named("Root", [field("leaf", U64), field("children", list(tree("Tree", U64)))]);
    assert_passes(&with(once.clone()), &with(twice.clone()));
    assert_passes(&with(twice), &with(once.clone()));
    let other = named("Root", [field("leaf", U64), field("children", list(tree("Tree", U32)))]);
    assert_eq!(
        faults(&with(once), &with(other)),
        [
            "10: `it.leaf` was u64, and `it.children[].leaf`, as which it is read, is u32 [retyped-field]"
        ]
    );
}
