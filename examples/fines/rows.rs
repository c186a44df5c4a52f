//! Rows of the CSV file.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};

use csv::{ByteRecord, ReaderBuilder, StringRecord, Trim};
use factum::Key;

use super::activities::{Ask, ask};
use super::date::BadDate;
use super::money::BadMoney;

/// The ids of all commands follow from this one.
const NAMESPACE: Key = Key::from_bytes(*b"factum/fines/csv");

const COLUMNS: [&str; 10] = [
    "fine_id",
    "date",
    "activity",
    "amount",
    "article",
    "dismissal",
    "expense",
    "notificationtype",
    "totalpaymentamount",
    "vehicleclass",
];

/// Why a row is not a command.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum BadRow {
    #[error("the row has {found} fields, the header {wanted}")]
    Fields { found: usize, wanted: usize },
    #[error("the row is not UTF-8 text")]
    Text,
    #[error("fine_id is missing")]
    NoFine,
    #[error("date {0}")]
    Date(#[from] BadDate),
    #[error("{column} {problem}")]
    Money { column: &'static str, problem: BadMoney },
    #[error("{0:?} is not one of the eleven activities")]
    Activity(String),
}

/// Why a file is not one of fines.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadFile {
    #[error("cannot read the file: {0}")]
    Read(#[from] io::Error),
    #[error("the header: {0}")]
    Header(BadRow),
    #[error("the file has no column {0}")]
    NoColumn(&'static str),
}

/// The rows of a file, one on each line: no column holds a line break, so a stray quote spoils its
/// own line and no other.
pub(crate) struct Rows<R> {
    lines: BufReader<R>,
    line: u64,
    fields: usize,
    places: [usize; COLUMNS.len()],
    seen: HashMap<Vec<u8>, u64>,
}

/// One row.
pub(crate) struct Row {
    /// Its line in the file.
    pub(crate) line: u64,
    /// What it asks for, if it can be understood.
    pub(crate) content: Result<Request, BadRow>,
}

/// A command with the id under which it is sent, each time that the file is read.
pub(crate) struct Request {
    pub(crate) fine: String,
    pub(crate) id: Key,
    pub(crate) ask: Ask,
}

impl<R: Read> Rows<R> {
    pub(crate) fn open(source: R) -> Result<Self, BadFile> {
        let lines = BufReader::new(source);
        let (fields, places, seen) = (0, [0; COLUMNS.len()], HashMap::new());
        let mut rows = Self { lines, line: 0, fields, places, seen };
        let line = rows.next_line()?.unwrap_or_default();
        let header = text(parse(&line)?).map_err(BadFile::Header)?;
        rows.fields = header.len();
        for (place, column) in rows.places.iter_mut().zip(COLUMNS) {
            let found = header.iter().position(|name| name == column);
            *place = found.ok_or(BadFile::NoColumn(column))?;
        }
        Ok(rows)
    }

    /// The next row; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, BadFile> {
        let Some(line) = self.next_line()? else { return Ok(None) };
        let content = self.request(parse(&line)?);
        Ok(Some(Row { line: self.line, content }))
    }

    /// The next line that is not blank.
    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        while line.trim_ascii().is_empty() {
            line.clear();
            if self.lines.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            self.line += 1;
        }
        Ok(Some(line))
    }

    fn request(&mut self, record: ByteRecord) -> Result<Request, BadRow> {
        let [fine_id, ..] = self.places;
        let fine = record.get(fine_id).unwrap_or_default();
        if fine.is_empty() {
            return Err(BadRow::NoFine);
        }
        // The place among the rows of the fine, malformed ones included: mending one of them later
        // leaves the ids of the others as they are.
        let place = self.seen.entry(fine.to_owned()).or_default();
        *place += 1;
        let place = *place;
        let (found, wanted) = (record.len(), self.fields);
        let fields = Fields { record: text(record)?, places: self.places };
        let fine = fields.text("fine_id");
        if found != wanted {
            return Err(BadRow::Fields { found, wanted });
        }
        let id = NAMESPACE.derive(&format!("{fine}/{place}"));
        Ok(Request { ask: ask(&fields)?, fine, id })
    }
}

fn parse(line: &[u8]) -> io::Result<ByteRecord> {
    let mut record = ByteRecord::new();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .trim(Trim::All)
        .buffer_capacity(line.len())
        .from_reader(line);
    reader.read_byte_record(&mut record)?;
    Ok(record)
}

fn text(record: ByteRecord) -> Result<StringRecord, BadRow> {
    StringRecord::from_byte_record(record).map_err(|_| BadRow::Text)
}

/// The fields of a row by the names of their columns.
pub(crate) struct Fields {
    record: StringRecord,
    places: [usize; COLUMNS.len()],
}

impl Fields {
    pub(crate) fn get(&self, column: &str) -> &str {
        let mut places = COLUMNS.iter().zip(self.places);
        let place = places.find(|(name, _)| **name == column).map(|(_, place)| place);
        place.and_then(|place| self.record.get(place)).unwrap_or_default()
    }

    pub(crate) fn text(&self, column: &str) -> String {
        self.get(column).to_owned()
    }
}
