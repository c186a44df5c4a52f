//! What a breaker can be in, and the word that says which.

use std::fmt;

/// What a [`Breaker`](crate::Breaker) is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum State {
    /// Calls go through, and their outcomes decide whether it opens.
    Closed,
    /// Calls are refused until the wait is over.
    Open,
    /// A counted number of probes goes through; their outcomes decide whether it closes.
    HalfOpen,
    /// Calls go through, and nothing is recorded.
    Disabled,
    /// Calls are refused until somebody changes that.
    ForcedOpen,
    /// Calls go through and are recorded, and nothing follows from it.
    MetricsOnly,
}

impl State {
    /// All there are.
    pub const ALL: [Self; 6] = [
        Self::Closed,
        Self::Open,
        Self::HalfOpen,
        Self::Disabled,
        Self::ForcedOpen,
        Self::MetricsOnly,
    ];
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
            Self::Disabled => "disabled",
            Self::ForcedOpen => "forced open",
            Self::MetricsOnly => "metrics only",
        })
    }
}

/// State and generation in one word. Each transition makes a new generation, so two equal words are
/// the same stay in the same state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gate(pub(crate) u64);

impl Gate {
    const STATE: u64 = 0b111;

    /// The first stay of a breaker that is closed.
    pub(crate) const CLOSED: Self = Self(0);
    /// No stay: there are no such states.
    pub(crate) const NONE: Self = Self(u64::MAX);

    /// The next generation, in this state.
    pub(crate) fn then(self, state: State) -> Self {
        Self((self.0 & !Self::STATE).wrapping_add(Self::STATE + 1) | code(state))
    }

    #[inline]
    pub(crate) fn state(self) -> State {
        match self.0 & Self::STATE {
            0 => State::Closed,
            1 => State::Open,
            2 => State::HalfOpen,
            3 => State::Disabled,
            4 => State::ForcedOpen,
            _ => State::MetricsOnly,
        }
    }

    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0 & Self::STATE == 0
    }

    pub(crate) fn generation(self) -> u64 {
        self.0 >> Self::STATE.count_ones()
    }
}

fn code(state: State) -> u64 {
    match state {
        State::Closed => 0,
        State::Open => 1,
        State::HalfOpen => 2,
        State::Disabled => 3,
        State::ForcedOpen => 4,
        State::MetricsOnly => 5,
    }
}
