//! One domain, as it is deployed over the years.

macro_rules! deployment {
    ($module:ident { deposited { $($deposited:tt)* } place { $($place:tt)* } others { $($others:tt)* } }) => {
        pub mod $module {
            use factum::prelude::*;
            #[allow(unused_imports)]
            use factum::upcast::Fields;

            #[derive(Event, Clone)]
            #[allow(dead_code)]
            pub enum AccountEvent {
                $($deposited)*
                $($others)*
            }

            #[derive(Clone, Serialize, Deserialize)]
            pub struct Place {
                $($place)*
            }

            #[derive(Command, Serialize, Deserialize)]
            #[command("account.deposit")]
            pub struct Deposit {
                #[id]
                account: String,
                cents: u64,
                place: super::first_place::Place,
            }

            #[derive(Aggregate, Default, Serialize, Deserialize)]
            #[aggregate(
                name = "account", event = AccountEvent, error = std::fmt::Error, commands(Deposit),
                snapshot(every = 10)
            )]
            pub struct Account {
                cents: u64,
            }
            impl Apply<AccountEvent> for Account {
                fn apply(&mut self, _: &AccountEvent) {
                    self.cents += 1;
                }
            }
            impl Handle<Deposit> for Account {
                fn handle(&self, _: &Deposit, _: &Context) -> Decision<Self> {
                    emit(None)
                }
            }

            #[allow(dead_code)]
            fn on_json(old: Fields) -> Fields {
                old
            }

            #[derive(Deserialize)]
            #[allow(dead_code)]
            struct OtherForm {
                cents: bool,
            }
            #[allow(dead_code)]
            fn on_another_form(_: OtherForm) -> Fields {
                Fields::default()
            }
        }
    };
}

pub mod first_place {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Place {
        pub town: String,
    }
}

deployment!(first {
    deposited { #[event("account.deposited")] Deposited { cents: u64, place: Place }, }
    place { town: String }
    others { #[event("account.shut")] Shut, }
});
deployment!(retyped {
    deposited { #[event("account.deposited")] Deposited { cents: String, place: Place }, }
    place { town: String }
    others { #[event("account.shut")] Shut, }
});
deployment!(raised {
    deposited {
        #[event("account.deposited", version = 2, upcast(1 => on_json))]
        Deposited { cents: String, place: Place },
    }
    place { town: String }
    others { #[event("account.shut")] Shut, }
});
deployment!(mismatched {
    deposited {
        #[event("account.deposited", version = 2, upcast(1 => on_another_form))]
        Deposited { cents: String, place: Place },
    }
    place { town: String }
    others { #[event("account.shut")] Shut, }
});
deployment!(nested {
    deposited { #[event("account.deposited")] Deposited { cents: u64, place: Place }, }
    place { town: String, street: String }
    others { #[event("account.shut")] Shut, }
});
deployment!(renamed {
    deposited { #[event("account.deposited")] Deposited { amount: u64, place: Place }, }
    place { town: String }
    others { #[event("account.shut")] Shut, }
});
deployment!(aliased {
    deposited {
        #[event("account.deposited")]
        Deposited { #[serde(alias = "cents")] amount: u64, place: Place },
    }
    place { town: String, street: Option<String> }
    others { #[event("account.shut")] Shut, }
});
deployment!(gone {
    deposited { #[event("account.deposited")] Deposited { cents: u64, place: Place }, }
    place { town: String }
    others {}
});
deployment!(named_anew {
    deposited { #[event("account.deposited")] Deposited { cents: u64, place: Place }, }
    place { town: String }
    others { #[event("account.closed", was = "account.shut")] Closed, }
});
deployment!(reused {
    deposited { #[event("account.deposited")] Deposited { cents: u64, place: Place }, }
    place { town: String }
    others {
        #[event("account.closed")] Closed,
        #[event("account.shut")] Shut,
    }
});

/// An event whose fields the report can write a struct for.
pub mod plain {
    macro_rules! plain {
        ($module:ident, $variant:item) => {
            pub mod $module {
                use factum::prelude::*;

                $variant

                #[derive(Aggregate, Default)]
                #[aggregate(
                    name = "account", event = AccountEvent, error = std::fmt::Error, commands()
                )]
                pub struct Account;
                impl Apply<AccountEvent> for Account {
                    fn apply(&mut self, _: &AccountEvent) {}
                }
            }
        };
    }

    plain!(
        before,
        #[derive(Event, Clone)]
        pub enum AccountEvent {
            #[event("account.deposited")]
            Deposited { cents: u64, note: Option<String> },
        }
    );
    plain!(
        after,
        #[derive(Event, Clone)]
        pub enum AccountEvent {
            #[event("account.deposited")]
            Deposited { cents: String },
        }
    );

    pub mod with_the_suggestion {
        use factum::prelude::*;

        #[derive(Event, Clone, Debug, PartialEq)]
        pub enum AccountEvent {
            #[event("account.deposited", version = 2, upcast(1 => deposited_from_v1))]
            Deposited { cents: String },
        }
        include!("suggested.rs");

        #[derive(Aggregate, Default)]
        #[aggregate(name = "account", event = AccountEvent, error = std::fmt::Error, commands())]
        pub struct Account;
        impl Apply<AccountEvent> for Account {
            fn apply(&mut self, _: &AccountEvent) {}
        }
    }
}
