//! Logs Insights queries over a small log.

use proptest::prelude::*;
use reeve_events::{Query, Record, Rows};

const LINES: [&str; 6] = [
    r#"{"level": "INFO", "bytes": 10, "user": {"name": "ann"}}"#,
    r#"{"level": "ERROR", "bytes": 30, "user": {"name": "bob"}}"#,
    r#"{"level": "INFO", "bytes": 20, "user": {"name": "ann"}}"#,
    "user=carl, method:GET, latency := 7",
    "user=dora, method:PUT, latency := 70",
    r#"{"level": "ERROR", "bytes": 40}"#,
];

fn run(query: &str) -> Rows {
    let records = LINES.iter().zip(0_i64..).map(|(message, position)| Record {
        timestamp: 1_700_000_000_000 + position * 60_000,
        ingestion_time: 1_700_000_000_000,
        message,
        log_stream: "stream",
        log: "123456789012:/app",
        pointer: "pointer",
    });
    Query::parse(query).expect(query).run(records, 1000)
}

/// The rows as text: values with commas, without pointers.
fn shown(query: &str) -> Vec<String> {
    let values = |row: &Vec<(String, String)>| {
        let values = row.iter().filter(|(name, _)| name != "@ptr").map(|(_, value)| value.as_str());
        values.collect::<Vec<_>>().join(",")
    };
    run(query).rows.iter().map(values).collect()
}

#[test]
fn queries_answer_as_documented() {
    let rows: &[(&str, &[&str])] = &[
        ("fields level, bytes | filter level = 'INFO' | sort bytes asc", &["INFO,10", "INFO,20"]),
        ("fields bytes | filter bytes > 15 and bytes <= 30 | sort bytes desc", &["30", "20"]),
        ("filter user.name = \"bob\" | display bytes, user.name", &["30,bob"]),
        ("stats count(*) as n", &["6"]),
        ("stats count(bytes), sum(bytes), avg(bytes), min(bytes), max(bytes)", &["4,100,25,10,40"]),
        (
            "filter ispresent(level) | stats count(*) as n, sum(bytes) as b by level | sort b desc",
            &["ERROR,2,70", "INFO,2,30"],
        ),
        (
            "filter ispresent(bytes) | stats count(*) by bin(2m)",
            &[
                "2023-11-14 22:12:00.000,1",
                "2023-11-14 22:14:00.000,2",
                "2023-11-14 22:18:00.000,1",
            ],
        ),
        ("stats pct(bytes, 50) as p, count_distinct(user.name) as users", &["25,2"]),
        (
            "parse @message 'user=*, method:*, latency := *' as u, method, latency \
             | filter ispresent(u) | sort u asc | display u, method, latency * 2 as twice",
            &["carl,GET,14", "dora,PUT,140"],
        ),
        (
            r"parse @message /method:(?<method>[A-Z]+)/ | filter method in ['PUT'] | display method",
            &["PUT"],
        ),
        ("filter @message like /method:(GET|PUT)/ | stats count(*)", &["2"]),
        ("filter @message not like 'level' | stats count(*)", &["2"]),
        ("filter not (level = 'INFO') and ispresent(level) | stats count(*)", &["2"]),
        ("filter level != 'INFO' | stats sum(bytes) / count(bytes) as mean", &["35"]),
        ("fields user.name | filter ispresent(user.name) | dedup user.name", &["ann", "bob"]),
        ("fields @timestamp | limit 1", &["2023-11-14 22:18:20.000"]),
        ("fields toupper(concat(user.name, '!')) as x | filter user.name = 'bob'", &["BOB!"]),
        ("fields 2 + 3 * 4 - 6 / 2 as x, 2 ^ 3 as y | limit 1", &["11,8"]),
        ("# a comment\nfields bytes # another\n| sort bytes desc\n| limit 2", &["40", "30"]),
        ("stats latest(bytes) as l, earliest(bytes) as e", &["40,10"]),
        (
            "fields strlen(level) as n, coalesce(nothing, level) as c | filter bytes = 40",
            &["5,ERROR"],
        ),
    ];
    for (query, expected) in rows {
        assert_eq!(shown(query), *expected, "{query}");
    }
}

#[test]
fn a_query_without_fields_shows_the_time_and_the_message_newest_first() {
    let rows = run("filter @logStream = 'stream' | limit 1").rows;
    let names: Vec<&str> = rows[0].iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["@timestamp", "@message", "@ptr"]);
    assert_eq!(rows[0][1].1, LINES[5]);
}

#[test]
fn statistics_say_what_was_scanned_and_matched() {
    let rows = run("filter level = 'INFO'");
    let bytes: usize = LINES.iter().map(|line| line.len()).sum();
    assert_eq!((rows.scanned, rows.matched, rows.bytes), (6, 2, bytes as u64));
}

#[test]
fn unnamed_columns_are_called_what_was_written() {
    let rows = run("stats count( * ), sum(bytes) by level, bin(5m)").rows;
    let names: Vec<&str> = rows.last().unwrap().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["level", "bin(5m)", "count( * )", "sum(bytes)"]);
}

#[test]
fn refusals_say_where() {
    for (query, refusal) in [
        ("fields a |", "unexpected end of query at line 1 and position 11"),
        ("", "unexpected end of query at line 1 and position 1"),
        ("fields a\n| anomaly", "unexpected symbol found anomaly at line 2 and position 3"),
        ("filter a = ", "unexpected end of query at line 1 and position 12"),
        ("filter $a", "unexpected symbol found $ at line 1 and position 8"),
        ("fields nope(a)", "unknown function nope at line 1 and position 13"),
        (
            "parse @message '* *' as a",
            "the number of names is not the number of `*` at line 1 and position 16",
        ),
        ("filter a like b", "unexpected symbol found b at line 1 and position 15"),
        ("limit x", "unexpected symbol found x at line 1 and position 7"),
    ] {
        assert_eq!(Query::parse(query).unwrap_err().to_string(), refusal, "{query}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_compiler_fall_over(text in "[a-z@ |()/*'\"=0-9.\\[\\],-]{0,60}") {
        if let Ok(query) = Query::parse(&text) {
            let _ = query.run(std::iter::empty(), 10);
        }
    }

    #[test]
    fn deep_nesting_is_refused(depth in 100_usize..2000) {
        let query = format!("filter {}a{}", "(".repeat(depth), ")".repeat(depth));
        prop_assert!(Query::parse(&query).is_err());
    }
}
