//! All groups of a server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tonic::Status;
use uuid::Uuid;

use super::checkpoint::place_after_checkpoint;
use super::config;
use super::consumer::{Delivery, Newcomer};
use super::error::GroupError;
use super::group::{Answer, Group};
use super::key::{Key, Source};
use super::settings::Entry;
use crate::errors::invalid;
use crate::filter::Filter;
use crate::model::{Expected, Refused};
use crate::store::Store;
use crate::wire::persistent_subscriptions::SubscriptionInfo;

/// How often the server looks whether an event was not answered for in time.
const TICK: Duration = Duration::from_secs(1);

/// All groups of a server; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    store: Store,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    groups: BTreeMap<Key, Group>,
    /// What ever had a group.
    sources: BTreeSet<Source>,
}

/// A client's part in a group.
#[derive(Debug)]
pub(crate) struct Membership {
    pub(crate) key: Key,
    pub(crate) consumer: Uuid,
}

impl Groups {
    /// The groups that the log says there are.
    pub(crate) fn open(store: Store) -> Result<Self, Status> {
        let groups = Self { store, state: Arc::default() };
        groups.restart()?;
        Ok(groups)
    }

    /// Delivers what is written and does what time asks for, for ever.
    pub(crate) async fn run(self) {
        let mut growth = self.store.growth();
        let mut ticks = tokio::time::interval(TICK);
        loop {
            let is_tick = tokio::select! {
                grown = growth.changed() => match grown {
                    Ok(()) => false,
                    Err(_) => return,
                },
                _ = ticks.tick() => true,
            };
            for group in self.lock().groups.values_mut() {
                if is_tick {
                    group.tick(&self.store);
                }
                group.pump(&self.store);
            }
        }
    }

    pub(crate) fn create(&self, entry: Entry) -> Result<(), Status> {
        let mut state = self.lock();
        if state.groups.contains_key(&entry.key) {
            return Err(GroupError::Exists.of(&entry.key));
        }
        let entries = state.entries().chain([entry.clone()]).collect();
        config::save(&self.store, entries)?;
        state.start(&self.store, entry)
    }

    /// Changes a group, but not its filter; its consumers are sent away.
    pub(crate) fn update(&self, mut entry: Entry) -> Result<(), Status> {
        let mut state = self.lock();
        let Some(old) = state.groups.get(&entry.key) else {
            return Err(GroupError::DoesNotExist.of(&entry.key));
        };
        entry.filter.clone_from(&old.entry.filter);
        let others = state.entries().filter(|other| other.key != entry.key);
        config::save(&self.store, others.chain([entry.clone()]).collect())?;
        state.stop(&entry.key);
        state.start(&self.store, entry)
    }

    /// Deletes a group with all that it has in the log.
    pub(crate) fn delete(&self, key: &Key) -> Result<(), Status> {
        let mut state = self.lock();
        if !state.groups.contains_key(key) {
            return Err(GroupError::DoesNotExist.of(key));
        }
        config::save(&self.store, state.entries().filter(|other| other.key != *key).collect())?;
        state.stop(key);
        for stream in [key.checkpoint_stream(), key.parked_stream()] {
            match self.store.delete(&stream, Expected::Any) {
                Ok(_) | Err(Refused::WrongVersion { .. }) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(())
    }

    /// Makes the client a consumer of the group.
    pub(crate) fn join(
        &self,
        key: Key,
        about: Newcomer,
    ) -> Result<(Membership, mpsc::UnboundedReceiver<Delivery>), Status> {
        let mut state = self.lock();
        let group = state.group(&key)?;
        if !group.has_room() {
            return Err(GroupError::TooManyConsumers.of(&key));
        }
        let (deliveries, receiver) = mpsc::unbounded_channel();
        // The receiver is here, so that this cannot fail.
        let _ = deliveries.send(Delivery::Confirmed(key.id()));
        let consumer = group.join(about, deliveries);
        group.pump(&self.store);
        Ok((Membership { key, consumer }, receiver))
    }

    pub(crate) fn leave(&self, member: &Membership) {
        if let Ok(group) = self.lock().group(&member.key) {
            group.leave(member.consumer);
            group.pump(&self.store);
        }
    }

    /// Takes a consumer's answer for events.
    pub(crate) fn answer(&self, member: &Membership, ids: &[Uuid], answer: Answer, reason: &str) {
        if let Ok(group) = self.lock().group(&member.key) {
            for id in ids {
                group.answer(&self.store, member.consumer, *id, answer, reason);
            }
            group.pump(&self.store);
        }
    }

    pub(crate) fn replay_parked(&self, key: &Key, stop_at: u64) -> Result<(), Status> {
        let mut state = self.lock();
        let group = state.group(key)?;
        group.replay_parked(&self.store, stop_at);
        group.pump(&self.store);
        Ok(())
    }

    pub(crate) fn info(&self, key: &Key) -> Result<SubscriptionInfo, Status> {
        self.lock().group(key).map(|group| group.info(&self.store))
    }

    /// All groups, or those of one source.
    pub(crate) fn list(&self, of: Option<&Source>) -> Result<Vec<SubscriptionInfo>, Status> {
        let state = self.lock();
        if let Some(source) = of.filter(|source| !state.sources.contains(source)) {
            let key = Key { source: source.clone(), group: String::new() };
            return Err(GroupError::DoesNotExist.of(&key));
        }
        let listed = state.groups.iter().filter(|(key, _)| of.is_none_or(|of| key.source == *of));
        Ok(listed.map(|(_, group)| group.info(&self.store)).collect())
    }

    /// Sends all consumers away and starts all groups from what the log says.
    pub(crate) fn restart(&self) -> Result<(), Status> {
        let mut state = self.lock();
        let keys: Vec<_> = state.groups.keys().cloned().collect();
        for key in &keys {
            state.stop(key);
        }
        for entry in self.store.read(config::load) {
            state.start(&self.store, entry)?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn entries(&self) -> impl Iterator<Item = Entry> {
        self.groups.values().map(|group| group.entry.clone())
    }

    fn group(&mut self, key: &Key) -> Result<&mut Group, Status> {
        self.groups.get_mut(key).ok_or_else(|| GroupError::DoesNotExist.of(key))
    }

    fn start(&mut self, store: &Store, entry: Entry) -> Result<(), Status> {
        let filter = entry.filter.as_ref().map(Filter::parse).transpose().map_err(invalid)?;
        let place = store.read(|log| {
            place_after_checkpoint(log, &entry.key).unwrap_or_else(|| entry.begin.place(log))
        });
        self.sources.insert(entry.key.source.clone());
        self.groups.insert(entry.key.clone(), Group::new(entry, filter, place));
        Ok(())
    }

    fn stop(&mut self, key: &Key) {
        for consumer in self.groups.remove(key).map(|group| group.consumers).unwrap_or_default() {
            // A client that is gone need not know.
            let _ = consumer.deliveries.send(Delivery::Dropped(key.clone()));
        }
    }
}
