//! The permission to make one call.

use std::borrow::Borrow;

use crate::machine::Ticket;
use crate::{Breaker, Denied, Verdict};

/// The permission to make one call, from [`Breaker::admit`].
///
/// [`record`](Self::record) tells how the call went. A permit that is dropped without it, because the
/// call was cancelled, comes back and counts as the settings say; one that is dropped by a panic counts
/// as a failure. A permit that is neither recorded nor dropped does not stand in the way: while the
/// breaker is half-open its lease ends, at other times it holds nothing.
#[derive(Debug)]
#[must_use = "a permit that is dropped at once has let nothing through"]
pub struct Permit<B: Borrow<Breaker> = Breaker> {
    breaker: B,
    ticket: Ticket,
    recorded: bool,
}

impl<B: Borrow<Breaker>> Permit<B> {
    #[inline]
    pub(crate) fn new(breaker: B, ticket: Ticket) -> Self {
        Self { breaker, ticket, recorded: false }
    }

    /// Tells how the call went. What comes after the breaker has changed its state does not count.
    #[inline]
    pub fn record(mut self, verdict: Verdict) {
        self.settle(verdict);
    }

    /// Tells it in place: the permit is spent.
    #[inline]
    pub(crate) fn settle(&mut self, verdict: Verdict) {
        self.recorded = true;
        self.breaker.borrow().record(&self.ticket, verdict);
    }

    /// Whether the call is one of those that a half-open breaker counts.
    pub fn is_probe(&self) -> bool {
        self.ticket.probe != 0
    }
}

impl<'a> Permit<&'a Breaker> {
    /// One that permits nothing yet.
    #[inline]
    pub(crate) fn spent(breaker: &'a Breaker) -> Self {
        Self { breaker, ticket: Ticket::default(), recorded: true }
    }

    #[inline]
    pub(crate) fn is_spent(&self) -> bool {
        self.recorded
    }

    /// Makes it a permit if the breaker is closed; whether it is.
    #[inline]
    pub(crate) fn renew_if_closed(&mut self) -> bool {
        self.recorded = !self.breaker.ticket_if_closed(&mut self.ticket);
        !self.recorded
    }

    /// Makes it a permit, if the breaker gives one.
    pub(crate) fn renew(&mut self) -> Result<(), Denied> {
        self.ticket = self.breaker.ticket()?;
        self.recorded = false;
        Ok(())
    }
}

impl<B: Borrow<Breaker>> Drop for Permit<B> {
    #[inline]
    fn drop(&mut self) {
        if !self.recorded {
            self.breaker.borrow().record_dropped(&self.ticket);
        }
    }
}
