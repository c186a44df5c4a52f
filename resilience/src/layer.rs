//! The breaker for `tower`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tower_layer::Layer;
use tower_service::Service;

use crate::{Breaker, Called, Denied, Permit, Verdict};

/// Puts a breaker before a `tower` service, an HTTP or gRPC client say. All services that it makes
/// share the breaker.
///
/// The judge says what a response or an error means: [`Verdict::of`] takes each error for a failure;
/// one for HTTP would look at the status, one for gRPC at the code as well.
///
/// ```
/// # use factum_resilience::{Breaker, BreakerLayer, BreakerSettings, Called, State, Verdict};
/// # use tower::{Layer, Service, ServiceExt, service_fn};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let breaker = Breaker::new("search", BreakerSettings { minimum_calls: 1, ..Default::default() })?;
/// let by_status = |result: &Result<u16, std::io::Error>| match result {
///     Ok(..500) => Verdict::Success,
///     Ok(503) => Verdict::Open(None),
///     _ => Verdict::Failure,
/// };
/// let client = service_fn(|status: u16| async move { Ok::<_, std::io::Error>(status) });
/// let mut client = BreakerLayer::new(breaker.clone(), by_status).layer(client);
/// assert_eq!(client.ready().await?.call(503).await?, 503);
/// assert_eq!(breaker.state(), State::Open);
/// assert!(matches!(client.ready().await?.call(200).await, Err(Called::Denied(_))));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct BreakerLayer<J> {
    breaker: Breaker,
    judge: J,
}

impl<J> BreakerLayer<J> {
    /// A layer with this breaker and judge.
    pub fn new(breaker: Breaker, judge: J) -> Self {
        Self { breaker, judge }
    }
}

impl<S, J: Clone> Layer<S> for BreakerLayer<J> {
    type Service = BreakerService<S, J>;

    fn layer(&self, inner: S) -> Self::Service {
        BreakerService { inner, breaker: self.breaker.clone(), judge: self.judge.clone() }
    }
}

/// A service behind a breaker, from [`BreakerLayer`]. It is ready when the one behind it is: a call that
/// the breaker refuses fails at once, so that callers do not pile up.
#[derive(Clone, Debug)]
pub struct BreakerService<S, J> {
    inner: S,
    breaker: Breaker,
    judge: J,
}

impl<S, J, Request> Service<Request> for BreakerService<S, J>
where
    S: Service<Request>,
    J: FnMut(&Result<S::Response, S::Error>) -> Verdict + Clone,
{
    type Response = S::Response;
    type Error = Called<S::Error>;
    type Future = Answer<S::Future, J>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(Called::Failed)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.breaker.admit() {
            Ok(permit) => Answer::Made {
                call: self.inner.call(request),
                permit: Some(permit),
                judge: self.judge.clone(),
            },
            Err(denied) => Answer::Denied { denied: Some(denied) },
        }
    }
}

pin_project_lite::pin_project! {
    /// The answer of a [`BreakerService`]. Dropping it cancels the call, and the permit comes back.
    #[project = Project]
    #[derive(Debug)]
    #[allow(missing_docs)]
    pub enum Answer<F, J> {
        /// The call was made.
        Made { #[pin] call: F, permit: Option<Permit>, judge: J },
        /// The breaker refused it.
        Denied { denied: Option<Denied> },
    }
}

impl<T, E, F, J> Future for Answer<F, J>
where
    F: Future<Output = Result<T, E>>,
    J: FnMut(&Result<T, E>) -> Verdict,
{
    type Output = Result<T, Called<E>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Project::Made { call, permit, judge } => {
                let result = ready!(call.poll(context));
                if let Some(permit) = permit.take() {
                    permit.record(judge(&result));
                }
                Poll::Ready(result.map_err(Called::Failed))
            }
            // A future is not polled after it is ready.
            Project::Denied { denied } => match denied.take() {
                Some(denied) => Poll::Ready(Err(Called::Denied(denied))),
                None => Poll::Pending,
            },
        }
    }
}
