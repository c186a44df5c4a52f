use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use factum_core::store::{BoxFuture, StoreError};
use tokio::sync::Semaphore;

use super::fault::Fault;
use super::session::{Plans, Server, Session};

/// Sessions for what need not wait for the writer: at most so many, made when they are needed.
#[derive(Debug)]
pub(super) struct Pool {
    server: Arc<Server>,
    plans: Plans,
    idle: Mutex<Vec<Session>>,
    permits: Arc<Semaphore>,
    size: u32,
}

impl Pool {
    pub(super) fn new(server: Arc<Server>, plans: Plans, size: u32) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(size as usize));
        Arc::new(Self { server, plans, idle: Mutex::new(Vec::new()), permits, size })
    }

    /// Waits for the work under way, refuses further ones, and closes the connections.
    pub(super) async fn close(&self) {
        // An error says that it is closed already.
        let _all = self.permits.acquire_many(self.size).await;
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for session in idle {
            session.close().await;
        }
    }

    pub(super) fn give_back(&self, session: Session) {
        let mut idle = self.idle();
        if !self.permits.is_closed() {
            idle.push(session);
        }
    }

    /// Runs `work` with a session: a read, or a change that may be done or not where it fails.
    pub(super) async fn reading<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl for<'s> FnOnce(&'s mut Session) -> BoxFuture<'s, Result<T, Fault>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(work).await?.map_err(|fault| fault.into_store(&self.server.place))
    }

    /// Runs `work` with a session, to its end even if nobody waits for it any more: a session with an
    /// answer under way could not be used again. What the work comes to, or why it did not begin.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl for<'s> FnOnce(&'s mut Session) -> BoxFuture<'s, Result<T, Fault>> + Send + 'static,
    ) -> Result<Result<T, Fault>, StoreError> {
        let pool = Arc::clone(self);
        let limit = self.server.options.answer_within;
        let permit = tokio::time::timeout(limit, self.permits.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| Fault::Late("answer_within", limit));
        let permit = permit.map_err(|fault| fault.into_store(&self.server.place))?;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let done = tokio::spawn(async move {
            let done = pool.work(work).await;
            drop(permit);
            done
        });
        // An error says that the runtime is shutting down.
        done.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn work<T>(
        &self,
        work: impl for<'s> FnOnce(&'s mut Session) -> BoxFuture<'s, Result<T, Fault>>,
    ) -> Result<Result<T, Fault>, StoreError> {
        let session = self.take().await;
        let mut session = session.map_err(|fault| fault.into_store(&self.server.place))?;
        let done = work(&mut session).await;
        match &done {
            Err(fault) if fault.ends_session() => session.cut(),
            _ => self.give_back(session),
        }
        Ok(done)
    }

    async fn take(&self) -> Result<Session, Fault> {
        loop {
            let idle = self.idle().pop();
            match idle {
                Some(session) if session.is_closed() => drop(session),
                Some(session) => return Ok(session),
                None => return self.server.session(self.plans).await,
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
