//! ARNs from templates and back: `arn:{partition}:ec2:{region}:{account}:volume/{id}`.
//!
//! `{segment}` is an id without slashes.

use reeve_types::{AccountId, Region};

use crate::kind::uuid_of;

/// What an ARN says, by its template. Absent are the parts that the template has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) id: &'a str,
}

/// The service in a template.
pub(crate) fn service(template: &str) -> &str {
    template.split(':').nth(2).unwrap_or_default()
}

/// The ARN of a resource.
pub(crate) fn fill(template: &str, account: &AccountId, region: &Region, id: &str) -> String {
    let mut arn = String::with_capacity(template.len() + id.len() + 12);
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => arn.push_str(text),
            Piece::Hole("partition") => arn.push_str(region.partition().as_str()),
            Piece::Hole("region") => arn.push_str(region.as_str()),
            Piece::Hole("account") => arn.push_str(account.as_str()),
            Piece::Hole("uuid") => arn.push_str(&uuid_of(&format!("{account}/{region}/{id}"))),
            Piece::Hole(_) => arn.push_str(id),
        }
    }
    arn
}

/// Reads an ARN by a template; none if it is not of this make.
pub(crate) fn parse<'a>(template: &'static str, arn: &'a str) -> Option<Parsed<'a>> {
    let mut parsed = Parsed { account: None, region: None, id: "" };
    let mut rest = arn;
    let mut pieces = pieces(template).peekable();
    while let Some(piece) = pieces.next() {
        let name = match piece {
            Piece::Text(text) => {
                rest = rest.strip_prefix(text)?;
                continue;
            }
            Piece::Hole(name) => name,
        };
        let value = match pieces.peek() {
            // The id is greedy: what follows it stands at the very end.
            Some(Piece::Text(next)) if name == "id" => {
                let (value, tail) = rest.rsplit_once(next)?;
                rest = rest.get(rest.len() - tail.len() - next.len()..)?;
                value
            }
            Some(Piece::Text(next)) => {
                let (value, _) = rest.split_once(next)?;
                rest = rest.get(value.len()..)?;
                value
            }
            _ => std::mem::take(&mut rest),
        };
        match name {
            "account" => parsed.account = Some(value),
            "region" => parsed.region = Some(value),
            "id" => parsed.id = value,
            "segment" if !value.contains('/') => parsed.id = value,
            "segment" => return None,
            _ => {}
        }
    }
    (rest.is_empty() && !parsed.id.is_empty()).then_some(parsed)
}

enum Piece<'t> {
    Text(&'t str),
    Hole(&'t str),
}

fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    template
        .split('{')
        .flat_map(|part| match part.split_once('}') {
            Some((hole, text)) => [Some(Piece::Hole(hole)), Some(Piece::Text(text))],
            None => [Some(Piece::Text(part)), None],
        })
        .flatten()
        .filter(|piece| !matches!(piece, Piece::Text("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_may_hold_slashes_and_stand_in_the_middle() {
        let parsed = |template, arn| parse(template, arn).map(|parsed: Parsed<'_>| parsed.id);
        let balancer = "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{id}";
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/01";
        assert_eq!(parsed(balancer, arn), Some("app/web/01"));
        let group = "arn:{partition}:logs:{region}:{account}:log-group:{id}:*";
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x:y:*";
        assert_eq!(parsed(group, arn), Some("/aws/x:y"));
        assert_eq!(parsed(group, "arn:aws:logs:eu-west-1:111122223333:log-group:"), None);
    }
}
