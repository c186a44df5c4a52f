//! The lock of a breaker, whose release makes known what changed.

use std::ops::{Deref, DerefMut};

use tokio::sync::Notify;

use crate::events::Listeners;
use crate::machine::Machine;
use crate::state::Gate;
use crate::sync::MutexGuard;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::{BreakerEvent, Change};

/// The machine, locked. Its release publishes the gate and tells the listeners, in the order of the
/// changes because that is still under the lock, and wakes those who wait, which is not.
pub(crate) struct Locked<'a> {
    // The order of these two is that of their release.
    machine: MutexGuard<'a, Machine>,
    wake: Wake<'a>,
    gate: &'a AtomicU64,
    before: Gate,
    listeners: &'a Listeners,
}

struct Wake<'a> {
    waiting: &'a Notify,
    due: bool,
}

impl<'a> Locked<'a> {
    pub(crate) fn new(
        machine: MutexGuard<'a, Machine>,
        gate: &'a AtomicU64,
        listeners: &'a Listeners,
        waiting: &'a Notify,
    ) -> Self {
        let before = machine.gate;
        Self { machine, wake: Wake { waiting, due: false }, gate, before, listeners }
    }

    fn publish(&mut self) {
        let gate = self.machine.gate;
        self.gate.store(gate.0, Ordering::Release);
        self.wake.due = true;
        self.listeners.tell(|| {
            BreakerEvent::Changed(Change {
                from: self.before.state(),
                to: gate.state(),
                cause: self.machine.cause,
                generation: gate.generation(),
            })
        });
    }
}

impl Deref for Locked<'_> {
    type Target = Machine;
    fn deref(&self) -> &Machine {
        &self.machine
    }
}
impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Machine {
        &mut self.machine
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if self.machine.gate != self.before {
            self.publish();
        }
    }
}

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        if self.due {
            self.waiting.notify_waiters();
        }
    }
}
