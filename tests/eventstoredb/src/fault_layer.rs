//! Applies to each call the faults that a test asked for.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

use crate::connection::ConnectionInfo;
use crate::errors::not_leader;
use crate::faults::Faults;

/// The calls after whose writing the connection may be cut; `BatchAppend` sees to itself.
const WRITES: [&str; 3] = ["/Append", "/Delete", "/Tombstone"];
const STREAMS: &str = "/event_store.client.streams.Streams";
const PERSISTENT: &str = "/event_store.client.persistent_subscriptions.PersistentSubscriptions";

/// Puts a [`FaultService`] around the services.
#[derive(Clone, Debug)]
pub(crate) struct FaultLayer(pub(crate) Faults);

impl<S> Layer<S> for FaultLayer {
    type Service = FaultService<S>;

    fn layer(&self, inner: S) -> FaultService<S> {
        FaultService { inner, faults: self.0.clone() }
    }
}

/// The services, with faults.
#[derive(Clone, Debug)]
pub(crate) struct FaultService<S> {
    inner: S,
    faults: Faults,
}

impl<S> Service<Request<Body>> for FaultService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The service that is ready is this one; a clone is so only later.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let faults = self.faults.clone();
        Box::pin(async move {
            let path = request.uri().path();
            let is_of_streams = path.starts_with(STREAMS);
            if is_of_streams || path.starts_with(PERSISTENT) {
                faults.wait().await;
                if let Some((host, port)) = faults.take_not_leader() {
                    return Ok(not_leader(&host, port).into_http());
                }
            }
            let is_write = is_of_streams && WRITES.iter().any(|write| path.ends_with(write));
            let connection = request.extensions().get::<ConnectionInfo>().cloned();
            let response = inner.call(request).await?;
            if is_write && faults.take_dropped_reply() {
                if let Some(connection) = connection {
                    connection.cut();
                }
                // The call ends with its connection.
                std::future::pending::<()>().await;
            }
            Ok(response)
        })
    }
}
