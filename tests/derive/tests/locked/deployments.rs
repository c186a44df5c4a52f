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
            #[allow(dead_code)]
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
            fn on_json(mut old: Fields) -> Fields {
                let cents = old.get("cents").map(ToString::to_string);
                old.insert("cents", cents);
                old
            }

            #[allow(dead_code)]
            fn that_forgets(old: Fields) -> Fields {
                old
            }

            #[allow(dead_code)]
            fn that_panics(_: Fields) -> Fields {
                panic!("no town")
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
deployment!(forgetful {
    deposited {
        #[event("account.deposited", version = 2, upcast(1 => that_forgets))]
        Deposited { cents: String, place: Place },
    }
    place { town: String }
    others { #[event("account.shut")] Shut, }
});
deployment!(panicking {
    deposited {
        #[event("account.deposited", version = 2, upcast(1 => that_panics))]
        Deposited { cents: String, place: Place },
    }
    place { town: String }
    others { #[event("account.shut")] Shut, }
});
deployment!(not_written {
    deposited { #[event("account.deposited")] Deposited { cents: u64, place: Place }, }
    place { #[serde(skip_serializing)] town: String }
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

/// A check of a whole object, of which its form says nothing.
pub mod periods {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Serialize, Deserialize)]
    pub struct Unchecked {
        from: u32,
        to: u32,
    }

    #[derive(Clone, Serialize, Deserialize)]
    #[serde(try_from = "Unchecked")]
    pub struct Period {
        from: u32,
        to: u32,
    }

    impl TryFrom<Unchecked> for Period {
        type Error = &'static str;

        fn try_from(Unchecked { from, to }: Unchecked) -> Result<Self, Self::Error> {
            if from < to { Ok(Self { from, to }) } else { Err("ends before it begins") }
        }
    }
}

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

    plain!(
        of_any_period,
        #[derive(Event, Clone)]
        pub enum AccountEvent {
            #[event("account.let")]
            Let { period: crate::deployments::periods::Unchecked },
        }
    );
    plain!(
        of_a_period,
        #[derive(Event, Clone)]
        pub enum AccountEvent {
            #[event("account.let")]
            Let { period: crate::deployments::periods::Period },
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
