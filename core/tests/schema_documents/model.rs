//! The page.

use factum_core::schema::{Description, Shape};

use crate::app::{self, aggregate, command, document, event, projection};

fn page(description: &Description) -> String {
    document(description, "model.md")
}

/// A name that lives as long as the test.
fn name(text: String) -> &'static str {
    text.leak()
}

#[test]
fn a_shared_event_is_drawn_once() {
    let page = page(&app::bank());
    assert_eq!(page.matches("event_audit_reviewed([").count(), 1);
    assert!(page.contains("aggregate_account --> event_audit_reviewed\n"));
    assert!(page.contains("aggregate_vault --> event_audit_reviewed\n"));
}

#[test]
fn an_event_of_others_is_marked() {
    let page = page(&app::bank());
    assert!(page.contains("foreign_post_sent --> projection_mail"));
    assert!(page.contains("Events with a dashed border"));
    let app = Description { projections: Vec::new(), sagas: Vec::new(), ..app::bank() };
    assert!(!document(&app, "model.md").contains("dashed"));
}

#[test]
fn a_large_app_has_a_diagram_for_each_aggregate() {
    let part = |part: usize| {
        let commands = (0..20).map(|n| command(name(format!("p{part}.do{n}")), Shape::Any));
        let events = vec![event(name(format!("p{part}.done")), Shape::Any)];
        aggregate(name(format!("p{part}")), commands.collect(), events)
    };
    let app = Description {
        aggregates: (0..3).map(part).collect(),
        projections: vec![projection("all", vec!["p0.done", "p1.done"])],
        ..Description::default()
    };
    let page = page(&app);
    assert_eq!(page.matches("```mermaid").count(), 4);
    let (overview, rest) = page.split_once("### `p0`").unwrap();
    assert!(overview.contains("aggregate_p0 --> projection_all"));
    assert!(!overview.contains("command_"));
    assert!(rest.contains("command_p2_do19 --> aggregate_p2"));
}

#[test]
fn a_saga_leads_from_events_to_what_it_sends() {
    let page = page(&app::bank());
    for arrow in [
        "event_account_deposited ==> saga_review",
        "event_vault_filled --> saga_review",
        "foreign_post_sent --> saga_review",
        "saga_review --> command_account_review",
        "command_account_review --> aggregate_account",
        "command_post_send --> step_post_send",
    ] {
        assert!(page.contains(&format!("    {arrow}\n")), "{arrow} is not in {page}");
    }
    let app = Description { sagas: Vec::new(), ..app::bank() };
    let without = document(&app, "model.md");
    assert!(!without.contains("Sagas") && !without.contains("Steps"), "{without}");
}

#[test]
fn a_large_app_shows_its_sagas_between_aggregates() {
    let part = |part: usize| {
        let commands = (0..20).map(|n| command(name(format!("p{part}.do{n}")), Shape::Any));
        let events = ["done", "left"].map(|e| event(name(format!("p{part}.{e}")), Shape::Any));
        aggregate(name(format!("p{part}")), commands.collect(), events.to_vec())
    };
    let hears = vec![("p0.left", false), ("p0.done", true)];
    let sends = vec![("p1.do1", Some("p1")), ("post.send", None)];
    let app = Description {
        aggregates: (0..3).map(part).collect(),
        sagas: vec![app::saga("lead", hears, sends)],
        ..Description::default()
    };
    let page = page(&app);
    let (overview, rest) = page.split_once("### `p0`").unwrap();
    let arrows: Vec<_> = overview.lines().filter(|line| line.contains("> ")).collect();
    let expected = [
        "    aggregate_p0 ==> saga_lead",
        "    saga_lead --> aggregate_p1",
        "    saga_lead --> step_post_send",
    ];
    assert_eq!(arrows, expected);
    let (p0, rest) = rest.split_once("### `p1`").unwrap();
    let (p1, p2) = rest.split_once("### `p2`").unwrap();
    assert!(
        p0.contains("event_p0_done ==> saga_lead") && p0.contains("event_p0_left --> saga_lead")
    );
    assert!(p1.contains("saga_lead --> command_p1_do1") && !p1.contains("post"));
    let (p2, _) = p2.split_once("```\n\n## ").unwrap();
    assert!(!p2.contains("saga"), "{p2}");
}

#[test]
fn odd_names_break_neither_diagram_nor_table() {
    let odd = "end.a|b\"]<b>`#x;\n%%{init}%%";
    let commands = vec![
        command(odd, Shape::Any),
        command("end.a+b", Shape::Any),
        command("end.a*b", Shape::Any),
    ];
    let app = Description {
        aggregates: vec![aggregate("end", commands, vec![event("class.style:#", Shape::Any)])],
        ..Description::default()
    };
    let page = page(&app);
    let label = "\"end.a#124;b#34;#93;#60;b#62;#96;#35;x#59; #37;#37;#123;init#125;#37;#37;\"";
    assert!(page.contains(label), "{page}");
    assert!(page.contains("command_end_a_b[\"end.a#42;b\"]"));
    assert!(page.contains("command_end_a_b_2[\"end.a#43;b\"]"));
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| <code>end")).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].matches('|').count(), 5);
}

#[test]
fn an_empty_app_has_a_page_without_sections() {
    let page = page(&Description::default());
    assert!(page.starts_with("# bank\n"));
    assert!(!page.contains("##"));
}
