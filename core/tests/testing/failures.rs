//! A failing test names its own line and shows what differs.

use factum_core::testing::{TIME, given, projected};

use crate::blame::{failure, message};
use crate::purse::PurseEvent::*;
use crate::purse::{Content, Purse, PurseError, PurseEvent, Put, Take};

fn take(cents: u64) -> Take {
    Take { purse: "mine".to_owned(), cents }
}
fn put(what: &str) -> Put {
    Put { what: what.to_owned() }
}

#[test]
fn other_events_are_shown_line_by_line_at_the_line_of_the_test() {
    let line = line!() + 2;
    let (place, message) = failure(|| {
        given::<Purse>([Filled { cents: 9 }]).when(take(4)).then([Emptied {
            cents: 5,
            by: None,
            at: TIME,
        }]);
    });
    assert!(place.starts_with(&format!("{}:{line}:", file!())), "{place}");
    let expected = "the events of purse.take (- expected, + actual):
  [
      Emptied {
-         cents: 5,
+         cents: 4,
          by: None,
          at: 2000-01-01T00:00:00.000000Z,
      },
  ]
";
    assert_eq!(message, expected);
}

#[test]
fn a_rejection_that_was_not_expected() {
    let said = message(|| _ = given::<Purse>([]).when(take(1)).then([Filled { cents: 1 }]));
    assert!(said.starts_with("purse.take was rejected: only 0 cents in it\nexpected: ["), "{said}");
    let said = message(|| _ = given::<Purse>([]).when(take(1)).then_nothing());
    assert!(said.starts_with("purse.take was rejected"), "{said}");
    let said = message(|| _ = given::<Purse>([]).when(take(1)).when(take(0)));
    assert!(said.ends_with("the test goes on as if it were not"), "{said}");
}

#[test]
fn an_acceptance_that_was_not_expected() {
    let said = message(|| {
        _ = given::<Purse>([Filled { cents: 1 }]).when(take(1)).then_rejected(PurseError::Shut);
    });
    assert!(said.starts_with("purse.take was accepted, with the events ["), "{said}");
}

#[test]
fn another_rejection() {
    let said = message(|| _ = given::<Purse>([]).when(take(1)).then_rejected(PurseError::Shut));
    let expected = "the rejection of purse.take (- expected, + actual):
- Shut
+ Short {
+     cents: 0,
+ }
";
    assert_eq!(said, expected);
}

#[test]
fn what_the_codec_loses_is_missed() {
    let said = message(|| {
        _ = given::<Purse>([Filled { cents: 9 }]).when(put("lost")).then([Lost { cents: 3 }]);
    });
    assert!(said.contains("-         cents: 3,\n+         cents: 0,\n"), "{said}");
}

#[test]
fn what_cannot_be_stored_is_named() {
    let given_one = |event: PurseEvent| message(move || _ = given::<Purse>([event]));
    assert_eq!(
        given_one(Hidden),
        "event 0 of `given`, purse.hidden: it is written as purse.hidden version 1, which its \
         `TYPES` do not list"
    );
    assert_eq!(
        given_one(Bare),
        "event 0 of `given`, purse.bare: its payload is not a JSON object: 7"
    );
    let said = given_one(Garbled);
    assert!(said.contains("what was written cannot be read: the payload does not fit"), "{said}");
    assert!(said.ends_with("payload: {}"), "{said}");
    let said = message(|| _ = given::<Purse>([]).when(put("renamed")));
    assert_eq!(
        said,
        "event 0 of purse.put, purse.renamed: read and written again it is another:\n\
         - purse.renamed {}\n+ purse.filled {\"cents\":1}"
    );
}

#[test]
fn a_command_that_cannot_be_sent() {
    let nobody = Take { purse: String::new(), cents: 1 };
    let said = message(|| _ = given::<Purse>([]).when(nobody));
    assert!(said.starts_with("the command cannot be sent: id \"\" is empty"), "{said}");
    let yours = Take { purse: "yours".to_owned(), cents: 0 };
    let said = message(|| _ = given::<Purse>([]).when(take(0)).when(yours));
    assert!(said.ends_with("went to purse-mine, this one to purse-yours"), "{said}");
}

#[test]
fn rows_that_differ_are_shown_line_by_line() {
    let kept = Content { purse: "mine".to_owned(), cents: 9, changed: TIME, ..Content::default() };
    let noted = Content { note: "not kept".to_owned(), ..kept };
    let said = message(|| {
        _ = projected::<Content>()
            .given("purse-mine", [Filled { cents: 9 }])
            .then_row("mine", noted);
    });
    let expected = "row \"mine\" of contents (- expected, + actual):
  Content {
      purse: \"mine\",
      cents: 9,
      changed: 2000-01-01T00:00:00.000000Z,
-     note: \"not kept\",
+     note: \"\",
  }
";
    assert_eq!(said, expected);
}

#[test]
fn rows_that_are_missing_or_too_many() {
    let rows = || projected::<Content>().given("purse-mine", [Filled { cents: 9 }]);
    let said = message(|| _ = rows().then_row("hers", Content::default()));
    assert_eq!(said, "contents has no row \"hers\"; it has [\"mine\"]");
    let said = message(|| _ = rows().then_no_row("mine"));
    assert!(said.starts_with("contents has a row \"mine\": {\"purse\":\"mine\""), "{said}");
}

#[test]
fn a_projection_that_no_view_could_keep() {
    let given = |event: PurseEvent| {
        message(move || _ = projected::<Content>().given("purse-mine", [event]))
    };
    assert_eq!(
        given(Lost { cents: 1 }),
        "purse.lost of stream purse-mine: row \"mine\": `project` changed the row's key to \"stolen\""
    );
    for cents in [13, 14] {
        let said = given(Filled { cents });
        assert!(said.contains("row \"mine\": `values` gives ["), "{said}");
    }
    let said = message(|| _ = projected::<Content>().given("purse", [Filled { cents: 1 }]));
    assert!(said.starts_with("stream \"purse\" is not of the form `category-id`"), "{said}");
}
