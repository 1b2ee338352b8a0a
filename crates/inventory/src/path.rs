//! Paths into decoded outputs: members joined by dots, `[]` where a list is flattened, `.` for the value itself.

use reeve_model::Value;

/// A path such as `Reservations[].Instances[]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    member: String,
    each: bool,
}

impl Path {
    /// Reads a path; any text is one.
    pub(crate) fn new(text: &str) -> Self {
        let part = |text: &str| match text.strip_suffix("[]") {
            Some(member) => Part { member: member.to_owned(), each: true },
            None => Part { member: text.to_owned(), each: false },
        };
        Self(text.split('.').filter(|member| !member.is_empty()).map(part).collect())
    }

    /// The members in order, and whether each is a list that is flattened.
    #[cfg(test)]
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0.iter().map(|part| (part.member.as_str(), part.each))
    }

    /// The first value at the path.
    pub(crate) fn first<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.all(value).into_iter().next()
    }

    /// The text at the path.
    pub(crate) fn text<'a>(&self, value: &'a Value) -> Option<&'a str> {
        self.first(value).and_then(Value::as_str)
    }

    /// Every value at the path, lists flattened where the path says so. What is absent is left out.
    pub(crate) fn all<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let mut values = vec![value];
        for part in &self.0 {
            let members = values.into_iter().filter_map(|value| value.get(&part.member));
            values = if part.each {
                members.flat_map(Value::as_list).collect()
            } else {
                members.filter(|value| !value.is_null()).collect()
            };
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, json: &str, expected: &[&str]) {
        let value = Value::from_json(&serde_json::from_str(json).unwrap());
        let path = Path::new(path);
        let texts: Vec<&str> = path.all(&value).into_iter().filter_map(Value::as_str).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn members_are_followed_and_lists_are_flattened_where_the_path_says_so() {
        check(".", r#""a""#, &["a"]);
        check("a.b", r#"{"a":{"b":"x"}}"#, &["x"]);
        check(
            "a[].b[].c",
            r#"{"a":[{"b":[{"c":"1"},{"c":"2"}]},{},{"b":[{"c":"3"}]}]}"#,
            &["1", "2", "3"],
        );
    }

    #[test]
    fn what_is_absent_is_left_out() {
        check("a.b", r#"{"a":{"b":null}}"#, &[]);
        check("a.b.c", r#"{"a":"x"}"#, &[]);
    }
}
