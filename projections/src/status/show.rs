//! The status of a consumer in one line, for people.

use std::fmt;

use super::{ConsumerKind, ConsumerStatus, Life, RebuildStatus, SliceOwner};

impl ConsumerStatus {
    /// Its name, with what it is unless that is a projection.
    pub(super) fn title(&self) -> String {
        match self.kind {
            ConsumerKind::Projection => self.name.clone(),
            kind => format!("{kind} {}", self.name),
        }
    }
}

impl fmt::Display for ConsumerStatus {
    /// `balances 1.0: reached @12, 2 events and 0.3 s behind, 120 events/s, 1 parked`, or, where it is no
    /// projection, `subscriber mails: reached @12, caught up, 3 events/s`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title())?;
        if self.kind == ConsumerKind::Projection {
            write!(f, " {}.{}", self.version, self.build)?;
        }
        write!(f, ": {}reached {}", self.life, self.reached())?;
        match (self.lag_events(), self.lag_seconds()) {
            (Some(0), _) | (None, Some(0.0)) => write!(f, ", caught up")?,
            (Some(events), Some(seconds)) => {
                write!(f, ", {events} events and {seconds:.1} s behind")?
            }
            (Some(events), None) => write!(f, ", {events} events behind")?,
            (None, Some(seconds)) => write!(f, ", {seconds:.1} s behind")?,
            (None, None) => {}
        }
        write!(f, ", {:.0} events/s", self.events_per_second())?;
        if self.parked() > 0 {
            write!(f, ", {} parked", self.parked())?;
        }
        if self.slices.len() > 1 {
            let here = self.slices.iter().filter(|slice| slice.owner == SliceOwner::Here).count();
            write!(f, ", {here} of {} slices here", self.slices.len())?;
        }
        if self.shows_older {
            write!(f, ", queries see the version before")?;
        }
        if let Some(rebuild) = &self.rebuild {
            write!(f, ", {rebuild}")?;
        }
        for problem in self.trouble().iter().copied().chain(self.problem.as_deref()) {
            write!(f, "; {problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => Ok(()),
            Self::Stopped => f.write_str("stopped, "),
            Self::Ended(why) => write!(f, "ended ({why}), "),
            Self::Died(why) => write!(f, "died ({why}), "),
        }
    }
}

impl fmt::Display for RebuildStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "build {} under way", self.build)?;
        if let Some(done) = self.done {
            write!(f, ", {:.0} % done", done * 100.0)?;
        }
        self.failed.as_ref().map_or(Ok(()), |failed| write!(f, ", failed ({failed})"))
    }
}
