//! Metric math on three small lines.

use super::*;

struct Lines;

fn line(label: &str, points: &[(i64, f64)]) -> Line {
    Line { label: label.to_owned(), period: 60, points: points.to_vec() }
}

impl Source for Lines {
    fn window(&self) -> (i64, i64) {
        (0, 300)
    }

    fn period(&self) -> i64 {
        60
    }

    fn query(&self, id: &str) -> Result<Quantity, String> {
        match id {
            "m1" => Ok(Quantity::Line(line("one", &[(0, 1.0), (60, 2.0), (120, 4.0), (240, 8.0)]))),
            "m2" => Ok(Quantity::Line(line("two", &[(0, 2.0), (60, 0.0), (120, -8.0)]))),
            "none" => Ok(Quantity::Line(line("none", &[]))),
            _ => Err(format!("Unknown id {id}")),
        }
    }

    fn metrics(&self, holding: &str) -> Result<Vec<Line>, String> {
        let ids = ["m1", "m2"].into_iter().filter(|id| id.contains(holding));
        ids.map(|id| match self.query(id)? {
            Quantity::Line(line) => Ok(line),
            _ => Err(String::new()),
        })
        .collect()
    }

    fn search(&self, search: &Search, statistic: &str, period: i64) -> Result<Vec<Line>, String> {
        let found =
            search.finds("AWS/EC2", "CPUUtilization", &[("InstanceId".into(), "i-1".into())]);
        let label = format!("{statistic} {period}");
        Ok(if found { vec![line(&label, &[(0, 1.0)])] } else { Vec::new() })
    }

    fn band(&self, expression: &Expression, deviations: f64) -> Result<[Line; 2], String> {
        let Quantity::Line(middle) = expression.evaluate(self)? else { return Err(String::new()) };
        let moved = |by: f64| {
            let points = middle.points.iter().map(|(time, value)| (*time, value + by));
            Line { points: points.collect(), ..middle.clone() }
        };
        Ok([moved(deviations), moved(-deviations)])
    }
}

fn shown(quantity: &Quantity) -> String {
    let points = |line: &Line| {
        let points = line.points.iter().map(|(time, value)| format!("{}:{value}", time / 60));
        points.collect::<Vec<_>>().join(" ")
    };
    match quantity {
        Quantity::Number(number) => number.to_string(),
        Quantity::Line(line) => points(line),
        Quantity::Lines(lines) => lines.iter().map(points).collect::<Vec<_>>().join(" | "),
    }
}

#[test]
fn expressions_come_to_what_they_say() {
    let check = |text: &str, expected: &str| {
        let found = Expression::parse(text).and_then(|expression| expression.evaluate(&Lines));
        assert_eq!(shown(&found.unwrap()), expected, "{text}");
    };
    check("1 + 2 * 3 ^ 2", "19");
    check("-2 ^ 2", "-4");
    check("(1 + 2) * -3", "-9");
    check("10 - 2 - 3", "5");
    check("1.5e1 / 3", "5");
    check("m1 + m2", "0:3 1:2 2:-4");
    check("m1 / m2", "0:0.5 2:-0.5");
    check("m1 * 2", "0:2 1:4 2:8 4:16");
    check("2 ^ m1", "0:2 1:4 2:16 4:256");
    check("m1 >= 2 AND m2 < 0", "0:0 1:0 2:1");
    check("m1 == 2 || m1 != 4", "0:1 1:1 2:0 4:1");
    check("[m1, m2] + 1", "0:2 1:3 2:5 4:9 | 0:3 1:1 2:-7");
    check("METRICS() * 1", "0:1 1:2 2:4 4:8 | 0:2 1:0 2:-8");
    check("METRICS(\"2\")", "0:2 1:0 2:-8");
    check("SUM(METRICS())", "0:3 1:2 2:-4 4:8");
    check("AVG([m1, m2])", "0:1.5 1:1 2:-2 4:8");
    check("MAX(m1)", "8");
    check("MIN(m2)", "-8");
    check("AVG(m1)", "3.75");
    check("m1 - AVG(m1)", "0:-2.75 1:-1.75 2:0.25 4:4.25");
    check("STDDEV([m1, m2])", "0:0.5 1:1 2:6 4:0");
    check("ABS(m2)", "0:2 1:0 2:8");
    check("CEIL(m1 / 3)", "0:1 1:1 2:2 4:3");
    check("FLOOR(m1 / 3)", "0:0 1:0 2:1 4:2");
    check("LOG10(m1 * 0 + 100)", "0:2 1:2 2:2 4:2");
    check("FILL(m1, 0)", "0:1 1:2 2:4 3:0 4:8");
    check("FILL(none, 7)", "0:7 1:7 2:7 3:7 4:7");
    check("FILL(m1, REPEAT)", "0:1 1:2 2:4 3:4 4:8");
    check("FILL(m1, LINEAR)", "0:1 1:2 2:4 3:6 4:8");
    check("FILL(m2, m1)", "0:2 1:0 2:-8 4:8");
    check("FILL(METRICS(), 0)", "0:1 1:2 2:4 3:0 4:8 | 0:2 1:0 2:-8 3:0 4:0");
    check("IF(m1 > 1, m1, 0)", "0:0 1:2 2:4 4:8");
    check("IF(m1 > 1, m2)", "1:0 2:-8");
    check("IF(1 > 2, 5, 6)", "6");
    check("IF(m2 > 0, (m1 / m2) * 100, 0)", "0:50 1:0 2:0");
    check("DIFF(m1)", "1:1 2:2 4:4");
    check("DIFF_TIME(m1)", "1:60 2:60 4:120");
    check("RATE(m1 * 60)", "1:1 2:2 4:2");
    check("RUNNING_SUM(m1)", "0:1 1:3 2:7 4:15");
    check("PERIOD(m1)", "60");
    check("m1 / PERIOD(m1) * 60", "0:1 1:2 2:4 4:8");
    check("METRIC_COUNT(METRICS())", "2");
    check("DATAPOINT_COUNT(m1)", "4");
    check("REMOVE_EMPTY([m1, none])", "0:1 1:2 2:4 4:8");
    check("FIRST(METRICS())", "0:1 1:2 2:4 4:8");
    check("LAST(METRICS())", "0:2 1:0 2:-8");
    check("SLICE(METRICS(), 1)", "0:2 1:0 2:-8");
    check("SORT(METRICS(), AVG, ASC, 1)", "0:2 1:0 2:-8");
    check("SORT(METRICS(), MAX, DESC)", "0:1 1:2 2:4 4:8 | 0:2 1:0 2:-8");
    check("TIME_SERIES(3)", "0:3 1:3 2:3 3:3 4:3");
    check("HOUR(m1) + MINUTE(m1)", "0:0 1:1 2:2 4:4");
    check("ANOMALY_DETECTION_BAND(m1)", "0:3 1:4 2:6 4:10 | 0:-1 1:0 2:2 4:6");
    check("ANOMALY_DETECTION_BAND(m1, 1)", "0:2 1:3 2:5 4:9 | 0:0 1:1 2:3 4:7");
    check("SEARCH('{AWS/EC2,InstanceId} MetricName=\"CPUUtilization\"', 'Average', 300)", "0:1");
    check("SUM(SEARCH('{AWS/EC2,InstanceId} MetricName=\"CPU\"', 'Average', 300))", "");
}

#[test]
fn what_is_not_an_expression_is_refused() {
    let check = |text: &str| {
        let found = Expression::parse(text).and_then(|expression| expression.evaluate(&Lines));
        assert!(found.is_err(), "{text}: {found:?}");
    };
    let deep = "(".repeat(10_000);
    let signs = "-".repeat(10_000);
    for text in
        ["", "m1 +", "m1 m2", "(m1", "SUM(m1", "NOPE(m1)", "m3", "m1 = 2", "1..2", "'a", "m1 é"]
    {
        check(text);
    }
    check(&deep);
    check(&signs);
    check("[1, 2]");
    check("SUM()");
    check("METRICS() + SLICE(METRICS(), 1)");
    check("SEARCH('{AWS/EC2', 'Average')");
}

#[test]
fn a_search_finds_by_schema_property_and_words() {
    let dimensions = [("InstanceId".to_owned(), "i-0123".to_owned())];
    let check = |text: &str, expected: bool| {
        let found = Search::parse(text).unwrap().finds("AWS/EC2", "CPUUtilization", &dimensions);
        assert_eq!(found, expected, "{text}");
    };
    check("", true);
    check("{AWS/EC2,InstanceId}", true);
    check("{AWS/EC2,InstanceId,Other}", false);
    check("{\"AWS/EC2\",\"InstanceId\"} cpu", true);
    check("MetricName=\"CPU\"", false);
    check("MetricName=CPU", true);
    check("Namespace=\"AWS/EC2\" AND MetricName=\"CPUUtilization\" InstanceId=\"i-0123\"", true);
    check("InstanceId=(\"i-1\" OR \"i-0123\")", true);
    check("cpu NOT i-0123", false);
    check("network OR (cpu i-01)", true);
    check("\"CPUUtilization\"", true);
    check("\"CPU\"", false);
}

#[test]
fn an_expression_knows_what_it_refers_to() {
    let expression = Expression::parse("IF(m1 > 1, ANOMALY_DETECTION_BAND(m2, 2), [m3])").unwrap();
    assert_eq!(expression.references(), ["m1", "m2", "m3"]);
    assert!(expression.calls("ANOMALY_DETECTION_BAND"));
    assert!(!expression.calls("SEARCH"));
}
