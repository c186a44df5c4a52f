//! The rules of a fine, and of its rows.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use factum::testing::{given, projected};

use crate::fines::arguments::Arguments;
use crate::fines::commands::*;
use crate::fines::date::Date;
use crate::fines::events::FineEvent::{self, *};
use crate::fines::figures::Figures;
use crate::fines::fine::{Fine, FineError};
use crate::fines::money::{BadMoney, cents, euros};
use crate::fines::rows::{BadRow, Rows};
use crate::fines::views::{ALL, FineRow, Totals};

fn day() -> Date {
    Date::try_from("2015-01-05".to_owned()).unwrap()
}
fn create(amount: i64) -> Create {
    let (article, vehicle) = ("157".to_owned(), "A".to_owned());
    Create { fine: "S1".to_owned(), date: day(), amount, article, vehicle }
}
fn created(amount: i64, shift: Figures) -> FineEvent {
    let (article, vehicle) = ("157".to_owned(), "A".to_owned());
    Created { date: day(), amount, article, vehicle, shift }
}
fn pay(total: i64) -> Pay {
    Pay { fine: "S1".to_owned(), date: day(), total }
}

#[test]
fn each_event_carries_the_shift_that_it_causes() {
    given::<Fine>([])
        .when(create(3500))
        .then([created(3500, Figures { fines: 1, due: 3500, outstanding: 3500, ..none() })])
        .when(pay(4000))
        .then([Paid {
            date: day(),
            total: 4000,
            shift: Figures { paid: 4000, outstanding: -3500, fully_paid: 1, ..none() },
        }])
        .when(SendOut { fine: "S1".to_owned(), date: day(), expense: 1100 })
        .then([Sent {
            date: day(),
            expense: 1100,
            shift: Figures { due: 1100, outstanding: 600, fully_paid: -1, ..none() },
        }])
        .when(AddPenalty { fine: "S1".to_owned(), date: day(), amount: 7000 })
        .then([PenaltyAdded {
            date: day(),
            amount: 7000,
            shift: Figures { due: 3500, outstanding: 3500, ..none() },
        }]);
}

fn none() -> Figures {
    Figures::default()
}

#[test]
fn a_fine_is_appealed_and_collected_once() {
    given::<Fine>([created(1, none())])
        .when(AppealToPrefecture { fine: "S1".to_owned(), date: day() })
        .then([AppealedToPrefecture { date: day(), shift: Figures { appealed: 1, ..none() } }])
        .when(AppealToJudge { fine: "S1".to_owned(), date: day(), dismissal: String::new() })
        .then([AppealedToJudge { date: day(), dismissal: String::new(), shift: none() }])
        .when(SendForCollection { fine: "S1".to_owned(), date: day() })
        .then([SentForCollection { date: day(), shift: Figures { in_collection: 1, ..none() } }])
        .when(SendForCollection { fine: "S1".to_owned(), date: day() })
        .then([SentForCollection { date: day(), shift: none() }]);
}

#[test]
fn no_fine_has_an_endless_amount() {
    let cents = i64::MAX;
    given::<Fine>([]).when(create(cents)).then_rejected(FineError::TooMuch { cents });
    given::<Fine>([]).when(pay(-1)).then_rejected(FineError::TooMuch { cents: -1 });
}

#[test]
fn views_add_up_the_shifts() {
    let first = Figures { fines: 1, due: 3500, outstanding: 3500, ..none() };
    let second = Figures { paid: 3500, outstanding: -3500, fully_paid: 1, ..none() };
    let both = Figures { fines: 1, due: 3500, paid: 3500, fully_paid: 1, ..none() };
    let events = || [created(3500, first), Paid { date: day(), total: 3500, shift: second }];
    projected::<Totals>()
        .given("fine-S1", events())
        .given("fine-S2", [created(3500, first)])
        .then_row_with(ALL, |all| {
            assert_eq!((all.events, all.figures.fines, all.figures.due), (3, 2, 7000));
        })
        .then_no_row("S1");
    projected::<FineRow>().given("fine-S1", events()).then_row(
        "S1",
        FineRow {
            fine: "S1".to_owned(),
            outstanding: 0,
            in_collection: false,
            events: 2,
            newest: Some(day()),
            figures: both,
        },
    );
}

#[test]
fn money_is_read_exactly() {
    assert_eq!(cents("35"), Ok(3500));
    assert_eq!(cents("35.0"), Ok(3500));
    assert_eq!(cents("0.29"), Ok(29));
    assert_eq!(cents("36.520"), Ok(3652));
    assert_eq!(cents("90071992547409.93"), Ok(9_007_199_254_740_993));
    assert_eq!(cents(""), Err(BadMoney::Missing));
    assert_eq!(cents("-1.0"), Err(BadMoney::Negative("-1.0".to_owned())));
    assert_eq!(cents("1.005"), Err(BadMoney::Fraction("1.005".to_owned())));
    for form in ["abc", "1e3", ".5", "5.", "+5", "1,5", "NaN", "1.2.3", "٣"] {
        assert_eq!(cents(form), Err(BadMoney::Form(form.to_owned())), "{form}");
    }
    let large = "99999999999999999999".to_owned();
    assert_eq!(cents(&large), Err(BadMoney::TooLarge(large.clone())));
    assert_eq!([0, 5, 3652, -5].map(euros), ["0.00", "0.05", "36.52", "-0.05"].map(str::to_owned));
}

#[test]
fn days_are_checked() {
    for wrong in ["", "2015-02-30", "2015-1-05", "05/01/2015", "2015-01-05T00:00:00Z"] {
        assert!(Date::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

const HEADER: &str = "fine_id,date,activity,amount,article,dismissal,expense,notificationtype,\
                      totalpaymentamount,vehicleclass\n";

/// The lines of the rows, with the reason for those that are malformed, and the ids of the others.
fn read(rows: &[u8]) -> Vec<(u64, Result<String, BadRow>)> {
    let file = [HEADER.as_bytes(), rows].concat();
    let mut rows = Rows::open(file.as_slice()).unwrap();
    std::iter::from_fn(|| rows.next().unwrap())
        .map(|row| (row.line, row.content.map(|request| request.id.to_string())))
        .collect()
}

#[test]
fn malformed_rows_are_told_apart_and_the_rest_go_on() {
    let rows = b"S1,2015-01-05,Create Fine,x,157,NIL,,,,A\n\
        S1,2015-01-05,Payment,,,,,,,\n\
        S1,2015-02-30,Payment,,,,,,1.0,\n\
        \n\
        S1,2015-01-05,Parade,,,,,,,\n\
        S1,2015-01-05,Payment\n\
        ,2015-01-05,Payment,,,,,,1.0,\n\
        S\xff,2015-01-05,Payment,,,,,,1.0,\n\
        S1,2015-01-05,Payment,,\"x,,,,1.0,\n\
        S1,2015-01-05,Payment,,,,,,1.0,\r\n\
        \"S1\",\"2015-01-05\",Payment,,,,,, 1.0 ,";
    let reasons: Vec<_> = read(rows)
        .into_iter()
        .map(|(line, row)| (line, row.err().map(|bad| bad.to_string()).unwrap_or_default()))
        .collect();
    let expected = [
        (2, "amount \"x\" is not an amount in euros such as 35.00"),
        (3, "totalpaymentamount is missing"),
        (4, "date \"2015-02-30\" is not a day such as 2006-07-24"),
        (6, "\"Parade\" is not one of the eleven activities"),
        (7, "the row has 3 fields, the header 10"),
        (8, "fine_id is missing"),
        (9, "the row is not UTF-8 text"),
        (10, "the row has 5 fields, the header 10"),
        (11, ""),
        (12, ""),
    ];
    assert_eq!(reasons, expected.map(|(line, reason)| (line, reason.to_owned())));
}

#[test]
fn ids_follow_from_the_fine_and_the_place_among_its_rows() {
    let payment = |fine: &str| format!("{fine},2015-01-05,Payment,,,,,,1.0,\n");
    let ids = |rows: &[String]| -> Vec<String> {
        read(rows.concat().as_bytes()).into_iter().filter_map(|(_, row)| row.ok()).collect()
    };
    let two = ids(&[payment("S1"), payment("S1")]);
    assert_ne!(two[0], two[1]);
    let mixed = ids(&[payment("S2"), payment("S1"), payment("S2"), payment("S1")]);
    assert_eq!(two, [mixed[1].as_str(), mixed[3].as_str()]);
    let malformed = ids(&["S1,today,Payment,,,,,,1.0,\n".to_owned(), payment("S1")]);
    assert_eq!(malformed, [two[1].as_str()]);
    let not_text = [b"S1,2015-01-05,Pay\xffment,,,,,,1.0,\n", payment("S1").as_bytes()].concat();
    let after = read(&not_text).into_iter().filter_map(|(_, row)| row.ok()).collect::<Vec<_>>();
    assert_eq!(after, [two[1].as_str()]);
}

#[test]
fn a_file_of_something_else_is_refused() {
    let error = Rows::open("a,b\n1,2\n".as_bytes()).err().map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some("the file has no column fine_id"));
    assert!(Rows::open("".as_bytes()).is_err());
    assert!(Rows::open(b"\xff".as_slice()).is_err());
}

#[test]
fn the_command_line_is_checked() {
    let parse = |words: &[&str]| Arguments::parse(words.iter().map(|word| (*word).to_owned()));
    let fine = Some("S1".to_owned());
    assert_eq!(parse(&["--fine", "S1"]), Ok(Arguments { fine, ..Arguments::default() }));
    assert!(parse(&["--db"]).is_err());
    assert!(parse(&["data.csv"]).is_err());
}
