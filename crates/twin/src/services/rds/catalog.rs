//! The engines, versions and instance classes that RDS offers, and what may be upgraded to what.
//!
//! A fact page, not a copy of AWS's whole list: the engines people run, with the newest versions of each release line.

/// A release line of an engine.
#[derive(Debug)]
pub(super) struct Line {
    /// The engine, as the API calls it.
    pub(super) engine: &'static str,
    /// What people call it.
    pub(super) name: &'static str,
    /// The major version.
    pub(super) major: &'static str,
    /// The family of its parameter groups.
    pub(super) family: &'static str,
    /// The versions, oldest first.
    pub(super) versions: &'static [&'static str],
}

const fn line(
    engine: &'static str,
    name: &'static str,
    major: &'static str,
    family: &'static str,
    versions: &'static [&'static str],
) -> Line {
    Line { engine, name, major, family, versions }
}

/// Every release line, oldest first within an engine.
pub(super) static LINES: [Line; 29] = [
    line(AURORA_MYSQL, "Aurora MySQL", "5.7", "aurora-mysql5.7", &["5.7.mysql_aurora.2.12.5"]),
    line(
        AURORA_MYSQL,
        "Aurora MySQL",
        "8.0",
        "aurora-mysql8.0",
        &["8.0.mysql_aurora.3.04.4", "8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.10.1"],
    ),
    line(AURORA_POSTGRES, "Aurora PostgreSQL", "14", "aurora-postgresql14", &["14.15", "14.18"]),
    line(
        AURORA_POSTGRES,
        "Aurora PostgreSQL",
        "15",
        "aurora-postgresql15",
        &["15.4", "15.8", "15.10", "15.13"],
    ),
    line(
        AURORA_POSTGRES,
        "Aurora PostgreSQL",
        "16",
        "aurora-postgresql16",
        &["16.4", "16.6", "16.8", "16.9"],
    ),
    line(AURORA_POSTGRES, "Aurora PostgreSQL", "17", "aurora-postgresql17", &["17.4", "17.5"]),
    line("mariadb", "MariaDB", "10.6", "mariadb10.6", &["10.6.20", "10.6.21", "10.6.22"]),
    line("mariadb", "MariaDB", "10.11", "mariadb10.11", &["10.11.10", "10.11.11", "10.11.13"]),
    line("mariadb", "MariaDB", "11.4", "mariadb11.4", &["11.4.4", "11.4.5", "11.4.7"]),
    line("mariadb", "MariaDB", "11.8", "mariadb11.8", &["11.8.3"]),
    line("mysql", "MySQL Community Edition", "5.7", "mysql5.7", &["5.7.44"]),
    line(
        "mysql",
        "MySQL Community Edition",
        "8.0",
        "mysql8.0",
        &["8.0.35", "8.0.39", "8.0.40", "8.0.41", "8.0.42"],
    ),
    line("mysql", "MySQL Community Edition", "8.4", "mysql8.4", &["8.4.3", "8.4.4", "8.4.5"]),
    line("oracle-ee", "Oracle Database Enterprise Edition", "19", "oracle-ee-19", &ORACLE),
    line("oracle-se2", "Oracle Database Standard Edition Two", "19", "oracle-se2-19", &ORACLE),
    line("postgres", "PostgreSQL", "13", "postgres13", &["13.18", "13.20", "13.21"]),
    line("postgres", "PostgreSQL", "14", "postgres14", &["14.15", "14.17", "14.18"]),
    line("postgres", "PostgreSQL", "15", "postgres15", &["15.8", "15.10", "15.12", "15.13"]),
    line("postgres", "PostgreSQL", "16", "postgres16", &["16.3", "16.4", "16.6", "16.8", "16.9"]),
    line("postgres", "PostgreSQL", "17", "postgres17", &["17.2", "17.4", "17.5"]),
    line("sqlserver-ee", "SQL Server Enterprise Edition", "15.00", "sqlserver-ee-15.0", &SQL_2019),
    line("sqlserver-ee", "SQL Server Enterprise Edition", "16.00", "sqlserver-ee-16.0", &SQL_2022),
    line("sqlserver-ex", "SQL Server Express Edition", "15.00", "sqlserver-ex-15.0", &SQL_2019),
    line("sqlserver-ex", "SQL Server Express Edition", "16.00", "sqlserver-ex-16.0", &SQL_2022),
    line("sqlserver-se", "SQL Server Standard Edition", "14.00", "sqlserver-se-14.0", &SQL_2017),
    line("sqlserver-se", "SQL Server Standard Edition", "15.00", "sqlserver-se-15.0", &SQL_2019),
    line("sqlserver-se", "SQL Server Standard Edition", "16.00", "sqlserver-se-16.0", &SQL_2022),
    line("sqlserver-web", "SQL Server Web Edition", "15.00", "sqlserver-web-15.0", &SQL_2019),
    line("sqlserver-web", "SQL Server Web Edition", "16.00", "sqlserver-web-16.0", &SQL_2022),
];

const AURORA_MYSQL: &str = "aurora-mysql";
const AURORA_POSTGRES: &str = "aurora-postgresql";
const ORACLE: [&str; 2] =
    ["19.0.0.0.ru-2025-04.rur-2025-04.r1", "19.0.0.0.ru-2025-07.rur-2025-07.r1"];
const SQL_2017: [&str; 1] = ["14.00.3480.1.v1"];
const SQL_2019: [&str; 2] = ["15.00.4420.2.v1", "15.00.4430.1.v1"];
const SQL_2022: [&str; 2] = ["16.00.4185.3.v1", "16.00.4195.2.v1"];

/// The instance classes offered, with their virtual processors and memory in GiB.
pub(super) const CLASSES: [(&str, i64, i64); 20] = [
    ("db.t3.micro", 2, 1),
    ("db.t3.small", 2, 2),
    ("db.t3.medium", 2, 4),
    ("db.t3.large", 2, 8),
    ("db.t4g.micro", 2, 1),
    ("db.t4g.small", 2, 2),
    ("db.t4g.medium", 2, 4),
    ("db.t4g.large", 2, 8),
    ("db.m5.large", 2, 8),
    ("db.m5.xlarge", 4, 16),
    ("db.m6g.large", 2, 8),
    ("db.m6g.xlarge", 4, 16),
    ("db.m6i.large", 2, 8),
    ("db.m6i.xlarge", 4, 16),
    ("db.m7g.large", 2, 8),
    ("db.r5.large", 2, 16),
    ("db.r6g.large", 2, 16),
    ("db.r6g.xlarge", 4, 32),
    ("db.r6i.large", 2, 16),
    ("db.r7g.large", 2, 16),
];

/// The certificate authorities: name, thumbprint, from and until when they are valid.
pub(super) const CERTIFICATES: [(&str, &str, &str, &str); 3] = [
    (
        "rds-ca-rsa2048-g1",
        "1e8f1a4c0d1d7b0e5b6c2f3a4958677685940312",
        "2021-05-25T22:34:57Z",
        "2061-05-25T23:34:57Z",
    ),
    (
        "rds-ca-rsa4096-g1",
        "2d7c6b5a4938271605f4e3d2c1b0a99887766554",
        "2021-05-25T22:38:35Z",
        "2121-05-25T23:38:35Z",
    ),
    (
        "rds-ca-ecc384-g1",
        "3c6b5a4928371605f4e3d2c1b0a9988776655443",
        "2021-05-25T22:42:10Z",
        "2121-05-25T23:42:10Z",
    ),
];

/// The release line of a version; a major version stands for its newest.
pub(super) fn find(engine: &str, version: Option<&str>) -> Option<(&'static Line, &'static str)> {
    let of_engine = || LINES.iter().filter(|line| line.engine == engine);
    let Some(version) = version else {
        // What is offered when nothing is asked for is the newest of the line before the newest.
        let mut lines = of_engine().rev();
        let newest = lines.next()?;
        let usual = lines.next().unwrap_or(newest);
        return Some((usual, usual.versions.last()?));
    };
    of_engine().find_map(|line| {
        let exact = line.versions.iter().find(|known| **known == version);
        let newest = || (line.major == version).then(|| line.versions.last()).flatten();
        Some((line, *exact.or_else(newest)?))
    })
}

/// The versions that an instance of this version can be upgraded to, and whether that changes the major version.
pub(super) fn upgrades(engine: &str, version: &str) -> Vec<(&'static str, bool)> {
    let lines: Vec<&Line> = LINES.iter().filter(|line| line.engine == engine).collect();
    let Some(own) = lines.iter().position(|line| line.versions.contains(&version)) else {
        return Vec::new();
    };
    let minor = lines.get(own).into_iter().flat_map(|line| {
        line.versions.iter().skip_while(|known| **known != version).skip(1).map(|v| (*v, false))
    });
    // PostgreSQL and SQL Server can jump over majors; MySQL and MariaDB go one by one.
    let reach = if engine.contains("mysql") { 1 } else { usize::MAX };
    let major = lines
        .iter()
        .skip(own + 1)
        .take(reach)
        .flat_map(|line| line.versions.iter().rev().take(2).rev().map(|v| (*v, true)));
    minor.chain(major).collect()
}

/// The port an engine listens on, unless it is told otherwise.
pub(super) fn port(engine: &str) -> i64 {
    match engine {
        "postgres" | "aurora-postgresql" => 5432,
        _ if engine.starts_with("oracle") => 1521,
        _ if engine.starts_with("sqlserver") => 1433,
        _ => 3306,
    }
}

/// The licence of an engine.
pub(super) fn license(engine: &str) -> &'static str {
    match engine {
        "postgres" | "aurora-postgresql" => "postgresql-license",
        _ if engine.starts_with("oracle") => "bring-your-own-license",
        _ if engine.starts_with("sqlserver") => "license-included",
        _ => "general-public-license",
    }
}

/// The logs that an engine can send to CloudWatch Logs.
pub(super) fn logs(engine: &str) -> &'static [&'static str] {
    match engine {
        "postgres" => &["postgresql", "upgrade"],
        "aurora-postgresql" => &["postgresql"],
        _ if engine.starts_with("oracle") => &["alert", "audit", "listener", "trace"],
        _ if engine.starts_with("sqlserver") => &["agent", "error"],
        _ => &["audit", "error", "general", "slowquery"],
    }
}

/// Whether an engine runs in clusters of Aurora.
pub(super) fn is_aurora(engine: &str) -> bool {
    engine.starts_with("aurora")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_major_version_stands_for_its_newest() {
        assert_eq!(find("postgres", Some("16")).map(|(_, version)| version), Some("16.9"));
        assert_eq!(find("postgres", Some("16.4")).map(|(_, version)| version), Some("16.4"));
        assert!(find("postgres", Some("16.99")).is_none());
        assert!(find("unheard-of", None).is_none());
    }

    #[test]
    fn upgrades_go_forward_only() {
        let targets = upgrades("postgres", "16.8");
        assert!(targets.contains(&("16.9", false)));
        assert!(targets.contains(&("17.5", true)));
        assert!(!targets.iter().any(|(version, _)| *version == "16.4"));
        assert!(upgrades("mysql", "5.7.44").iter().all(|(version, _)| version.starts_with("8.0")));
    }
}
