//! Values, lists, tuples and maps.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ffi::CString;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{It, breaks, breaks_for_others, passes};

#[test]
fn numbers() {
    passes::<_, It<u64>>(It { it: u32::MAX });
    passes::<_, It<i16>>(It { it: u8::MAX });
    passes::<_, It<i128>>(It { it: u64::MAX });
    passes::<_, It<u128>>(It { it: u64::MAX });
    passes::<_, It<f64>>(It { it: u32::MAX });
    passes::<_, It<f64>>(It { it: 1.5_f32 });
    breaks::<_, It<u32>>(It { it: u64::MAX });
    breaks::<_, It<i8>>(It { it: u8::MAX });
    breaks::<_, It<u64>>(It { it: -1_i64 });
    breaks::<_, It<u64>>(It { it: 1.5_f64 });
    // Not all of them exactly.
    breaks_for_others::<_, It<f64>>(It { it: u64::MAX });
    breaks_for_others::<_, It<f32>>(It { it: 1e300_f64 });
}

#[test]
fn texts_and_nulls() {
    passes::<_, It<String>>(It { it: 'é' });
    breaks::<_, It<char>>(It { it: "ab".to_owned() });
    passes::<_, It<Option<u8>>>(It { it: () });
    passes::<_, It<Option<u8>>>(It { it: 7_u8 });
    breaks::<_, It<u8>>(It { it: None::<u8> });
    passes::<_, It<Option<u8>>>(It { it: None::<Option<u8>> });
    passes::<_, It<Option<Option<u16>>>>(It { it: Some(7_u8) });
    breaks::<_, It<String>>(It { it: 7_u8 });
    breaks::<_, It<bool>>(It { it: 1_u8 });
}

#[test]
fn anything() {
    let value = || json!({ "a": [1] });
    passes::<_, It<Option<Value>>>(It { it: value() });
    breaks::<_, It<String>>(It { it: value() });
    // What is `any` may be an enum with a tag.
    breaks_for_others::<_, It<Value>>(It { it: "text".to_owned() });
    breaks_for_others::<_, It<Value>>(It { it: Some(value()) });
    breaks_for_others::<_, It<Vec<Value>>>(It { it: vec![7] });
}

#[test]
fn lists_and_tuples() {
    passes::<_, It<BTreeSet<u16>>>(It { it: vec![2_u8, 1, 2] });
    passes::<_, It<VecDeque<u8>>>(It { it: BTreeSet::from([1_u8]) });
    passes::<_, It<Vec<u8>>>(It { it: [1_u8, 2, 3] });
    passes::<_, It<Vec<u32>>>(It { it: (1_u8, 2_u16) });
    breaks::<_, It<[u8; 3]>>(It { it: vec![1_u8] });
    breaks::<_, It<(u8, u8)>>(It { it: (1_u8, 2_u8, 3_u8) });
    breaks::<_, It<(u8, Option<u8>)>>(It { it: (1_u8,) });
    breaks::<_, It<Vec<u8>>>(It { it: (1_u8, "a".to_owned()) });
    passes::<_, It<Pair>>(It { it: (1_u8, 'a') });
    passes::<_, It<(u16, String)>>(It { it: Pair(1, 'a') });
}

#[derive(Serialize, Deserialize)]
struct Pair(u8, char);

#[test]
fn bytes() {
    let text = || It { it: CString::new("ab").unwrap() };
    passes::<_, It<Vec<u8>>>(text());
    passes::<_, It<Vec<Option<u32>>>>(text());
    passes::<_, It<CString>>(It { it: vec![1_u8, 2] });
    breaks::<_, It<Vec<i8>>>(It { it: CString::new(vec![200]).unwrap() });
    breaks::<_, It<String>>(text());
}

#[test]
fn maps() {
    let by_number = || It { it: HashMap::from([(7_u32, 1_u8)]) };
    passes::<_, It<BTreeMap<u64, u16>>>(by_number());
    passes::<_, It<HashMap<String, u8>>>(by_number());
    breaks::<_, It<HashMap<bool, u8>>>(by_number());
    breaks::<_, It<HashMap<u32, u8>>>(It { it: HashMap::from([("a".to_owned(), 1_u8)]) });
    passes::<_, It<HashMap<String, u8>>>(It { it: HashMap::from([(true, 1_u8)]) });
    breaks::<_, It<HashMap<u8, u8>>>(It { it: HashMap::from([(-1_i8, 1_u8)]) });
    breaks::<_, It<Vec<u8>>>(by_number());
    breaks::<_, It<HashMap<u32, u8>>>(It { it: HashMap::from([(7_u32, 300_u16)]) });
}
