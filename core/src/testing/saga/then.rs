use super::given::Led;
use super::text::{self, Text};
use crate::Command;
use crate::saga::{Instance, Kept, Letter, Reaction, Saga, SentBy, Status, When, nothing};
use crate::testing::diff::assert_same;

impl<S: Saga> Led<S> {
    /// The last step had it say exactly this.
    ///
    /// # Panics
    /// If it said something else.
    #[track_caller]
    pub fn then(self, expected: Reaction<S>) -> Self {
        let expected = match expected.into_acts() {
            Ok(acts) => text::acts(&acts),
            Err(problem) => panic!("what the test expects cannot be said: {problem}"),
        };
        let what = format!("what {} says to {}", S::NAME, self.said.to);
        assert_same(&what, &expected, &text::acts(&self.said.acts));
        self
    }

    /// The last step had it say nothing. Its state may be another.
    ///
    /// # Panics
    /// If it said something.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        self.then(nothing())
    }

    /// This is the command that is under way now: sent, and not answered. What is said after it is sent
    /// once it is accepted.
    ///
    /// # Panics
    /// If none is, or it is another.
    #[track_caller]
    pub fn then_sends<C: SentBy<S>>(self, command: C) -> Self {
        let expected = written(&command);
        let Some(errand) = self.process.instance().errand() else {
            panic!("{} sends nothing: {}\nexpected: {expected:?}", S::NAME, self.how_it_is());
        };
        let actual = Text(text::letter(&errand.letter));
        assert_same(&format!("the command that {} sends", S::NAME), &expected, &actual);
        self
    }

    /// This would be sent first were it to fail once the command that is under way, if any, is accepted.
    ///
    /// # Panics
    /// If nothing would be, or something else.
    #[track_caller]
    pub fn then_undoes_with<C: SentBy<S>>(self, command: C) -> Self {
        let expected = written(&command);
        let instance = self.process.instance();
        let of_errand = instance.errand().and_then(|errand| errand.undo.as_ref());
        let Some(undo) = of_errand.or_else(|| instance.undos().next()) else {
            panic!("{} has nothing to undo: {}\nexpected: {expected:?}", S::NAME, self.how_it_is());
        };
        let actual = Text(text::letter(undo));
        assert_same(&format!("what {} undoes first", S::NAME), &expected, &actual);
        self
    }

    /// There is a timer of this name, due so long from now, or at this moment.
    ///
    /// # Panics
    /// If there is none, or it is due at another time.
    #[track_caller]
    pub fn then_timer(self, name: &str, due: impl Into<When>) -> Self {
        let Some(timer) = self.process.instance().timers().get(name) else {
            panic!("{} has no timer {name:?}: {}", S::NAME, self.how_it_is());
        };
        let expected = due.into().from(self.log.meta.time);
        assert_same(&format!("when timer {name:?} of {} is due", S::NAME), &expected, &timer.due);
        self
    }

    /// There is no timer of this name.
    ///
    /// # Panics
    /// If there is one.
    #[track_caller]
    pub fn then_no_timer(self, name: &str) -> Self {
        if let Some(timer) = self.process.instance().timers().get(name) {
            panic!("{} has a timer {name:?}, due at {}", S::NAME, timer.due);
        }
        self
    }

    /// How the instance is.
    ///
    /// # Panics
    /// If it is otherwise.
    #[track_caller]
    pub fn then_status(self, expected: Status) -> Self {
        if self.process.instance().status() != expected {
            panic!("{} is not {expected}: {}", S::NAME, self.how_it_is());
        }
        self
    }

    /// It has ended well.
    ///
    /// # Panics
    /// If it has not.
    #[track_caller]
    pub fn then_completed(self) -> Self {
        self.then_status(Status::Completed)
    }

    /// It has ended, and what it did is undone.
    ///
    /// # Panics
    /// If it has not.
    #[track_caller]
    pub fn then_compensated(self) -> Self {
        self.then_status(Status::Compensated)
    }

    /// It did not work, for this reason: what it did is being undone, or is undone.
    ///
    /// # Panics
    /// If it goes on, is stuck, or failed for another reason.
    #[track_caller]
    pub fn then_failed(self, reason: &str) -> Self {
        let status = self.process.instance().status();
        if !matches!(status, Status::Compensating | Status::Compensated) {
            panic!("{} has not failed: {}", S::NAME, self.how_it_is());
        }
        self.gives("why it failed", reason)
    }

    /// It cannot go on without a person, for this reason.
    ///
    /// # Panics
    /// If it can, or is stuck for another reason.
    #[track_caller]
    pub fn then_stuck(self, reason: &str) -> Self {
        self.then_status(Status::Stuck).gives("why it is stuck", reason)
    }

    #[track_caller]
    fn gives(self, what: &str, reason: &str) -> Self {
        let actual = self.process.instance().reason().unwrap_or_default().to_owned();
        assert_same(what, &Text(reason.to_owned()), &Text(actual));
        self
    }

    /// Hands the saga's state to checks of the test's own.
    ///
    /// # Panics
    /// If it cannot be read as it was written.
    #[track_caller]
    pub fn then_state(self, check: impl FnOnce(&S)) -> Self {
        let kept = self.process.instance().state();
        match kept.map_or_else(|| Ok(S::begin()), Kept::read) {
            Ok(saga) => check(&saga),
            Err(problem) => panic!("the state of {} cannot be read: {problem}", S::NAME),
        }
        self
    }

    /// Hands the instance to checks of the test's own.
    pub fn then_instance(self, check: impl FnOnce(&Instance)) -> Self {
        check(self.process.instance());
        self
    }

    /// The events concern the instance with this id.
    ///
    /// # Panics
    /// If they concern another, or none.
    #[track_caller]
    pub fn then_id(self, expected: &str) -> Self {
        let actual = self.id.as_deref();
        assert_same(&format!("the instance of {}", S::NAME), &Some(expected), &actual);
        self
    }
}

#[track_caller]
fn written<C: Command>(command: &C) -> Text {
    match Letter::of(command) {
        Ok(letter) => Text(text::letter(&letter)),
        Err(problem) => panic!("command {} {problem}", C::NAME),
    }
}
