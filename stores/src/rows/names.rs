use factum_core::view::{Part, ViewSpec};

/// What the name of a table of this part begins with.
pub(crate) fn part_name(part: Part) -> &'static str {
    match part {
        Part::Rows => "view",
        Part::Parked => "parked",
    }
}

/// What the names of a building's tables end with.
pub(crate) fn building(name: &str, version: u32, build: u32) -> String {
    let build = if build > 0 { format!("_b{build}") } else { String::new() };
    format!("{name}_v{version}{build}")
}

/// The names of a table's columns, quoted. One that the table has already, for itself or, as SQL does
/// not tell capitals from small letters, for another column, gets its place as a suffix, as often as
/// that is taken too. `fit` brings a name to the length that the database takes.
pub(crate) fn columns(
    view: &ViewSpec,
    reserved: &[&str],
    fit: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut taken: Vec<String> = reserved.iter().map(|name| (*name).to_owned()).collect();
    let names = view.columns.iter().enumerate().map(|(place, column)| {
        let mut name = fit(column.name);
        while taken.contains(&name.to_lowercase()) {
            name = fit(&format!("{name}_{place}"));
        }
        taken.push(name.to_lowercase());
        quoted(&name)
    });
    names.collect()
}

/// A name as SQL writes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
