use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, oneshot};
use uuid::Uuid;

use super::dispatcher::Inner;
use super::request::{Answer, Ask, Job, Options, Repeats};
use super::span::SendSpan;
use super::target::Target;
use super::{Done, SendError};
use crate::store::{CommandMark, Headers};
use crate::{Aggregate, Key};

type Permit = Result<OwnedSemaphorePermit, AcquireError>;

/// A command on its way: a future of its receipt.
///
/// Nothing is sent before the first poll. Once the command is in the mailbox of its aggregate, which
/// is then unless [`in_flight`](super::Settings::in_flight) commands are under way, dropping the
/// future does not withdraw it; only the answer is lost.
#[must_use = "a command is sent when its future is awaited"]
pub struct Sending<A: Aggregate> {
    options: Options,
    state: State<A>,
}

enum State<A: Aggregate> {
    New(Letter<A>),
    /// As many commands as may be are under way.
    Queued(Key, Letter<A>, Turn),
    Sent {
        key: Key,
        answer: oneshot::Receiver<Answer<A>>,
        span: SendSpan,
    },
    Refused(SendError<A::Error>),
    Over,
}

/// A command and where it goes.
pub(super) struct Letter<A: Aggregate> {
    pub(super) inner: Arc<Inner<A>>,
    pub(super) target: Target,
    pub(super) mark: CommandMark,
    pub(super) ask: Box<dyn Ask<A>>,
}

type Turn = Pin<Box<dyn Future<Output = Permit> + Send>>;

// Nothing in it is pinned: the one future inside has a box of its own.
impl<A: Aggregate> Unpin for Sending<A> {}

impl<A: Aggregate> fmt::Debug for Sending<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("aggregate", &A::NAME).finish_non_exhaustive()
    }
}

impl<A: Aggregate> Sending<A> {
    pub(super) fn new(letter: Letter<A>) -> Self {
        Self { options: Options::default(), state: State::New(letter) }
    }

    /// A command that is refused before it is sent.
    pub fn refused(error: SendError<A::Error>) -> Self {
        Self { options: Options::default(), state: State::Refused(error) }
    }

    /// Gives the command an id of the sender's choosing, so that it can be sent again: an accepted
    /// command gives its first receipt again and does nothing.
    pub fn id(mut self, id: Key) -> Self {
        self.options.key = Some(id);
        self
    }

    /// Does not look the id up: the state of the aggregate shows a command that was accepted before, which
    /// then leads to no events. Should it lead to some all the same, the store knows the id.
    pub fn shown_by_state(mut self) -> Self {
        self.options.repeats = Repeats::State;
        self
    }

    /// Does not look the id up where nobody else writes to the log: the sender has just made it, and
    /// sends it for the first time.
    pub fn never_sent(mut self) -> Self {
        self.options.repeats = Repeats::None;
        self
    }

    /// Expects that the aggregate has no events: it is not loaded unless that turns out to be wrong,
    /// which costs a conflict.
    pub fn expect_new(mut self) -> Self {
        self.options.expects_new = true;
        self
    }

    /// Says what the command belongs to. The default is the command itself.
    pub fn correlation(mut self, id: Uuid) -> Self {
        self.options.correlation = Some(id);
        self
    }

    /// Says which event or message made somebody send the command.
    pub fn causation(mut self, id: Uuid) -> Self {
        self.options.causation = Some(id);
        self
    }

    /// Says who sends the command.
    pub fn actor(mut self, actor: impl Into<Arc<str>>) -> Self {
        self.options.actor = Some(actor.into());
        self
    }

    /// Adds pairs of name and value to the metadata of its events.
    pub fn headers(mut self, headers: impl IntoIterator<Item = (String, String)>) -> Self {
        self.options.headers = Headers::from_iter(headers);
        self
    }

    fn begin(&mut self, letter: Letter<A>) -> State<A> {
        let key = self.options.key.unwrap_or_else(|| letter.inner.settings.ids.next());
        match letter.inner.permits.clone().try_acquire_owned() {
            Ok(permit) => self.post(key, letter, permit),
            Err(_) => {
                let turn = Box::pin(letter.inner.permits.clone().acquire_owned());
                State::Queued(key, letter, turn)
            }
        }
    }

    fn post(&mut self, key: Key, letter: Letter<A>, permit: OwnedSemaphorePermit) -> State<A> {
        let Letter { inner, target, mark, ask } = letter;
        let (reply, answer) = oneshot::channel();
        let options = std::mem::take(&mut self.options);
        let chosen = options.key.is_some();
        let sought = match options.repeats {
            Repeats::Id => chosen,
            Repeats::State => false,
            Repeats::None => chosen && !inner.authoritative,
        };
        let span = SendSpan::new(&mark.name, key, &target.stream, &options);
        let job =
            Job { key, chosen, sought, ask, mark, options, attempts: 0, reply, _permit: permit };
        inner.post(target, job);
        State::Sent { key, answer, span }
    }
}

impl<A: Aggregate> Future for Sending<A> {
    type Output = Result<Done<A>, SendError<A::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            this.state = match std::mem::replace(&mut this.state, State::Over) {
                State::New(letter) => this.begin(letter),
                State::Queued(key, letter, mut turn) => match turn.as_mut().poll(cx) {
                    Poll::Ready(Ok(permit)) => this.post(key, letter, permit),
                    Poll::Ready(Err(_)) => {
                        return Poll::Ready(Err(SendError::Closed { command: key }));
                    }
                    Poll::Pending => {
                        this.state = State::Queued(key, letter, turn);
                        return Poll::Pending;
                    }
                },
                State::Refused(error) => return Poll::Ready(Err(error)),
                State::Sent { key, mut answer, span } => {
                    let Poll::Ready(answer) = Pin::new(&mut answer).poll(cx) else {
                        this.state = State::Sent { key, answer, span };
                        return Poll::Pending;
                    };
                    let answer = answer.unwrap_or(Err(SendError::Stopped { command: key }));
                    span.answered(&answer);
                    return Poll::Ready(answer);
                }
                // Polled after its end, which a future may answer with anything but a panic.
                State::Over => return Poll::Pending,
            }
        }
    }
}
