//! Breakers by name.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::clock::Time;
use crate::{BadSettings, Breaker, BreakerSettings, Clock};

/// Breakers by name, so that all of a program can be looked at and changed in one place. Clones are
/// the same one.
///
/// ```
/// # use factum_resilience::{BreakerSettings, Registry};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let breakers = Registry::new(BreakerSettings::default())?;
/// breakers.configure("careful", BreakerSettings { failure_rate: 0.1, ..Default::default() })?;
/// let (mail, payments) = (breakers.breaker("mail"), breakers.breaker_by("payments", "careful")?);
/// assert_eq!(payments.settings().failure_rate, 0.1);
/// assert_eq!(breakers.all().len(), 2);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Registry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    time: Time,
    default: Checked,
    named: RwLock<BTreeMap<String, Checked>>,
    breakers: RwLock<BTreeMap<String, Breaker>>,
}

/// Settings that make sense.
#[derive(Clone, Debug)]
struct Checked(BreakerSettings);

impl Checked {
    fn new(settings: BreakerSettings) -> Result<Self, BadSettings> {
        settings.check().map(|()| Self(settings))
    }
}

/// There are no settings of this name in the registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are no settings {0:?} for breakers: name them with Registry::configure first")]
pub struct UnknownSettings(pub String);

impl Registry {
    /// An empty registry, with the settings of breakers that ask for no others.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn new(default: BreakerSettings) -> Result<Self, BadSettings> {
        Self::with_time(default, Time::machine())
    }

    /// The same, whose breakers go by a clock of your own.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn with_clock(default: BreakerSettings, clock: impl Clock) -> Result<Self, BadSettings> {
        Self::with_time(default, Time::Given(Arc::new(clock)))
    }

    fn with_time(default: BreakerSettings, time: Time) -> Result<Self, BadSettings> {
        let (named, breakers) = (RwLock::default(), RwLock::default());
        Ok(Self(Arc::new(Inner { time, default: Checked::new(default)?, named, breakers })))
    }

    /// Gives settings a name. Breakers that are there already keep theirs.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn configure(&self, name: &str, settings: BreakerSettings) -> Result<(), BadSettings> {
        write(&self.0.named).insert(name.to_owned(), Checked::new(settings)?);
        Ok(())
    }

    /// The breaker of this name; a new one by the default settings if there is none.
    pub fn breaker(&self, name: &str) -> Breaker {
        self.get(name).unwrap_or_else(|| self.make(name, &self.0.default))
    }

    /// The breaker of this name; a new one by the settings of that name if there is none.
    ///
    /// # Errors
    /// There is no such breaker, and there are no such settings.
    pub fn breaker_by(&self, name: &str, settings: &str) -> Result<Breaker, UnknownSettings> {
        if let Some(breaker) = self.get(name) {
            return Ok(breaker);
        }
        let named = read(&self.0.named).get(settings).cloned();
        let settings = named.ok_or_else(|| UnknownSettings(settings.to_owned()))?;
        Ok(self.make(name, &settings))
    }

    /// The breaker of this name, if there is one.
    pub fn get(&self, name: &str) -> Option<Breaker> {
        read(&self.0.breakers).get(name).cloned()
    }

    /// Adds a breaker made elsewhere under its name; the one that had it before, if any.
    pub fn insert(&self, breaker: Breaker) -> Option<Breaker> {
        write(&self.0.breakers).insert(breaker.name().to_owned(), breaker)
    }

    /// Takes a breaker out. Who has a handle keeps it.
    pub fn remove(&self, name: &str) -> Option<Breaker> {
        write(&self.0.breakers).remove(name)
    }

    /// All of them, by name.
    pub fn all(&self) -> Vec<Breaker> {
        read(&self.0.breakers).values().cloned().collect()
    }

    fn make(&self, name: &str, settings: &Checked) -> Breaker {
        let mut breakers = write(&self.0.breakers);
        // Another thread may have been quicker.
        let new = || Breaker::checked(name, settings.0.clone(), self.0.time.clone());
        breakers.entry(name.to_owned()).or_insert_with(new).clone()
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
