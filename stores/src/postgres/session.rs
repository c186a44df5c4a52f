use std::collections::HashMap;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{Durability, LogId, StoreError};
use futures_util::future::join;
use futures_util::{FutureExt, StreamExt};
use tokio::task::JoinHandle;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Row, Statement};
use uuid::Uuid;

use super::address;
use super::fault::{BACKEND, Fault};
use super::options::PostgresOptions;
use super::schema::Schema;
use super::tls::{self, Encryption, Messages};

/// How many statements a session keeps prepared; then it begins anew.
const STATEMENTS: usize = 128;

/// Where the server is, and how to enter.
#[derive(Debug)]
pub(super) struct Server {
    config: Config,
    /// `None`: nothing is encrypted.
    encryption: Option<Encryption>,
    /// For messages: the address without the password.
    pub(super) place: String,
    pub(super) schema: Schema,
    pub(super) options: PostgresOptions,
}

/// A connection, and the log that it found.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client: Client,
    /// Drives the connection; ends with the client.
    driver: JoinHandle<()>,
    pub(super) log: Log,
    pub(super) durability: Durability,
    statements: HashMap<String, Statement>,
    answer_within: Duration,
}

/// How the server is to plan a session's statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plans {
    /// By an index in its order, always: the plans must not depend on statistics, which an empty table
    /// has not and a grown one has old ones of.
    Log,
    /// By the values that are asked for: which index serves a filter best depends on them.
    Views,
}

impl Plans {
    fn settings(self) -> &'static str {
        match self {
            Self::Log => {
                "set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off;
                 set enable_hashjoin = off; set enable_mergejoin = off;
                 set plan_cache_mode = force_generic_plan;"
            }
            Self::Views => "set plan_cache_mode = force_custom_plan;",
        }
    }
}

/// The log that a session works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) number: i32,
    pub(super) id: LogId,
}

impl Server {
    pub(super) fn parse(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let known = tls::Address::of(url);
        let mut config = address::read(&known.url)?;
        config.connect_timeout(options.connect_within).keepalives_idle(Duration::from_secs(30));
        if config.get_application_name().is_none() {
            config.application_name("factum");
        }
        let any_will_do = config.get_target_session_attrs() == TargetSessionAttrs::Any;
        if config.get_hosts().len() > 1 && any_will_do && !options.read_only {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let place = address::place_of(&config);
        let is_encrypted = config.get_ssl_mode() == SslMode::Require;
        if known.authorities.is_some() && !is_encrypted {
            let reason = "its address has sslrootcert, but does not ask for TLS: add \
                          sslmode=verify-full"
                .to_owned();
            return Err(StoreError::Open { place, reason });
        }
        let encryption = is_encrypted
            .then(|| Encryption::by(known.authorities.as_deref()))
            .transpose()
            .map_err(|reason| StoreError::Open { place: place.clone(), reason })?;
        let schema = Schema::new(&options.schema);
        Ok(Self { config, encryption, place, schema, options })
    }

    /// A connection as the server gives it, and what drives it.
    pub(super) async fn raw(&self) -> Result<(Client, Messages), Fault> {
        let limit = self.options.connect_within;
        let connecting = async {
            Ok::<_, tokio_postgres::Error>(match &self.encryption {
                Some(encryption) => encryption.connect(&self.config).await?,
                None => {
                    let (client, connection) = self.config.connect(NoTls).await?;
                    (client, tls::messages(connection))
                }
            })
        };
        let connected = tokio::time::timeout(limit, connecting).await;
        Ok(connected.map_err(|_| Fault::Unconnected(limit))??)
    }

    /// A connection without a log: for migrations.
    pub(super) async fn plain(&self) -> Result<(Client, JoinHandle<()>), Fault> {
        let (client, mut messages) = self.raw().await?;
        // What ends it is told to whoever waits for an answer.
        let driver = tokio::spawn(async move { while let Some(Ok(_)) = messages.next().await {} });
        Ok((client, driver))
    }

    /// A session, ready to work on the log.
    pub(super) async fn session(self: &Arc<Self>, plans: Plans) -> Result<Session, Fault> {
        let (client, driver) = self.plain().await?;
        let limit = self.options.connect_within;
        let set_up = tokio::time::timeout(limit, self.set_up(&client, plans)).await;
        match set_up.unwrap_or(Err(Fault::Late("connect_within", limit))) {
            Ok((log, durability)) => {
                let (statements, answer_within) = (HashMap::new(), self.options.answer_within);
                Ok(Session { client, driver, log, durability, statements, answer_within })
            }
            Err(fault) => {
                driver.abort();
                Err(fault)
            }
        }
    }

    async fn set_up(&self, client: &Client, plans: Plans) -> Result<(Log, Durability), Fault> {
        let millis = |limit: Duration| limit.as_millis().clamp(1, i32::MAX as u128);
        let (call, lock) = (millis(self.options.answer_within), millis(self.options.lock_within));
        let plans = plans.settings();
        client
            .batch_execute(&format!(
                "{plans} set jit = off; set max_parallel_workers_per_gather = 0;
                 set default_transaction_isolation = 'read committed';
                 set client_min_messages = 'warning'; set statement_timeout = {call};
                 set lock_timeout = {lock}; set idle_in_transaction_session_timeout = {call}"
            ))
            .await?;
        if self.options.read_only {
            client.batch_execute("set default_transaction_read_only = on").await?;
        } else if client.query_one("select pg_is_in_recovery()", &[]).await?.try_get(0)? {
            // It may be on its way to become the primary.
            let reason = format!(
                "{} is a standby, whose answers may be old: connect to its primary, or ask with \
                 `read_only` for reading alone",
                self.place
            );
            return Err(StoreError::Unavailable { backend: BACKEND, reason }.into());
        }
        let durability = self.durability(client).await?;
        self.schema.check(client, &self.place).await?;
        Ok((self.log(client).await?, durability))
    }

    /// What an acknowledged commit survives, by the server's settings; an error if that is less than
    /// what was asked for.
    async fn durability(&self, client: &Client) -> Result<Durability, Fault> {
        let wanted = self.options.durability;
        let row = client
            .query_one(
                "select current_setting('fsync'), current_setting('full_page_writes'),
                        current_setting('synchronous_commit'), current_setting('server_encoding')",
                &[],
            )
            .await?;
        let [fsync, pages, synchronous, encoding]: [String; 4] =
            [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?];
        let open = |reason: String| StoreError::Open { place: self.place.clone(), reason };
        if encoding != "UTF8" {
            return Err(
                open(format!("its encoding is {encoding}: make a database with UTF8")).into()
            );
        }
        for (name, value) in [("fsync", fsync), ("full_page_writes", pages)] {
            if value == "on" {
                continue;
            }
            if wanted >= Durability::Synced {
                return Err(open(format!(
                    "its setting {name} is {value}, so that a power cut may take what was \
                     acknowledged: set it to on, or ask for `Durability::Process`"
                ))
                .into());
            }
            return Ok(Durability::Process);
        }
        if synchronous != "off" {
            return Ok(Durability::Synced);
        }
        if wanted >= Durability::Synced {
            client.batch_execute("set synchronous_commit = on").await?;
            return Ok(Durability::Synced);
        }
        Ok(Durability::Process)
    }

    /// The log of this name, made if it is not there.
    async fn log(&self, client: &Client) -> Result<Log, Fault> {
        let (name, schema) = (&self.options.log, &self.schema);
        if name.is_empty() || name.contains('\0') {
            let reason =
                "the log's name is empty or has a zero character: choose another".to_owned();
            return Err(StoreError::Open { place: self.place.clone(), reason }.into());
        }
        let select = format!("select log, id from {schema}.logs where name = $1");
        if let Some(row) = client.query_opt(&select, &[name]).await? {
            return Log::of(&row);
        }
        if self.options.read_only {
            let reason = format!("the schema has no log {name}: open it for writing once");
            return Err(StoreError::Open { place: self.place.clone(), reason }.into());
        }
        let insert =
            format!("insert into {schema}.logs (name, id) values ($1, $2) on conflict do nothing");
        let id = Uuid::from_bytes(*LogId::fresh().as_bytes());
        client.execute(&insert, &[name, &id]).await?;
        Log::of(&client.query_one(&select, &[name]).await?)
    }
}

impl Log {
    fn of(row: &Row) -> Result<Self, Fault> {
        let id: Uuid = row.try_get(1)?;
        Ok(Self { number: row.try_get(0)?, id: LogId::from_bytes(*id.as_bytes()) })
    }

    /// The channel on which the log's news come.
    pub(super) fn channel(&self) -> String {
        let id = Uuid::from_bytes(*self.id.as_bytes());
        format!("factum_{}", id.simple())
    }
}

impl Session {
    /// Whether the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Waits for an answer, not longer than a call may take.
    pub(super) async fn limited<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        let limit = self.answer_within;
        let answer = tokio::time::timeout(limit, answer).await;
        Ok(answer.map_err(|_| Fault::Late("answer_within", limit))??)
    }

    /// Runs a statement that is kept prepared.
    pub(super) async fn query(
        &mut self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Fault> {
        let statement = self.prepared(sql, parameters).await?;
        let values: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|(value, _)| *value).collect();
        self.limited(self.client.query(&statement, &values)).await
    }

    /// The same, as the first statement of a transaction.
    pub(super) async fn begin_with(
        &mut self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Fault> {
        let statement = self.prepared(sql, parameters).await?;
        let values: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|(value, _)| *value).collect();
        // Sent at once, in this order.
        let begin = self.client.batch_execute("begin");
        let both = join(begin, self.client.query(&statement, &values)).map(|(begun, rows)| {
            begun?;
            rows
        });
        self.limited(both).await
    }

    /// The same, as the last one of the transaction that is open, which it commits.
    pub(super) async fn commit_with(
        &mut self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Fault> {
        let statement = self.prepared(sql, parameters).await?;
        let values: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|(value, _)| *value).collect();
        // If the statement fails, so that nothing is committed, that is what is told.
        let commit = self.client.batch_execute("commit");
        let both = join(self.client.query(&statement, &values), commit).map(|(rows, committed)| {
            let rows = rows?;
            committed?;
            Ok(rows)
        });
        self.limited(both).await
    }

    /// Ends the transaction that is open: `commit` or `rollback`.
    pub(super) async fn end_with(&self, end: &str) -> Result<(), Fault> {
        self.limited(self.client.batch_execute(end)).await
    }

    /// Runs a statement that is kept prepared, and hands each row over as it comes, while the
    /// server makes the next ones, until one is the last that is wanted.
    pub(super) async fn each_row(
        &mut self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
        mut take: impl FnMut(&Row) -> Result<ControlFlow<()>, Fault>,
    ) -> Result<(), Fault> {
        let statement = self.prepared(sql, parameters).await?;
        let values = parameters.iter().map(|(value, _)| *value as &dyn ToSql);
        let reading = async {
            let mut rows = pin!(self.client.query_raw(&statement, values).await?);
            while let Some(row) = rows.next().await {
                if take(&row?)?.is_break() {
                    break;
                }
            }
            Ok(())
        };
        let limit = self.answer_within;
        let read = tokio::time::timeout(limit, reading).await;
        read.unwrap_or(Err(Fault::Late("answer_within", limit)))
    }

    async fn prepared(
        &mut self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Statement, Fault> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = parameters.iter().map(|(_, kind)| kind.clone()).collect();
        let statement = self.limited(self.client.prepare_typed(sql, &types)).await?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Says goodbye to the server, and waits until it has heard it.
    pub(super) async fn close(mut self) {
        drop(std::mem::take(&mut self.statements));
        let Self { client, driver, answer_within, .. } = self;
        drop(client);
        let abort = driver.abort_handle();
        if tokio::time::timeout(answer_within, driver).await.is_err() {
            abort.abort();
        }
    }

    /// Cuts the connection: the server is silent, and would not hear a goodbye.
    pub(super) fn cut(self) {
        self.driver.abort();
    }
}
