//! Tags and boundaries.

use factum_core::schema::{
    AggregateSchema, CommandSchema, Description, EventSchema, Field, Object, Shape, TagSchema,
};
use serde_json::json;

use crate::app::{aggregate, command, document, event, json};

fn fields() -> Shape {
    let field = |name: &str| Field {
        name: name.to_owned(),
        aliases: Vec::new(),
        shape: Shape::Text,
        optional: false,
    };
    let fields = ["course", "thePupil"].map(field).into();
    Shape::Object(Object { name: "Fields".to_owned(), fields, strict: false })
}

const TAGS: [TagSchema; 2] = [
    TagSchema { name: "student", field: "the_pupil" },
    TagSchema { name: "course", field: "course" },
];

/// A boundary, an aggregate that is one stream, and what both write.
fn university() -> Description {
    let subscribed = EventSchema { tags: TAGS.into(), ..event("course.subscribed", fields()) };
    let subscribe = CommandSchema { tags: TAGS.into(), ..command("course.subscribe", fields()) };
    let bell = event("course.bell_rang", Shape::Any);
    let subscription = AggregateSchema {
        boundary: vec!["course", "student"],
        ..aggregate("subscription", vec![subscribe], vec![subscribed.clone(), bell.clone()])
    };
    let bells =
        aggregate("bells", vec![command("course.ring", Shape::Any)], vec![bell, subscribed]);
    Description { aggregates: vec![subscription, bells], ..Description::default() }
}

#[test]
fn tables_have_columns_for_them_where_there_are_any() {
    let page = document(&university(), "model.md");
    let rows = [
        "| Aggregate | Boundary | Snapshot | What it is |",
        "| `subscription` | `course`<br>`student` | – |  |",
        "| `bells` | – | – |  |",
        "| Command | Sent to | Fields | Tags | What it asks for |",
        "| Event | Version | Written by | Fields | Tags | What happened |",
        "| `course.bell_rang` | 1 | `bells`<br>`subscription` | `any` | – |  |",
    ];
    for row in rows {
        assert!(page.contains(&format!("{row}\n")), "{row} is not in: {page}");
    }
    assert_eq!(page.matches("| `student` of `the_pupil`<br>`course` |").count(), 2, "{page}");
    let without = document(&crate::app::bank(), "model.md");
    assert!(!without.contains("Tags") && !without.contains("Boundary"), "{without}");
}

#[test]
fn a_boundary_is_drawn_behind_its_tags() {
    let page = document(&university(), "model.md");
    let drawn = [
        "tag_student>\"student\"]:::tag",
        "event_course_subscribed -.-> tag_student",
        "event_course_subscribed -.-> tag_course",
        "tag_course -.-> aggregate_subscription",
        "tag_student -.-> aggregate_subscription",
        "classDef tag ",
        "An aggregate that tags (grey) lead to is a boundary",
    ];
    for line in drawn {
        assert!(page.contains(line), "{line} is not in: {page}");
    }
    assert!(!page.contains("bell_rang -.->") && !page.contains("-.-> aggregate_bells"), "{page}");
    assert!(!document(&crate::app::bank(), "model.md").contains("-.->"));
}

#[test]
fn the_diagrams_of_a_large_app_have_boundaries_too() {
    let many = (0..40).map(|n| command(format!("course.do_{n}").leak(), Shape::Any));
    let mut app = university();
    app.aggregates[0].commands.extend(many);
    let page = document(&app, "model.md");
    let (overview, rest) = page.split_once("### ").unwrap();
    assert!(overview.contains("tag_course -.-> aggregate_subscription"), "{overview}");
    assert!(!overview.contains("event_"), "{overview}");
    assert!(rest.contains("event_course_subscribed -.-> tag_course"), "{rest}");
}

#[test]
fn schemas_name_the_tags_and_their_fields() {
    for (file, key) in
        [("events.schema.json", "course.subscribed"), ("commands.schema.json", "course.subscribe")]
    {
        let schema = &json(&university(), file)["$defs"][key];
        assert_eq!(schema["x-tags"], json!(["student", "course"]));
        assert_eq!(schema["properties"]["thePupil"]["x-tag"], "student");
        assert_eq!(schema["properties"]["course"]["x-tag"], "course");
    }
    let events = &json(&university(), "events.schema.json")["$defs"];
    assert!(events["course.bell_rang"].get("x-tags").is_none());
}

#[test]
fn a_channel_says_what_a_boundary_is_decided_on() {
    let document = json(&university(), "asyncapi.json");
    let channel = &document["channels"]["subscription.events"];
    assert_eq!(channel["x-boundary"], json!(["course", "student"]));
    let id = "The values of the tags `course` and `student`, joined by `-`.";
    assert_eq!(channel["parameters"]["id"]["description"], id);
    assert_eq!(channel["address"], "subscription-{id}");
    assert!(document["channels"]["bells.events"].get("x-boundary").is_none());
    let schema = &document["components"]["schemas"]["course.subscribed"];
    assert_eq!(schema["x-tags"], json!(["student", "course"]));
}
