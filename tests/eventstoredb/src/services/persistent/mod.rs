//! Persistent subscriptions.

mod options;
mod read;

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::errors::invalid;
use crate::faults::Faults;
use crate::groups::{Groups, Key, bad_settings};
use crate::store::Store;
use crate::wire::persistent_subscriptions::persistent_subscriptions_server::PersistentSubscriptions;
use crate::wire::persistent_subscriptions::{
    DeleteReq, GetInfoReq, GetInfoResp, GroupReq, ListReq, ListResp, ReadReq, ReadResp,
    ReplayParkedReq, list_req, replay_parked_req,
};

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct PersistentService {
    pub(crate) store: Store,
    pub(crate) groups: Groups,
    pub(crate) faults: Faults,
}

#[async_trait]
impl PersistentSubscriptions for PersistentService {
    type ReadStream = std::pin::Pin<Box<dyn Stream<Item = Result<ReadResp, Status>> + Send>>;

    async fn create(&self, request: Request<GroupReq>) -> Result<Response<()>, Status> {
        let entry = options::entry(&self.store, request.into_inner())?;
        self.groups.create(entry).map(Response::new)
    }

    async fn update(&self, request: Request<GroupReq>) -> Result<Response<()>, Status> {
        let entry = options::entry(&self.store, request.into_inner())?;
        self.groups.update(entry).map(Response::new)
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<()>, Status> {
        let options = given(request.into_inner().options)?;
        let source = options::of_delete(options.source)?;
        self.groups.delete(&Key { source, group: options.group_name }).map(Response::new)
    }

    async fn read(
        &self,
        request: Request<Streaming<ReadReq>>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        read::read(self, request).await.map(Response::new)
    }

    async fn get_info(
        &self,
        request: Request<GetInfoReq>,
    ) -> Result<Response<GetInfoResp>, Status> {
        let options = given(request.into_inner().options)?;
        let source = options::of_info(options.source)?;
        let info = self.groups.info(&Key { source, group: options.group_name })?;
        Ok(Response::new(GetInfoResp { subscription_info: Some(info) }))
    }

    async fn replay_parked(
        &self,
        request: Request<ReplayParkedReq>,
    ) -> Result<Response<()>, Status> {
        use replay_parked_req::options::Until;
        let options = given(request.into_inner().options)?;
        let source = options::of_replay(options.source)?;
        let key = Key { source, group: options.group_name };
        let stop_at = match options.until {
            Some(Until::NoLimit(())) => u64::MAX,
            Some(Until::StopAt(number)) => u64::try_from(number)
                .map_err(|_| bad_settings(key.source.name(), &key.group, "stop_at is negative"))?,
            None => return Err(invalid("stop_at is missing: say where to stop, or no_limit")),
        };
        self.groups.replay_parked(&key, stop_at).map(Response::new)
    }

    async fn list(&self, request: Request<ListReq>) -> Result<Response<ListResp>, Status> {
        let source = match given(request.into_inner().options)?.which {
            Some(list_req::options::Which::Every(())) => None,
            Some(list_req::options::Which::Of(source)) => Some(options::of_list(source.source)?),
            None => return Err(invalid("what to list is missing: all, or those of a stream")),
        };
        let subscriptions = self.groups.list(source.as_ref())?;
        Ok(Response::new(ListResp { subscriptions }))
    }

    async fn restart_subsystem(&self, _: Request<()>) -> Result<Response<()>, Status> {
        self.groups.restart().map(Response::new)
    }
}

fn given<T>(options: Option<T>) -> Result<T, Status> {
    options.ok_or_else(|| invalid("the options are missing"))
}
