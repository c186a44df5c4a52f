use std::sync::Arc;
use std::time::Duration;

use factum_stores::MemoryStore;
use factum_stores::guarded::{Guard, Guarded};

#[test]
fn a_guard_is_read_from_configuration() {
    let text = r#"{
        "append": {
            "time_limit": "2s",
            "retry": { "attempts": 5 },
            "breaker": { "failure_rate": 0.3 }
        },
        "queue": { "calls": 1000, "within": "1m" }
    }"#;
    let guard: Guard = serde_json::from_str(text).unwrap();
    assert_eq!(guard.append.time_limit, Some(Duration::from_secs(2)));
    assert_eq!(guard.append.retry.unwrap().attempts, 5);
    assert_eq!(guard.append.breaker.as_ref().unwrap().failure_rate, 0.3);
    assert_eq!(guard.queue.unwrap().within, Duration::from_secs(60));
    assert_eq!(guard.read.time_limit, None);
    let again: Guard = serde_json::from_str(&serde_json::to_string(&guard).unwrap()).unwrap();
    assert_eq!((again.append, again.queue), (guard.append, guard.queue));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    for (text, named) in [
        (r#"{ "append": { "retry": { "attempts": 0 } } }"#, "append.retry.attempts is 0"),
        (r#"{ "queue": { "calls": 0, "within": "1s" } }"#, "queue.calls is 0"),
        (r#"{ "queue": { "calls": 9, "within": "0s" } }"#, "queue.within is 0"),
        (r#"{ "read": { "time_limit": "0s" } }"#, "read.time_limit is 0"),
        (
            r#"{ "tail": { "breaker": { "failure_rate": 1.5 } } }"#,
            "tail.breaker.failure_rate is 1.5",
        ),
        (r#"{ "tail": { "retry": { "factor": 0.5 } } }"#, "tail.retry.factor is 0.5"),
        (r#"{ "read": { "bulkhead": { "concurrent": 0 } } }"#, "read.bulkhead.concurrent is 0"),
        (r#"{ "append": { "retry_share": 2.0 } }"#, "append.retry_share is 2"),
    ] {
        let guard: Guard = serde_json::from_str(text).unwrap();
        let error = Guarded::new(Arc::new(MemoryStore::new()), guard).unwrap_err();
        assert!(error.to_string().starts_with(named), "{error}");
    }
}

#[test]
fn a_misspelt_setting_is_refused() {
    let error = serde_json::from_str::<Guard>(r#"{ "apend": {} }"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `apend`"), "{error}");
}
