//! What became of payments, by the log alone.

use std::collections::BTreeMap;

use factum::codec;
use factum::saga::{Instance, Saga, SagaEvent, Status};
use factum::store::{Direction, EventStore, Mark, Query, Range, Recorded};

use crate::bank::AccountEvent;
use crate::payments::{ACCOUNTS, PUT_IN, Payment, Payments};

/// The accounts and the payments, as far as the log was read.
#[derive(Debug, Default)]
pub struct Books {
    accounts: BTreeMap<String, u64>,
    /// By the ids of their instances.
    payments: BTreeMap<String, Way>,
    read_to: Option<Mark>,
}

/// What happened to a payment.
#[derive(Debug, Default)]
struct Way {
    begun: u32,
    from: String,
    paid: u32,
    given_back: u32,
    fired: u32,
    instance: Instance,
}

impl Books {
    /// Reads what is new in the log.
    ///
    /// # Panics
    /// If it cannot be read.
    pub async fn read_on(&mut self, log: &dyn EventStore) {
        loop {
            let range = self.read_to.map_or(Range::ALL, Range::since);
            let page = log.read(Query::All, range, Direction::Forward, 5_000).await.unwrap();
            page.events.iter().for_each(|event| self.enter(event));
            self.read_to = Some(page.complete_to);
            if !page.more {
                return;
            }
        }
    }

    fn enter(&mut self, event: &Recorded) {
        match event.at.stream.category() {
            "account" => self.enter_account(event),
            Payments::CATEGORY => {
                let event_of = codec::decode::<SagaEvent>(event).unwrap();
                let way = self.payments.entry(event.at.id().to_owned()).or_default();
                way.fired += u32::from(matches!(event_of, SagaEvent::Fired(_)));
                way.instance.apply(&event_of);
            }
            other => panic!("a stream of {other}"),
        }
    }

    fn enter_account(&mut self, event: &Recorded) {
        let account = event.at.id();
        let cents = self.accounts.entry(account.to_owned()).or_default();
        let payment = event.at.correlation().to_string();
        match codec::decode::<AccountEvent>(event).unwrap() {
            AccountEvent::Opened | AccountEvent::Closed => {}
            AccountEvent::TransferStarted { cents: taken, .. } => {
                *cents -= taken;
                let way = self.payments.entry(payment).or_default();
                way.begun += 1;
                account.clone_into(&mut way.from);
            }
            AccountEvent::Deposited { cents: put } => {
                *cents += put;
                // Else it was put in from outside.
                if let Some(way) = self.payments.get_mut(&payment) {
                    let back = way.from == account;
                    *(if back { &mut way.given_back } else { &mut way.paid }) += 1;
                }
            }
        }
    }

    /// How many payments have begun and not ended.
    pub fn under_way(&self) -> usize {
        self.payments.values().filter(|way| !way.instance.status().is_over()).count()
    }

    /// How a payment is.
    pub fn status(&self, payment: Payment) -> Option<Status> {
        self.payments.get(&payment.id()).map(|way| way.instance.status())
    }

    /// How many payments wait for their timers.
    pub fn waiting(&self) -> usize {
        self.payments.values().filter(|way| way.instance.next_timer().is_some()).count()
    }

    /// Whether nothing was paid twice so far.
    ///
    /// # Panics
    /// If something was.
    pub fn check_nothing_twice(&self) {
        for (id, way) in &self.payments {
            assert!(way.begun == 1 && way.fired <= 1, "{id}: {way:?}");
            assert!(way.paid + way.given_back <= 1, "{id}: {way:?}");
        }
    }

    /// Whether these payments and no others have been made, each once and to its end, and no money was
    /// lost or came from nowhere.
    ///
    /// # Panics
    /// If not.
    pub fn check_settled(&self, payments: impl ExactSizeIterator<Item = Payment>) {
        self.check_nothing_twice();
        assert_eq!(self.payments.len(), payments.len(), "other payments");
        for payment in payments {
            let way = &self.payments[&payment.id()];
            let wanted = match payment.arrives() {
                true => (Status::Completed, 1, 0),
                false => (Status::Compensated, 0, 1),
            };
            let found = (way.instance.status(), way.paid, way.given_back);
            assert_eq!(found, wanted, "{payment:?}: {way:?}");
            assert_eq!(way.fired, u32::from(payment.waits()), "{payment:?}: {way:?}");
        }
        assert_eq!(self.accounts.len(), ACCOUNTS as usize, "other accounts");
        assert_eq!(self.accounts.values().sum::<u64>(), u64::from(ACCOUNTS) * PUT_IN);
    }
}
