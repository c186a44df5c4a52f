//! Filters on `$all`.

use fancy_regex::Regex;

use crate::model::Record;
use crate::wire::{FilterOptions, filter_options};

/// How many events a filter looks at between two checkpoints, unless the client says.
const DEFAULT_WINDOW: u32 = 32;

/// Which events of `$all` a client wants, and how often it wants to know how far the search is.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    on: Subject,
    test: Test,
    /// After how many events that were looked at a checkpoint is due.
    pub(crate) checkpoint_every: u64,
}

#[derive(Clone, Copy, Debug)]
enum Subject {
    StreamName,
    EventType,
}

#[derive(Clone, Debug)]
enum Test {
    Expression(Regex),
    Prefixes(Vec<String>),
}

/// A filter that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadFilter {
    /// It does not say what it looks at, or has neither an expression nor prefixes.
    #[error("the filter is empty: give a regular expression or prefixes of names or types")]
    Empty,
    /// Its regular expression is none.
    #[error("the filter's regular expression is malformed: {0}")]
    Expression(#[from] Box<fancy_regex::Error>),
}

impl Filter {
    /// The filter that a client asks for.
    ///
    /// # Errors
    ///
    /// [`BadFilter`], with what is wrong with it.
    pub(crate) fn parse(options: &FilterOptions) -> Result<Self, BadFilter> {
        let (on, expression) = match &options.on {
            Some(filter_options::On::StreamName(expression)) => (Subject::StreamName, expression),
            Some(filter_options::On::EventType(expression)) => (Subject::EventType, expression),
            None => return Err(BadFilter::Empty),
        };
        let test = if !expression.regex.is_empty() {
            Test::Expression(Regex::new(&expression.regex).map_err(Box::new)?)
        } else if !expression.prefix.is_empty() {
            Test::Prefixes(expression.prefix.clone())
        } else {
            return Err(BadFilter::Empty);
        };
        let window = match options.window {
            Some(filter_options::Window::Max(max)) if max > 0 => max,
            _ => DEFAULT_WINDOW,
        };
        let multiplier = options.checkpoint_interval_multiplier.max(1);
        Ok(Self { on, test, checkpoint_every: u64::from(window) * u64::from(multiplier) })
    }

    /// Whether the client wants this event.
    #[must_use]
    pub(crate) fn wants(&self, record: &Record) -> bool {
        let name = match self.on {
            Subject::StreamName => &record.stream,
            Subject::EventType => &record.event_type,
        };
        match &self.test {
            // An expression that takes too long matches nothing.
            Test::Expression(expression) => expression.is_match(name).unwrap_or(false),
            Test::Prefixes(prefixes) => prefixes.iter().any(|prefix| name.starts_with(prefix)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Log, Proposed};
    use crate::wire::filter_options::{Expression, On, Window};

    fn record(stream: &str, event_type: &str) -> Record {
        let event = Proposed::system(event_type, "");
        Log::new(0).prepare(vec![(stream.to_owned(), event)]).remove(0)
    }

    fn filter(on: On) -> Filter {
        let options =
            FilterOptions { on: Some(on), window: Some(Window::Max(5)), ..Default::default() };
        Filter::parse(&options).unwrap()
    }

    #[test]
    fn an_expression_wins_over_prefixes_and_may_look_ahead() {
        let filter = filter(On::EventType(Expression {
            regex: r"^(?!\$).*".to_owned(),
            prefix: vec!["$".to_owned()],
        }));
        assert!(filter.wants(&record("a", "Ordered")));
        assert!(!filter.wants(&record("a", "$metadata")));
        assert_eq!(filter.checkpoint_every, 5);
    }

    #[test]
    fn one_prefix_suffices() {
        let prefix = vec!["order-".to_owned(), "invoice-".to_owned()];
        let filter = filter(On::StreamName(Expression { regex: String::new(), prefix }));
        assert!(filter.wants(&record("invoice-1", "t")));
        assert!(!filter.wants(&record("note-1", "invoice-")));
    }

    #[test]
    fn what_is_empty_or_malformed_is_refused() {
        assert!(matches!(Filter::parse(&FilterOptions::default()), Err(BadFilter::Empty)));
        let on = On::EventType(Expression { regex: "(".to_owned(), prefix: vec![] });
        let options = FilterOptions { on: Some(on), ..Default::default() };
        assert!(matches!(Filter::parse(&options), Err(BadFilter::Expression(_))));
    }
}
