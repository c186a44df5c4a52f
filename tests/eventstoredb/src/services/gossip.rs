//! The cluster, which is this server alone.

use std::net::SocketAddr;

use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::convert::IdForm;
use crate::model::ticks_now;
use crate::wire::gossip::gossip_server::Gossip;
use crate::wire::gossip::{ClusterInfo, EndPoint, MemberInfo, member_info::State};

/// The service.
#[derive(Debug)]
pub(crate) struct GossipService {
    pub(crate) address: SocketAddr,
    pub(crate) instance: Uuid,
}

#[async_trait]
impl Gossip for GossipService {
    async fn read(&self, _: Request<()>) -> Result<Response<ClusterInfo>, Status> {
        let end_point = EndPoint {
            address: self.address.ip().to_string(),
            port: u32::from(self.address.port()),
        };
        let member = MemberInfo {
            instance_id: Some(IdForm::Text.write(self.instance)),
            time_stamp: ticks_now(),
            state: State::Leader.into(),
            is_alive: true,
            http_end_point: Some(end_point),
        };
        Ok(Response::new(ClusterInfo { members: vec![member] }))
    }
}
