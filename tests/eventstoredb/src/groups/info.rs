//! What a server says of a group.

use super::checkpoint::name_of_last_before;
use super::consumer::Consumer;
use super::group::Group;
use super::key::{Source, next_number};
use crate::store::Store;
use crate::wire::persistent_subscriptions::{SubscriptionInfo, subscription_info::Connection};

impl Group {
    /// What a server says of this group.
    pub(super) fn info(&self, store: &Store) -> SubscriptionInfo {
        let (key, settings) = (&self.entry.key, &self.entry.settings);
        let (checkpointed, known) = store.read(|log| {
            let end = match &key.source {
                Source::All => log.records().len() as u64,
                Source::Stream(stream) => next_number(log, stream),
            };
            (
                name_of_last_before(log, &key.source, self.checkpointed),
                name_of_last_before(log, &key.source, end),
            )
        });
        let has_checkpoint = store.read(|log| log.last_visible(&key.checkpoint_stream()).is_some());
        let in_flight = i32::try_from(self.in_flight.len()).unwrap_or(i32::MAX);
        SubscriptionInfo {
            event_source: key.source.name().to_owned(),
            group_name: key.group.clone(),
            status: "Live".to_owned(),
            connections: self.consumers.iter().map(Consumer::info).collect(),
            total_items: self.total,
            last_checkpointed_event_position: checkpointed
                .filter(|_| has_checkpoint)
                .unwrap_or_default(),
            last_known_event_position: known.unwrap_or_default(),
            resolve_link_tos: settings.resolve_links,
            start_from: self.entry.start_from.clone(),
            message_timeout_milliseconds: settings.message_timeout,
            extra_statistics: settings.extra_statistics,
            max_retry_count: settings.max_retry_count,
            live_buffer_size: settings.live_buffer_size,
            buffer_size: settings.history_buffer_size,
            read_batch_size: settings.read_batch_size,
            check_point_after_milliseconds: settings.checkpoint_after,
            min_check_point_count: settings.min_checkpoint_count,
            max_check_point_count: settings.max_checkpoint_count,
            retry_buffer_count: i32::try_from(self.waiting.len()).unwrap_or(i32::MAX),
            total_in_flight_messages: in_flight,
            outstanding_messages_count: in_flight,
            named_consumer_strategy: settings.strategy.name().to_owned(),
            max_subscriber_count: settings.max_subscriber_count,
            parked_message_count: self.parked_count(store).cast_signed(),
            ..SubscriptionInfo::default()
        }
    }
}

impl Consumer {
    fn info(&self) -> Connection {
        Connection {
            from: self.about.from.clone(),
            username: "anonymous".to_owned(),
            total_items: self.total,
            available_slots: self.free_slots(),
            in_flight_messages: self.in_flight,
            connection_name: self.about.connection_name.clone(),
            ..Connection::default()
        }
    }
}
