use factum_core::Key;
use factum_core::view::{Part, ValueKind, ViewId, ViewSpec};

use super::super::schema::Schema;
use crate::rows::{building, columns, part_name, quoted};

/// Where the server cuts names off, in bytes.
const NAME_BYTES: usize = 63;
/// The names of columns that every table has: ours, and the server's own.
const RESERVED: [&str; 8] = ["key", "body", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// One of a view's tables.
pub(super) struct Table {
    /// Its name, without the schema.
    name: String,
    /// The same as SQL writes it, with the schema.
    pub(super) quoted: String,
    pub(super) columns: Vec<Column>,
}

/// A column of such a table.
#[derive(Debug)]
pub(super) struct Column {
    /// As SQL writes it.
    pub(super) name: String,
    pub(super) kind: ValueKind,
}

impl Table {
    /// The table of a view of the log with this number.
    pub(super) fn new(schema: &Schema, log: i32, view: &ViewSpec) -> Self {
        let name = name_of(log, view.id, view.part);
        let names = columns(view, &RESERVED, fitted);
        let columns = names.into_iter().zip(view.columns);
        let columns = columns.map(|(name, column)| Column { name, kind: column.kind }).collect();
        Self { quoted: format!("{schema}.{}", quoted(&name)), name, columns }
    }

    /// The statements that make it.
    pub(super) fn making(&self) -> Vec<String> {
        let table = &self.quoted;
        let columns = self.columns.iter();
        let list: String =
            columns.clone().map(|c| format!("{} {}, ", c.name, type_of(c.kind))).collect();
        let mut statements = vec![format!(
            "create table {table} (key text collate \"C\" primary key, {list}body text not null)"
        )];
        statements.extend(columns.enumerate().map(|(place, column)| {
            let index = quoted(&fitted(&format!("{}_by_{place}", self.name)));
            format!("create index {index} on {table} ({} nulls first, key)", column.name)
        }));
        statements
    }

    /// The statement that puts rows, given as lists: keys, values of each kind, column after column, and
    /// bodies.
    pub(super) fn putting(&self) -> String {
        let mut seen = [0_usize; KINDS.len()];
        let (mut names, mut lists, mut set) = (String::new(), String::new(), String::new());
        for Column { name, kind } in &self.columns {
            let kind_place = KINDS.iter().position(|k| k == kind).unwrap_or_default();
            let nth = seen.get_mut(kind_place).map_or(0, |seen| std::mem::replace(seen, *seen + 1));
            let parameter = kind_place + 2;
            let (list, rows) = (format!("${parameter}"), "cardinality($1)");
            lists.push_str(&format!(", ({list})[{nth} * {rows} + 1 : {} * {rows}]", nth + 1));
            names.push_str(&format!("{name}, "));
            set.push_str(&format!("{name} = excluded.{name}, "));
        }
        format!(
            "insert into {} (key, {names}body) select * from unnest($1{lists}, $6)
             on conflict (key) do update set {set}body = excluded.body",
            self.quoted
        )
    }

    /// The query for whether it has a row.
    pub(super) fn having(&self) -> String {
        format!("select exists (select from {})", self.quoted)
    }

    /// The query for the bodies of the rows with the keys of a list, in its order.
    pub(super) fn loading(&self) -> String {
        format!(
            "select (select t.body from {} t where t.key = u.key)
             from unnest($1) with ordinality u(key, n) order by u.n",
            self.quoted
        )
    }

    /// The statement that deletes the rows with the keys of a list.
    pub(super) fn deleting(&self) -> String {
        format!("delete from {} where key = any($1)", self.quoted)
    }
}

/// In the order in which [`Table::putting`] takes their values.
const KINDS: [ValueKind; 4] = [ValueKind::Bool, ValueKind::Int, ValueKind::Uint, ValueKind::Text];

fn type_of(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Bool => "boolean",
        ValueKind::Int => "bigint",
        ValueKind::Uint => "numeric(20)",
        ValueKind::Text => "text collate \"C\"",
    }
}

/// The statements that drop a view's tables.
pub(super) fn dropping(schema: &Schema, log: i32, view: ViewId) -> Vec<String> {
    let parts = [Part::Rows, Part::Parked].into_iter();
    let names = parts.map(|part| quoted(&name_of(log, view, part)));
    names.map(|name| format!("drop table {schema}.{name}")).collect()
}

fn name_of(log: i32, view: ViewId, part: Part) -> String {
    let building = building(view.name, view.version, view.build);
    fitted(&format!("{}_{log}_{building}", part_name(part)))
}

/// A name that the server does not cut off: one that is too long ends in a digest of the whole.
fn fitted(name: &str) -> String {
    const DIGEST: usize = 16;
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let digest = Key::from_bytes([0; 16]).derive(name).uuid().simple().to_string();
    let digest = digest.get(..DIGEST).unwrap_or_default();
    let begin = name.get(..name.floor_char_boundary(NAME_BYTES - DIGEST - 1)).unwrap_or_default();
    format!("{begin}_{digest}")
}

#[cfg(test)]
mod tests {
    use factum_core::view::ColumnSpec;

    use super::*;

    const fn column(name: &'static str, kind: ValueKind) -> ColumnSpec {
        ColumnSpec { name, kind }
    }

    fn table(name: &'static str, columns: &'static [ColumnSpec]) -> Table {
        let id = ViewId { name, version: 2, build: 1 };
        Table::new(&Schema::new("a b"), 7, &ViewSpec::new(id, columns))
    }

    #[test]
    fn names_tell_log_view_version_and_building() {
        assert_eq!(table("x\"y", &[]).quoted, "\"a b\".\"view_7_x\"\"y_v2_b1\"");
    }

    #[test]
    fn long_names_fit_and_stay_apart() {
        let long = "é".repeat(40);
        let cut = fitted(&long);
        assert!(cut.len() <= NAME_BYTES && cut.starts_with("éé"), "{cut}");
        assert_ne!(cut, fitted(&format!("{long}é")));
        assert_eq!(fitted("short"), "short");
        let table = table("everything about the balances of all the accounts of everybody", &[]);
        let statements = table.making();
        assert!(statements[0].contains("view_7_everything about the balances of all th_"));
    }

    #[test]
    fn columns_of_the_server_are_not_ours() {
        const COLUMNS: &[ColumnSpec] = &[
            column("ctid", ValueKind::Int),
            column("key", ValueKind::Text),
            column("Owner", ValueKind::Text),
            column("owner", ValueKind::Text),
        ];
        let names: Vec<_> = table("x", COLUMNS).columns.into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["\"ctid_0\"", "\"key_1\"", "\"Owner\"", "\"owner_3\""]);
    }

    #[test]
    fn values_come_as_lists_by_their_kind() {
        const COLUMNS: &[ColumnSpec] = &[
            column("a", ValueKind::Text),
            column("b", ValueKind::Bool),
            column("c", ValueKind::Text),
        ];
        let sql = table("x", COLUMNS).putting();
        let lists = "unnest($1, ($5)[0 * cardinality($1) + 1 : 1 * cardinality($1)], \
                     ($2)[0 * cardinality($1) + 1 : 1 * cardinality($1)], \
                     ($5)[1 * cardinality($1) + 1 : 2 * cardinality($1)], $6)";
        assert!(sql.contains(lists), "{sql}");
        assert!(sql.contains("(key, \"a\", \"b\", \"c\", body)"), "{sql}");
    }
}
