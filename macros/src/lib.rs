//! The derives of the **factum** framework. Use them through the facade package `factum`, which
//! re-exports them with examples.
//!
//! A derive works in two steps: `model` reads the item, checks it and keeps the user's spans;
//! `expand` puts out tokens. Mistakes are collected, all of an item at once, each at the user's own
//! token, and an impl is put out all the same, so that one mistake is one error.

mod attr;
mod ctxt;
mod expand;
#[cfg(test)]
mod golden;
mod model;
mod names;
#[cfg(test)]
mod soup;
mod suggest;
mod tokens;

use ctxt::Ctxt;
use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_macro_input};

fn derive<M>(
    input: &DeriveInput,
    parse: impl FnOnce(&Ctxt, &DeriveInput) -> M,
    expand: impl FnOnce(&M) -> TokenStream,
) -> TokenStream {
    let (model, mut tokens) = Ctxt::collect(|cx| parse(cx, input));
    tokens.extend(expand(&model));
    tokens
}

macro_rules! derives {
    ($($(#[$doc:meta])* $derive:ident($($attr:ident),*) => $function:ident;)*) => {$(
        $(#[$doc])*
        #[proc_macro_derive($derive, attributes($($attr),*))]
        pub fn $function(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
            let input = parse_macro_input!(input as DeriveInput);
            derive(&input, model::$function::$derive::parse, expand::$function::expand).into()
        }
    )*};
}

derives! {
    /// Implements `factum::Event` for an enum. What is written of an event is its variant's fields as
    /// a JSON object, under the variant's name; the enum's own serde impls are neither used nor
    /// required, and fields that the code does not know are ignored.
    ///
    /// | attribute | on | what it says | default |
    /// |---|---|---|---|
    /// | `#[event("context.event")]` | each variant | the persisted name: printable, at most 255 bytes, its own in the enum | required |
    /// | `#[event(…, version = 2)]` | a variant | the version of its form | `1` |
    /// | `#[event(…, upcast(1 => from_v1))]` | a variant | the functions that lead from each version before today's to the next: see `factum::upcast` | needed for each |
    /// | `#[event(…, was = "context.old")]` | a variant | a name under which it was written before; there may be several | none |
    /// | `#[event(…, newer = skip)]` | a variant | that one in a newer form than the code knows is left out and counted: see `factum::event::Newer` | `fail` |
    /// | `#[tag]`, `#[tag("name")]` | fields | that the field's value is a tag of the event; its type implements `Id`, or is an `Option` or a `Vec` of one | not a tag; the field's name |
    /// | `#[serde(…)]` | a field | how the field is written and read: `rename`, `default`, `with`, … | as serde does |
    /// | `#[event(crate = path)]` | the enum | where the facade is | `::factum` |
    ///
    /// The enum has no parameters; its variants have named fields, or none.
    /// Serde attributes on the enum or a variant are errors: the form of an event is fixed.
    Event(event, tag, serde) => event;

    /// Implements `factum::Command` for a struct with named fields.
    ///
    /// | attribute | on | what it says | default |
    /// |---|---|---|---|
    /// | `#[command("context.name")]` | the struct | the persisted name: printable, at most 255 bytes | required |
    /// | `#[id]` | one field | that it holds the id of the aggregate; its type implements `Id` | required, unless there are tags |
    /// | `#[command(…, id = account)]` | the struct | the same, said in one line: which field holds the id | |
    /// | `#[tag]`, `#[tag("name")]` | fields | that the field's value is a tag of the boundary which the command goes to | not a tag; the field's name |
    /// | `#[command(…, crate = path)]` | the struct | where the facade is | `::factum` |
    ///
    /// The struct implements serde's `Serialize` and `Deserialize`.
    Command(command, id, tag) => command;

    /// Implements `factum::Aggregate` for a struct or an enum, and `factum::SentTo` for each of its
    /// commands.
    ///
    /// | option of `#[aggregate(…)]` | what it says | default |
    /// |---|---|---|
    /// | `name = "account"` | the category of its streams, `account-ID`: printable, without hyphen | required |
    /// | `event = AccountEvent` | what happens to it: `Apply<AccountEvent>` says what that does | required |
    /// | `error = AccountError` | why it rejects a command: implements `std::error::Error` | required |
    /// | `commands(Open, Deposit)` | what can be sent to it: `Handle<…>` answers each | required |
    /// | `snapshot(every = 200)` | that its state is kept, after this many events each; the type implements serde's `Serialize` and `Deserialize` | no snapshots |
    /// | `snapshot(…, version = 2)` | the version of the fold: raised where `apply` or an upcaster changed and no type did, so that states of before are not used | `1` |
    /// | `boundary(course, student)` | the tags that make its boundary, each with a field of its name, which is filled before the fold; no snapshots | one stream |
    /// | `crate = path` | where the facade is | `::factum` |
    ///
    /// The type implements `Default`, the state before the first event.
    Aggregate(aggregate, tag) => aggregate;

    /// Implements `factum::Projection` for a struct with named fields, and gives it a constant for
    /// each field, named as the field in upper case, that queries are written with.
    ///
    /// | attribute | on | what it says | default |
    /// |---|---|---|---|
    /// | `#[projection(name = "balances")]` | the struct | the name of the view: printable, at most 255 bytes | required |
    /// | `#[projection(from(AccountEvent))]` | the struct | what it follows: `Project<…>` says what each does | required |
    /// | `#[projection(from(FineEvent by keys_of))]` | the struct | that a function, `fn(&FineEvent, &Origin) -> impl IntoIterator<Item = impl AsRef<str>>`, gives the keys of the rows that an event concerns | the id of the event's stream |
    /// | `#[projection(keys = keys_of)]` | the struct | the same, where `from` lists one enum | |
    /// | `#[projection(version = 2)]` | the struct | the version of its code: a new one is built anew from the log | `1` |
    /// | `#[key]` | one field | that it holds the row's key; its type implements `Id` | required |
    /// | `#[key(tag)]`, `#[key(tag = "name")]` | instead | that the row's key is the value of a tag; events without it are left out | the id of the event's stream |
    /// | `#[index]` | fields | that queries compare it and sort by it; its type implements `Indexable` | not indexed |
    /// | `#[projection(crate = path)]` | the struct | where the facade is | `::factum` |
    ///
    /// The struct implements `Default`, `Clone` and serde's `Serialize` and `Deserialize`.
    Projection(projection, key, index) => projection;

    /// Implements `factum::Saga` for a struct or an enum, the state of one instance of a process, and
    /// `factum::saga::SentBy` for each of its commands.
    ///
    /// | option of `#[saga(…)]` | what it says | default |
    /// |---|---|---|
    /// | `name = "transfer"` | its name, of which the streams of its instances are called, `saga.transfer-ID`: printable, without hyphen | required |
    /// | `starts(AccountEvent::TransferStarted)` | the events that an instance begins with; `React<AccountEvent>` says what follows from all of the enum | required |
    /// | `from(PaymentEvent)` | the enums of which it hears besides | those of `starts` |
    /// | `from(PaymentEvent by order_of)` | that a function, `fn(&PaymentEvent, &Origin) -> Option<impl Into<String>>`, gives the id of the instance that an event goes to | `by` |
    /// | `by = order` | that this is the value of the event's tag of this name; events without it are left out | the event's correlation |
    /// | `sends(Deposit)` | the commands that it may send to the aggregates which list them | none |
    /// | `calls(Charge)` | the commands that it may have a `Step` carry out | none |
    /// | `answers(Charge)` | those of its commands whose answers it takes: `Answered<Charge>` says what follows | none |
    /// | `version = 2` | the version of the form of its state | `1` |
    /// | `upcast(1 => from_v1)` | the functions, `fn(Fields) -> Fields`, that lead a state from each version before today's to the next | needed for each |
    /// | `crate = path` | where the facade is | `::factum` |
    ///
    /// The type implements `Default`, the state that an instance begins with, and serde's `Serialize` and
    /// `Deserialize`.
    Saga(saga, tag) => saga;

    /// Implements `factum::Id` for a struct with one field, whose type implements `Id`. The text is
    /// that of the field.
    ///
    /// | attribute | on | what it says | default |
    /// |---|---|---|---|
    /// | `#[id(crate = path)]` | the struct | where the facade is | `::factum` |
    Id(id) => id;
}
