#[cfg(any(feature = "eventstore", feature = "postgres", feature = "redis"))]
use factum_core::store::BoxFuture;
use factum_core::store::StoreError;

use super::{App, AppBuilder};

impl App {
    /// An app on the store that a URL names, which [`stop`](Self::stop) closes:
    ///
    /// | URL | store | feature |
    /// |---|---|---|
    /// | `redis://HOST`, `rediss://HOST` | Redis | `redis`, and `redis-tls` for the second |
    /// | `redis-sentinel://HOST,HOST/NAME` | Redis, where its sentinels say; `rediss-sentinel://` with TLS | as above |
    /// | `postgres://HOST/DATABASE`, `postgresql://HOST/DATABASE` | PostgreSQL, whose tables `PostgresStore::migrate` has made | `postgres`, and `postgres-tls` with `sslmode=require` or `verify-full` |
    /// | `esdb://HOST`, `esdb://HOST,HOST`, `esdb+discover://HOST`, and the same with `kurrentdb` or `kdb` in the place of `esdb` | EventStoreDB (KurrentDB), which has neither guards for aggregates with a `boundary` nor a place for the rows of views | `eventstore` |
    /// | `sqlite:FILE`, `sqlite://FILE` | the embedded store, as [`open`](Self::open) has it | `embedded` |
    /// | `memory:` | the memory store, as [`memory`](Self::memory) has it | |
    ///
    /// A store with other options than the usual ones is opened by itself, and handed to
    /// [`with_store`](Self::with_store).
    ///
    /// # Errors
    /// [`StoreError::Open`] if the URL names no store, or one whose feature is off; else what the
    /// store says.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let app = factum::App::connect("memory:").await?.start().await?;
    /// app.stop().await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub async fn connect(url: &str) -> Result<AppBuilder, StoreError> {
        let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
        match scheme {
            "memory" => Ok(Self::memory()),
            "sqlite" => embedded(rest),
            "redis" | "rediss" | "redis-sentinel" | "rediss-sentinel" => redis(url).await,
            "postgres" | "postgresql" => postgres(url).await,
            "esdb" | "esdb+discover" | "kurrentdb" | "kurrentdb+discover" | "kdb"
            | "kdb+discover" => eventstore(url).await,
            // The URL may have a password in it.
            _ => Err(refused(
                "the store",
                "its URL begins with none of `redis://`, `rediss://`, `redis-sentinel://`, `postgres://`, \
                 `esdb://`, `sqlite:` and `memory:`",
            )),
        }
    }
}

fn refused(place: &str, reason: &str) -> StoreError {
    StoreError::Open { place: place.to_owned(), reason: reason.to_owned() }
}

#[cfg(feature = "embedded")]
fn embedded(file: &str) -> Result<AppBuilder, StoreError> {
    App::open(file.strip_prefix("//").unwrap_or(file))
}

#[cfg(not(feature = "embedded"))]
fn embedded(_: &str) -> Result<AppBuilder, StoreError> {
    Err(refused("the embedded store", "factum was built without its feature `embedded`"))
}

#[cfg(feature = "redis")]
async fn redis(url: &str) -> Result<AppBuilder, StoreError> {
    // Erased, so that its depth does not add to that of its caller's future.
    let connect: BoxFuture<'_, _> = Box::pin(factum_stores::RedisStore::connect(url));
    let store = connect.await?;
    Ok(AppBuilder::new(std::sync::Arc::new(store), super::Ownership::Own))
}

#[cfg(not(feature = "redis"))]
async fn redis(_: &str) -> Result<AppBuilder, StoreError> {
    Err(refused("the Redis server", "factum was built without its feature `redis`"))
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<AppBuilder, StoreError> {
    let connect: BoxFuture<'_, _> = Box::pin(factum_stores::PostgresStore::connect(url));
    let store = connect.await?;
    Ok(AppBuilder::new(std::sync::Arc::new(store), super::Ownership::Own))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_: &str) -> Result<AppBuilder, StoreError> {
    Err(refused("the PostgreSQL server", "factum was built without its feature `postgres`"))
}

#[cfg(feature = "eventstore")]
async fn eventstore(url: &str) -> Result<AppBuilder, StoreError> {
    let connect: BoxFuture<'_, _> = Box::pin(factum_eventstore::EventStoreDb::connect(url));
    let store = connect.await?;
    Ok(AppBuilder::new(std::sync::Arc::new(store), super::Ownership::Own))
}

#[cfg(not(feature = "eventstore"))]
async fn eventstore(_: &str) -> Result<AppBuilder, StoreError> {
    Err(refused("the EventStoreDB server", "factum was built without its feature `eventstore`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_url_that_names_no_store_is_refused_without_its_password() {
        for url in ["bank.db", "mysql://me:secret@host/db", ""] {
            let error = App::connect(url).await.unwrap_err().to_string();
            assert!(error.contains("`postgres://`") && !error.contains("secret"), "{error}");
        }
    }

    #[cfg(feature = "embedded")]
    #[tokio::test]
    async fn a_file_can_be_named_by_a_url() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.db");
        for url in [format!("sqlite:{}", file.display()), format!("sqlite://{}", file.display())] {
            let app = App::connect(&url).await.unwrap().start().await.unwrap();
            app.stop().await.unwrap();
        }
        assert!(file.exists());
    }
}
