//! The future of a call through a breaker.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::permit::Permit;
use crate::{Breaker, Called, Verdict};

pin_project_lite::pin_project! {
    /// A call through a breaker. Written out, because what the compiler makes of an `async fn` moves
    /// the results about, which is felt at this size.
    pub(crate) struct Calling<'a, F, J> {
        permit: Permit<&'a Breaker>,
        judge: J,
        #[pin]
        call: F,
    }
}

impl<'a, F, J> Calling<'a, F, J> {
    #[inline]
    pub(crate) fn new(breaker: &'a Breaker, call: F, judge: J) -> Self {
        Self { permit: Permit::spent(breaker), judge, call }
    }
}

impl<T, E, F, J> Future for Calling<'_, F, J>
where
    F: Future<Output = Result<T, E>>,
    J: FnMut(&Result<T, E>) -> Verdict,
{
    type Output = Result<T, Called<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.permit.is_spent() && !this.permit.renew_if_closed() {
            this.permit.renew()?;
        }
        let result = ready!(this.call.poll(context));
        this.permit.settle((this.judge)(&result));
        Poll::Ready(result.map_err(Called::Failed))
    }
}
