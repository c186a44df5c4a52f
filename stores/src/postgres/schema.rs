use std::fmt;
use std::time::Duration;

use factum_core::store::StoreError;
use tokio_postgres::Client;

use super::fault::Fault;
use super::session::Server;

/// The steps from an empty schema to the form that this version knows. Once released, a step never
/// changes, and what is new is a step more: a schema that has run a step does not run it again. No step
/// has been released yet, so until the first release the first one is edited in place, and schemas made
/// before such an edit have to be dropped.
const MIGRATIONS: [&str; 1] =
    [concat!(include_str!("migrations/1.sql"), include_str!("migrations/views.sql"))];

/// How long they may take, and wait for another process that is at it.
const LIMIT: Duration = Duration::from_secs(60);

/// The schema's name, as SQL writes it.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    name: String,
    quoted: String,
}

impl Schema {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), quoted: format!("\"{}\"", name.replace('"', "\"\"")) }
    }

    /// Checks that the tables have the form that this version knows.
    pub(super) async fn check(&self, client: &Client, place: &str) -> Result<(), Fault> {
        let known = version_of(MIGRATIONS.len());
        let advice = "call `factum::stores::PostgresStore::migrate(url)` once, or open the store \
                      with `PostgresStore::options().migrate()`";
        let reason = match self.version(client).await? {
            Some(version) if version == known => return Ok(()),
            Some(newer) if newer > known => self.too_new(newer),
            Some(older) => {
                format!("the schema {} has form {older}, {known} is needed: {advice}", self.name)
            }
            None => format!("the schema {} has no tables of factum: {advice}", self.name),
        };
        Err(StoreError::Open { place: place.to_owned(), reason }.into())
    }

    fn too_new(&self, version: i32) -> String {
        let known = version_of(MIGRATIONS.len());
        format!(
            "the schema {} has form {version}, this version of factum knows {known}: update factum",
            self.name
        )
    }

    /// The form of the tables, if there are any.
    async fn version(&self, client: &Client) -> Result<Option<i32>, Fault> {
        let table = format!("{self}.migrations");
        let there = client.query_one("select to_regclass($1) is not null", &[&table]).await?;
        if !there.try_get::<_, bool>(0)? {
            return Ok(None);
        }
        let newest = client.query_one(&format!("select max(version) from {table}"), &[]).await?;
        Ok(newest.try_get(0)?)
    }

    async fn migrate(&self, client: &Client, place: &str) -> Result<(), Fault> {
        // One process at a time, until its transaction ends.
        let lock = "select pg_advisory_xact_lock(hashtextextended('factum:' || $1, 0))";
        client.query(lock, &[&self.name]).await?;
        let there = client
            .query_opt("select from pg_catalog.pg_namespace where nspname = $1", &[&self.name])
            .await?;
        if there.is_none() {
            client.batch_execute(&format!("create schema {self}")).await?;
        }
        let version = self.version(client).await?;
        if version.is_none() {
            let table = "(version int primary key, applied timestamptz not null default now())";
            client.batch_execute(&format!("create table {self}.migrations {table}")).await?;
        }
        let done = version.unwrap_or_default();
        if done > version_of(MIGRATIONS.len()) {
            let (place, reason) = (place.to_owned(), self.too_new(done));
            return Err(StoreError::Open { place, reason }.into());
        }
        for (step, sql) in MIGRATIONS.iter().enumerate() {
            let number = version_of(step + 1);
            if number > done {
                client.batch_execute(&sql.replace("{schema}", &self.quoted)).await?;
                let note = format!("insert into {self}.migrations (version) values ($1)");
                client.execute(&note, &[&number]).await?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.quoted)
    }
}

fn version_of(steps: usize) -> i32 {
    i32::try_from(steps).unwrap_or(i32::MAX)
}

impl Server {
    /// Brings the tables to the form that this version knows: whole or not at all.
    pub(super) async fn migrate(&self) -> Result<(), Fault> {
        let (client, driver) = self.plain().await?;
        let work = async {
            client.batch_execute("begin").await?;
            self.schema.migrate(&client, &self.place).await?;
            client.batch_execute("commit").await?;
            Ok(())
        };
        let done = tokio::time::timeout(LIMIT, work).await;
        drop(client);
        // What was not committed is undone as the connection ends.
        driver.abort();
        done.unwrap_or(Err(Fault::Late("migration limit", LIMIT)))
    }
}
