//! Statements over many rows: `INSERT … VALUES (…), (…), …` and `… IN (…, …)`.
//!
//! A statement costs a hand-over to the database's thread; a row within a statement costs almost nothing. Rows are sent
//! in groups of falling powers of two, so that any number of rows needs only a handful of different texts, each prepared
//! once.
//!
//! The places of values are `?` here, and not `$1` as everywhere else: SQLite keeps the names of numbered places in a
//! list, which the driver has it search for each value, and a thousand values take longer to bind than to insert.
//! PostgreSQL knows only numbered places, so they are numbered for it ([`Dialect::places`]).

use sqlx::{Any, AnyConnection, AssertSqlSafe, any::AnyArguments, query::Query};

use crate::dialect::Dialect;

/// A statement that is being given its values.
pub(crate) type Statement<'q> = Query<'q, Any, AnyArguments>;

/// The most rows in one statement. With at most 15 columns, far from either database's limit of values.
const LARGEST: usize = 128;

/// An `INSERT` of many rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Insert {
    /// All before the rows: `INSERT INTO table (columns) VALUES`.
    pub(crate) head: &'static str,
    /// How many columns a row has.
    pub(crate) columns: usize,
    /// All after the rows: `ON CONFLICT …`, or nothing.
    pub(crate) tail: &'static str,
}

impl Insert {
    /// Inserts `rows`, each given its values by `bind`.
    pub(crate) async fn execute<'q, T>(
        self,
        connection: &mut AnyConnection,
        rows: &'q [T],
        bind: impl Fn(Statement<'q>, &'q T) -> Statement<'q>,
    ) -> Result<(), sqlx::Error> {
        let dialect = Dialect::of(connection);
        for group in groups(rows) {
            let text = dialect.places(self.text(group.len()));
            let mut statement = sqlx::query(AssertSqlSafe(text));
            for row in group {
                statement = bind(statement, row);
            }
            statement.execute(&mut *connection).await?;
        }
        Ok(())
    }

    fn text(self, rows: usize) -> String {
        let mut text = self.head.to_owned();
        for row in 0..rows {
            text.push_str(if row == 0 { " " } else { ", " });
            text.push_str(&places(self.columns));
        }
        if !self.tail.is_empty() {
            text.push(' ');
            text.push_str(self.tail);
        }
        text
    }
}

/// `head` with `(?, ?, …)` after it, the places of `count` values, for the database of `connection`.
pub(crate) fn list(connection: &AnyConnection, head: &str, count: usize) -> AssertSqlSafe<String> {
    AssertSqlSafe(Dialect::of(connection).places(format!("{head}{}", places(count))))
}

/// `(?, ?, …)`: the places of `count` values.
pub(crate) fn places(count: usize) -> String {
    let mut text = "(".to_owned();
    for place in 0..count {
        text.push_str(if place == 0 { "?" } else { ", ?" });
    }
    text.push(')');
    text
}

/// Cuts `rows` into groups of falling powers of two, of `LARGEST` at most.
pub(crate) fn groups<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = (rest.len() + 1).next_power_of_two() / 2;
        let (group, after) = rest.split_at_checked(size.min(LARGEST))?;
        rest = after;
        (!group.is_empty()).then_some(group)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_few_different_sizes() {
        for count in [0, 1, 2, 3, 7, 128, 129, 300] {
            let rows: Vec<usize> = (0..count).collect();
            let sizes: Vec<usize> = groups(&rows).map(<[usize]>::len).collect();
            assert_eq!(sizes.iter().sum::<usize>(), count);
            assert!(sizes.iter().all(|size| size.is_power_of_two()), "{sizes:?}");
            assert!(sizes.is_sorted_by(|left, right| left >= right), "{sizes:?}");
        }
    }

    #[test]
    fn each_row_has_a_place_for_each_column() {
        let insert =
            Insert { head: "INSERT INTO t (a, b) VALUES", columns: 2, tail: "ON CONFLICT" };
        assert_eq!(insert.text(2), "INSERT INTO t (a, b) VALUES (?, ?), (?, ?) ON CONFLICT");
    }
}
