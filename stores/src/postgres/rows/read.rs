use bytes::Bytes;
use factum_core::view::{Condition, Select, ViewSpec};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::super::fault::Fault;
use super::super::schema::Schema;
use super::super::session::Session;
use super::table::Table;
use super::text::Text;
use super::value::escaped;

/// The bodies of the rows with these keys.
pub(super) async fn load(
    session: &mut Session,
    schema: &Schema,
    view: &ViewSpec,
    keys: &[String],
) -> Result<Vec<Option<Bytes>>, Fault> {
    let table = Table::new(schema, session.log.number, view);
    let keys: Vec<_> = keys.iter().map(|key| escaped(key)).collect();
    let rows = session.query(&table.loading(), &[(&keys, Type::TEXT_ARRAY)]).await?;
    rows.iter().map(|row| Ok(row.try_get::<_, Option<&str>>(0)?.map(bytes))).collect()
}

/// The bodies of the rows that are wanted.
pub(super) async fn select(
    session: &mut Session,
    schema: &Schema,
    view: &ViewSpec,
    select: &Select,
) -> Result<Vec<Bytes>, Fault> {
    let table = Table::new(schema, session.log.number, view);
    let rows = ask(session, &Text::select(&table, select)).await?;
    rows.iter().map(|row| Ok(bytes(row.try_get(0)?))).collect()
}

/// How many rows there are of which the conditions hold.
pub(super) async fn count(
    session: &mut Session,
    schema: &Schema,
    view: &ViewSpec,
    conditions: &[Condition],
) -> Result<usize, Fault> {
    let table = Table::new(schema, session.log.number, view);
    let rows = ask(session, &Text::count(&table, conditions)).await?;
    let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

async fn ask(session: &mut Session, query: &Text<'_>) -> Result<Vec<Row>, Fault> {
    let values: Vec<_> = query.values.iter().map(super::value::Sql::typed).collect();
    session.query(&query.sql, &values).await
}

pub(super) fn bytes(body: &str) -> Bytes {
    Bytes::copy_from_slice(body.as_bytes())
}
