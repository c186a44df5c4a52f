//! The eleven activities of the file, as commands.

use factum::{App, Sending, SentTo};

use super::commands::*;
use super::date::Date;
use super::fine::Fine;
use super::money::cents;
use super::rows::{BadRow, Fields};

/// A command of any type, to be sent.
pub(crate) type Ask = Box<dyn FnOnce(&App) -> Sending<Fine> + Send>;

fn boxed<C: SentTo<Fine>>(command: C) -> Ask {
    Box::new(|app| app.send(command))
}

/// The command of a row.
pub(crate) fn ask(row: &Fields) -> Result<Ask, BadRow> {
    let fine = row.text("fine_id");
    let date = Date::try_from(row.text("date"))?;
    let money =
        |column| cents(row.get(column)).map_err(|problem| BadRow::Money { column, problem });
    Ok(match row.get("activity") {
        "Create Fine" => {
            let (amount, article) = (money("amount")?, row.text("article"));
            boxed(Create { fine, date, amount, article, vehicle: row.text("vehicleclass") })
        }
        "Send Fine" => boxed(SendOut { fine, date, expense: money("expense")? }),
        "Insert Fine Notification" => {
            boxed(Notify { fine, date, kind: row.text("notificationtype") })
        }
        "Add penalty" => boxed(AddPenalty { fine, date, amount: money("amount")? }),
        "Payment" => boxed(Pay { fine, date, total: money("totalpaymentamount")? }),
        "Insert Date Appeal to Prefecture" => boxed(AppealToPrefecture { fine, date }),
        "Send Appeal to Prefecture" => {
            boxed(SendAppeal { fine, date, dismissal: row.text("dismissal") })
        }
        "Receive Result Appeal from Prefecture" => boxed(ReceiveResult { fine, date }),
        "Notify Result Appeal to Offender" => boxed(NotifyResult { fine, date }),
        "Appeal to Judge" => boxed(AppealToJudge { fine, date, dismissal: row.text("dismissal") }),
        "Send for Credit Collection" => boxed(SendForCollection { fine, date }),
        other => return Err(BadRow::Activity(other.to_owned())),
    })
}
