//! How an operation's output is asked for page by page.
//!
//! ```text
//! input ──► output ──► next_input(input, output) ──► Some(input) ──► …
//!                                               └──► None: that was the last page
//! ```

use serde::Deserialize;

use crate::{
    Expression, ExpressionError, Name, Value,
    schema::{Member, Operation, Service, ShapeKind},
};

/// How an operation's output is asked for page by page.
#[derive(Debug, Clone)]
pub struct Paginator {
    /// The input members that say where the next page begins.
    pub input_tokens: Vec<Name>,
    /// Where in the output they come from, one for each.
    pub output_tokens: Vec<Expression>,
    /// Where the output says whether there are more pages, if it does.
    pub more_results: Option<Expression>,
    /// The input member that limits a page's size.
    pub limit_key: Option<Name>,
    /// Where the items are; the first is what the operation is about.
    pub result_keys: Vec<Expression>,
}

/// The names of tokens that services use, in the input and in the output.
const TOKENS: [(&str, &str); 6] = [
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("PageToken", "NextPageToken"),
    ("pageToken", "nextPageToken"),
    ("Marker", "NextMarker"),
    ("Marker", "Marker"),
];

/// A page that does not lead on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaginationError {
    /// The next page would be the same one again, for ever.
    #[error("the service answered with the token it was asked with: `{member}` is `{token}` again")]
    RepeatedToken {
        /// The input member.
        member: Name,
        /// Its value.
        token: String,
    },
    /// The model's expression for a token is wrong.
    #[error("the next page cannot be told from the output")]
    Expression(#[from] ExpressionError),
}

impl Paginator {
    /// Reads the paginators of a service from its `paginators-1.json`.
    pub(crate) fn read_all(
        json: &serde_json::Value,
    ) -> Result<Vec<(Name, Self)>, serde_json::Error> {
        let Some(paginators) = json.get("pagination").and_then(serde_json::Value::as_object) else {
            return Ok(Vec::new());
        };
        let read = |(operation, paginator): (&String, &serde_json::Value)| {
            Ok((Name::from(operation.as_str()), RawPaginator::deserialize(paginator)?.into()))
        };
        paginators.iter().map(read).collect()
    }

    /// How an operation that has no published paginator is asked for page by page, if its members say so.
    ///
    /// The published paginators leave operations out, Synthetics' `DescribeCanaries` and DynamoDB's
    /// `ListTagsOfResource` among them; a caller who trusted them would take the first page for the whole. A member that
    /// is in both the input and the output under a name that services use for tokens is one.
    pub(crate) fn inferred(service: &Service, operation: &Operation) -> Option<Self> {
        let structure = |member: &Option<Member>| service.structure(member.as_ref()?.shape);
        let (input, output) = (structure(&operation.input)?, structure(&operation.output)?);
        let (asked, answered) = TOKENS.iter().find(|(asked, answered)| {
            input.member(asked).is_some() && output.member(answered).is_some()
        })?;
        let is_list =
            |member: &&Member| matches!(service.shape(member.shape).kind, ShapeKind::List(_));
        let lists = output.members().iter().filter(is_list);
        Some(Self {
            input_tokens: vec![Name::from(*asked)],
            output_tokens: vec![Expression::new(*answered)],
            more_results: None,
            limit_key: None,
            result_keys: lists.map(|member| Expression::new(member.name.clone())).collect(),
        })
    }

    /// The input that asks for the page after `output`, which `input` asked for; nothing if that was the last page.
    pub fn next_input(
        &self,
        input: &Value,
        output: &Value,
    ) -> Result<Option<Value>, PaginationError> {
        if let Some(more_results) = &self.more_results
            && more_results.evaluate(output)?.is_none_or(|more| !is_truthy(&more))
        {
            return Ok(None);
        }
        let mut next = input.as_object().cloned().unwrap_or_default();
        let mut first = None;
        for (member, expression) in self.input_tokens.iter().zip(&self.output_tokens) {
            match expression.evaluate(output)?.filter(|token| is_truthy(token)) {
                Some(token) => {
                    first.get_or_insert(member);
                    next.insert(member, token.into_owned());
                }
                None => {
                    next.remove(member);
                }
            }
        }
        let Some(first) = first else { return Ok(None) };
        if self.input_tokens.iter().all(|member| next.get(member) == input.get(member)) {
            let token =
                next.get(first).map_or_else(String::new, |token| token.to_json().to_string());
            return Err(PaginationError::RepeatedToken { member: first.clone(), token });
        }
        Ok(Some(Value::Object(next)))
    }

    /// The items of a page: what the first result key leads to.
    pub fn items<'a>(&self, output: &'a Value) -> &'a [Value] {
        let Some(result_key) = self.result_keys.first() else { return &[] };
        match result_key.evaluate(output) {
            Ok(Some(std::borrow::Cow::Borrowed(items))) => items.as_list(),
            _ => &[],
        }
    }
}

/// Tokens and flags that are empty mean none.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Integer(number) => *number != 0,
        Value::List(elements) => !elements.is_empty(),
        Value::Object(object) => !object.is_empty(),
        _ => true,
    }
}

#[derive(Deserialize)]
struct RawPaginator {
    input_token: OneOrMany,
    output_token: OneOrMany,
    more_results: Option<String>,
    limit_key: Option<String>,
    result_key: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_all<T>(self, read: impl Fn(String) -> T) -> Vec<T> {
        match self {
            Self::One(text) => vec![read(text)],
            Self::Many(texts) => texts.into_iter().map(read).collect(),
        }
    }
}

impl From<RawPaginator> for Paginator {
    fn from(raw: RawPaginator) -> Self {
        let RawPaginator { input_token, output_token, more_results, limit_key, result_key } = raw;
        Self {
            input_tokens: input_token.into_all(Name::from),
            output_tokens: output_token.into_all(Expression::new),
            more_results: more_results.map(Expression::new),
            limit_key: limit_key.map(Name::from),
            result_keys: result_key.map(|keys| keys.into_all(Expression::new)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn paginator(json: &Json) -> Paginator {
        let all = Paginator::read_all(&json!({"pagination": {"List": json}})).unwrap();
        all.into_iter().next().unwrap().1
    }

    fn next(
        paginator: &Paginator,
        input: &Json,
        output: &Json,
    ) -> Result<Option<Json>, PaginationError> {
        let next = paginator.next_input(&Value::from_json(input), &Value::from_json(output))?;
        Ok(next.map(|next| next.to_json()))
    }

    fn simple() -> Paginator {
        paginator(
            &json!({"input_token": "Marker", "output_token": "NextMarker", "result_key": "Items"}),
        )
    }

    #[test]
    fn the_next_page_is_asked_for_with_the_token_of_the_last_one() {
        let found = next(&simple(), &json!({"Max": 5, "Marker": "a"}), &json!({"NextMarker": "b"}));
        assert_eq!(found, Ok(Some(json!({"Max": 5, "Marker": "b"}))));
    }

    #[test]
    fn an_absent_or_empty_token_ends_the_pages() {
        assert_eq!(next(&simple(), &json!({"Marker": "a"}), &json!({})), Ok(None));
        assert_eq!(next(&simple(), &json!({}), &json!({"NextMarker": ""})), Ok(None));
    }

    #[test]
    fn a_token_that_comes_again_is_an_error() {
        let error =
            next(&simple(), &json!({"Marker": "a"}), &json!({"NextMarker": "a"})).unwrap_err();
        assert!(matches!(error, PaginationError::RepeatedToken { .. }), "{error}");
    }

    #[test]
    fn no_more_results_ends_the_pages_whatever_the_token_says() {
        let s3 = paginator(&json!({
            "more_results": "IsTruncated", "limit_key": "MaxKeys", "result_key": ["Contents", "CommonPrefixes"],
            "input_token": "Marker", "output_token": "NextMarker || Contents[-1].Key",
        }));
        let contents = json!([{"Key": "a"}, {"Key": "b"}]);
        let last = json!({"IsTruncated": false, "Contents": contents});
        let more = json!({"IsTruncated": true, "Contents": contents});
        assert_eq!(next(&s3, &json!({}), &last), Ok(None));
        assert_eq!(next(&s3, &json!({}), &more), Ok(Some(json!({"Marker": "b"}))));
        assert_eq!(s3.items(&Value::from_json(&more)).len(), 2);
    }

    #[test]
    fn of_several_tokens_those_that_are_absent_are_taken_back() {
        let route53 = paginator(&json!({
            "more_results": "IsTruncated", "result_key": "ResourceRecordSets",
            "input_token": ["StartRecordName", "StartRecordType"],
            "output_token": ["NextRecordName", "NextRecordType"],
        }));
        let found = next(
            &route53,
            &json!({"StartRecordName": "a", "StartRecordType": "TXT"}),
            &json!({"IsTruncated": true, "NextRecordName": "a", "NextRecordType": "MX"}),
        );
        assert_eq!(found, Ok(Some(json!({"StartRecordName": "a", "StartRecordType": "MX"}))));
        let found = next(
            &route53,
            &json!({"StartRecordName": "a", "StartRecordType": "TXT"}),
            &json!({"IsTruncated": true, "NextRecordName": "b"}),
        );
        assert_eq!(found, Ok(Some(json!({"StartRecordName": "b"}))));
    }
}
