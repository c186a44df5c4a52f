use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::LoadError;
use crate::Stored;

type Items<E> = dyn Stream<Item = Result<Stored<E>, LoadError>> + Send;

/// Typed events with their metadata, one after another. An event that is not understood comes as an
/// error of its own, and the stream goes on after it; it ends after an error of the store.
pub struct TypedStream<E> {
    items: Pin<Box<Items<E>>>,
}

impl<E> TypedStream<E> {
    pub(super) fn new(
        items: impl Stream<Item = Result<Stored<E>, LoadError>> + Send + 'static,
    ) -> Self {
        Self { items: Box::pin(items) }
    }

    /// The next event; `None` at the end. Cancellation safe: a dropped call loses nothing.
    ///
    /// # Errors
    /// [`LoadError`] for an event that is not understood, or if the store failed.
    pub async fn next(&mut self) -> Option<Result<Stored<E>, LoadError>> {
        poll_fn(|cx| self.items.as_mut().poll_next(cx)).await
    }
}

impl<E> Stream for TypedStream<E> {
    type Item = Result<Stored<E>, LoadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().items.as_mut().poll_next(cx)
    }
}

impl<E> fmt::Debug for TypedStream<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedStream").finish_non_exhaustive()
    }
}
