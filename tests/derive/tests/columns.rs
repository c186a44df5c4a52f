//! What the columns of a view are compared with.
#![deny(warnings, clippy::pedantic)]

use factum::prelude::*;
use factum::view::Value;

#[derive(Event, Clone)]
enum StockEvent {
    #[event("stock.counted")]
    Counted,
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "stock", from(StockEvent))]
struct Item {
    #[key]
    name: String,
    #[index]
    pieces: u16,
    #[index]
    balance: i64,
    #[index]
    shelf: Option<String>,
    #[index]
    limit: Option<u64>,
    #[index]
    open: bool,
    #[index]
    maker: Uuid,
    #[index]
    counted: Timestamp,
}
impl Project<StockEvent> for Item {
    fn project(&mut self, _: &StockEvent, _: &Origin) {}
}

#[test]
fn literals_take_the_type_of_the_column() {
    let item = Item { pieces: 7, balance: -7, shelf: Some("b".into()), ..Item::default() };
    let mut values = Vec::new();
    item.values(&mut values);
    let wanted = [
        Value::Uint(7),
        Value::Int(-7),
        Value::Text("b".into()),
        Value::Null,
        Value::Bool(false),
        Value::Text(Uuid::nil().to_string()),
        Value::Int(0),
    ];
    assert_eq!(values, wanted);
    for (filter, holds) in [
        (Item::PIECES.ge(7), true),
        (Item::PIECES.lt(7u16), false),
        (Item::BALANCE.eq(-7), true),
        (Item::SHELF.gt("a"), true),
        (Item::SHELF.eq(String::from("b")), true),
        (Item::SHELF.eq(None), false),
        (Item::LIMIT.lt(1), true),
        (Item::LIMIT.eq(None), true),
        (Item::LIMIT.ge(Some(1)), false),
        (Item::OPEN.ne(true), true),
        (Item::MAKER.eq(Uuid::nil()), true),
        (Item::COUNTED.le(Timestamp::from_micros(0)), true),
    ] {
        let shown = format!("{filter:?}");
        assert_eq!(filter.into_condition().holds(&values), holds, "{shown}");
    }
}
