use std::marker::PhantomData;

use factum_core::Projection;
use factum_core::store::{BoxFuture, Position};
use factum_core::view::{Condition, Select, ViewError};

use super::{Ask, spec};
use crate::parking::ParkedEvent;

/// The rows of a view that nobody keeps.
pub(crate) struct MissingRows<P>(PhantomData<fn() -> P>);

impl<P> MissingRows<P> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P: Projection> Ask<P> for MissingRows<P> {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<P>, ViewError>> {
        Box::pin(async { Err(ViewError::Missing { view: spec::<P>().id }) })
    }

    fn select(&self, _: Select) -> BoxFuture<'_, Result<Vec<P>, ViewError>> {
        Box::pin(async { Err(ViewError::Missing { view: spec::<P>().id }) })
    }

    fn parked(
        &self,
        _: Option<Position>,
        _: usize,
    ) -> BoxFuture<'_, Result<Vec<ParkedEvent>, ViewError>> {
        Box::pin(async { Err(ViewError::Missing { view: spec::<P>().id }) })
    }

    fn count(&self, _: Vec<Condition>) -> BoxFuture<'_, Result<usize, ViewError>> {
        Box::pin(async { Err(ViewError::Missing { view: spec::<P>().id }) })
    }
}
