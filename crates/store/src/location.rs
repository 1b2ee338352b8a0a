//! Where the records of an estate are: a data folder, with SQLite in it, or a database on a PostgreSQL server.
//!
//! A URL may hold a password, and a mistyped one may hold a part of it anywhere. So a location is shown by what it says,
//! never by its text: the server, the user and the database, put together again from what was understood.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use sqlx::{any::AnyConnectOptions, postgres::PgConnectOptions};

/// The database's file in a data folder.
pub(crate) const FILE: &str = "reeve.db";

/// What may follow the `?` of a URL, beside `options[NAME]`. The driver would pass over any other, and a `sslmode` with a
/// letter missing is nothing to pass over.
const PARAMETERS: [&str; 17] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Where the records of an estate are.
///
/// As text: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`, or the path of a folder. What a URL leaves
/// out is taken from the environment (`PGHOST`, `PGUSER`, `PGPASSWORD` …) and the password file, as other clients do.
#[derive(Clone)]
pub struct DatabaseLocation(Kind);

/// What is at a location.
#[derive(Clone)]
pub(crate) enum Kind {
    /// SQLite, in a folder of its own.
    Folder(PathBuf),
    /// PostgreSQL.
    Postgres {
        /// How to connect, which may hold a secret.
        options: Box<AnyConnectOptions>,
        /// The same for people, without it.
        shown: String,
    },
}

/// A text that is not the location of a database. The text itself is not shown: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not the location of a database: {reason}")]
pub struct ParseDatabaseLocationError {
    reason: String,
}

impl DatabaseLocation {
    pub(crate) fn kind(&self) -> &Kind {
        &self.0
    }

    /// The data folder, if the records are in one.
    pub fn folder(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Folder(folder) => Some(folder),
            Kind::Postgres { .. } => None,
        }
    }

    /// The database itself, for messages.
    pub(crate) fn database(&self) -> String {
        match &self.0 {
            Kind::Folder(folder) => folder.join(FILE).display().to_string(),
            Kind::Postgres { shown, .. } => shown.clone(),
        }
    }
}

impl From<&Path> for DatabaseLocation {
    fn from(folder: &Path) -> Self {
        Self(Kind::Folder(folder.to_owned()))
    }
}

impl From<PathBuf> for DatabaseLocation {
    fn from(folder: PathBuf) -> Self {
        Self(Kind::Folder(folder))
    }
}

impl From<&PathBuf> for DatabaseLocation {
    fn from(folder: &PathBuf) -> Self {
        Self::from(folder.as_path())
    }
}

impl From<&DatabaseLocation> for DatabaseLocation {
    fn from(location: &DatabaseLocation) -> Self {
        location.clone()
    }
}

impl FromStr for DatabaseLocation {
    type Err = ParseDatabaseLocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => postgres(text),
            Some((scheme, _)) if is_word(scheme) => {
                refused(format!("`{scheme}` is no database that Reeve can use"))
            }
            _ if text.is_empty() => refused("it is empty"),
            _ => Ok(Self::from(Path::new(text))),
        }
    }
}

fn postgres(text: &str) -> Result<DatabaseLocation, ParseDatabaseLocationError> {
    let options: AnyConnectOptions = text.parse().or_else(|error| refused(said(&error)))?;
    let url = &options.database_url;
    // Signs of a password that was not written as URLs are: the rest of it became something else.
    let path = url.path().trim_start_matches('/');
    if url.fragment().is_some() || path.contains(['/', '@', ':']) || url.username().contains('@') {
        return refused("there is more after the name of the database, or a sign in it");
    }
    for (name, _) in url.query_pairs() {
        let is_known = PARAMETERS.contains(&&*name) || name.starts_with("options[");
        if !is_known && is_word(&name) {
            return refused(format!("it has no parameter `{name}`"));
        }
        if !is_known {
            return refused("what follows the `?` is no parameter");
        }
    }
    let understood: PgConnectOptions = text.parse().or_else(|error| refused(said(&error)))?;
    let shown = shown(&understood);
    Ok(DatabaseLocation(Kind::Postgres { options: Box::new(options), shown }))
}

/// Whether it is a plain word, and not a part of something else that is better not shown.
fn is_word(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_lowercase() || matches!(letter, '_' | '-'))
}

fn refused<T>(reason: impl Into<String>) -> Result<T, ParseDatabaseLocationError> {
    Err(ParseDatabaseLocationError { reason: reason.into() })
}

/// What is wrong with a URL: the innermost messages name the kind of mistake, and not the text.
fn said(error: &sqlx::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn shown(options: &PgConnectOptions) -> String {
    let user = options.get_username();
    let port = options.get_port();
    let database = options.get_database().unwrap_or(user);
    match options.get_socket() {
        Some(socket) => format!("postgres://{user}@{}:{port}/{database}", socket.display()),
        None => format!("postgres://{user}@{}:{port}/{database}", options.get_host()),
    }
}

impl fmt::Display for DatabaseLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Folder(folder) => write!(formatter, "{}", folder.display()),
            Kind::Postgres { shown, .. } => formatter.write_str(shown),
        }
    }
}

impl fmt::Debug for DatabaseLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DatabaseLocation({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_shown_without_its_secrets() {
        for (text, expected) in [
            (
                "postgres://ana:hunter2@db.example:5433/reeve",
                "postgres://ana@db.example:5433/reeve",
            ),
            ("postgresql://ana:hunter2@db:1/reeve?sslmode=require", "postgres://ana@db:1/reeve"),
            ("postgres://db:1/reeve?user=ana&password=hunter2", "postgres://ana@db:1/reeve"),
            ("postgres://ana:p%40hunter2@db:1/", "postgres://ana@db:1/ana"),
            ("postgres://ana@%2Frun%2Fpg:1/reeve", "postgres://ana@/run/pg:1/reeve"),
            (
                "postgres:///reeve?user=ana&password=hunter2&host=/run/pg&port=1",
                "postgres://ana@/run/pg:1/reeve",
            ),
            ("/var/lib/reeve", "/var/lib/reeve"),
            ("data", "data"),
        ] {
            let location: DatabaseLocation = text.parse().unwrap();
            assert_eq!(location.to_string(), expected, "{text}");
            assert!(!format!("{location:?} {}", location.database()).contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn what_is_no_location_is_refused_without_being_repeated() {
        for (text, expected) in [
            ("", "it is empty"),
            ("mysql://ana:hunter2@db/reeve", "`mysql` is no database that Reeve can use"),
            ("postgres://ana:hun/ter2@db/reeve", "invalid port number"),
            (
                "postgres://ana:12/hunter2@db/reeve",
                "there is more after the name of the database, or a sign in it",
            ),
            ("postgres://ana:12?hunter2@db/reeve", "what follows the `?` is no parameter"),
            (
                "postgres://ana:12#hunter2@db/reeve",
                "there is more after the name of the database, or a sign in it",
            ),
            ("postgres://ana:hunter2@db/reeve?sslmod=require", "it has no parameter `sslmod`"),
            (
                "postgres://ana:hunter2@db/reeve?sslmode=perhaps",
                "unknown value \"perhaps\" for `ssl_mode`",
            ),
            ("postgres://ana:hunter2@db:99999/reeve", "invalid port number"),
        ] {
            let error = text.parse::<DatabaseLocation>().unwrap_err();
            let expected = format!("this is not the location of a database: {expected}");
            assert_eq!(error.to_string(), expected, "{text}");
            assert!(!format!("{error:?}").contains("hunter2"), "{text}");
        }
    }
}
