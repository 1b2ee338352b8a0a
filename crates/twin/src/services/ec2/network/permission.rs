//! What a security group allows, one rule at a time: reading rules from a request, telling equal ones, showing them.
//!
//! Requests and descriptions of groups have rules in bundles (`IpPermissions`: one protocol and port range, many peers);
//! the store has them one by one, as `DescribeSecurityGroupRules` shows them. Both forms are made from [`Rule`].

use reeve_model::{Object, Value};

use super::cidr;
use crate::failure::Failure;

/// Whom a rule lets through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    Ipv4(String),
    Ipv6(String),
    PrefixList(String),
    /// A group and the account it belongs to.
    Group(String, String),
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) protocol: String,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) peer: Peer,
    pub(super) description: Option<String>,
}

impl Rule {
    /// Whether both let the same traffic through; the description does not matter.
    pub(super) fn same(&self, other: &Self) -> bool {
        (&self.protocol, self.from, self.to, &self.peer)
            == (&other.protocol, other.from, other.to, &other.peer)
    }

    /// The rule in the words of refusals.
    pub(super) fn worded(&self) -> String {
        let peer = match &self.peer {
            Peer::Ipv4(text) | Peer::Ipv6(text) | Peer::PrefixList(text) | Peer::Group(text, _) => {
                text
            }
        };
        let ports = match self.protocol.as_str() {
            "-1" => String::new(),
            _ => format!(" from port: {}, to port: {},", self.from, self.to),
        };
        let protocol = match self.protocol.as_str() {
            "-1" => "ALL".to_owned(),
            named => named.to_uppercase(),
        };
        format!("peer: {peer}, {protocol},{ports} ALLOW")
    }

    /// The facts of the rule as a resource of its own.
    pub(super) fn facts(&self, group: &str, egress: bool) -> Object {
        let mut facts = Object::from_iter([
            ("GroupId", Value::from(group)),
            ("IsEgress", Value::from(egress)),
            ("IpProtocol", Value::from(&self.protocol)),
            ("FromPort", Value::from(self.from)),
            ("ToPort", Value::from(self.to)),
        ]);
        match &self.peer {
            Peer::Ipv4(block) => facts.insert("CidrIpv4", block.as_str()),
            Peer::Ipv6(block) => facts.insert("CidrIpv6", block.as_str()),
            Peer::PrefixList(id) => facts.insert("PrefixListId", id.as_str()),
            Peer::Group(id, owner) => facts.insert(
                "ReferencedGroupInfo",
                Value::from_iter([("GroupId", id.as_str()), ("UserId", owner.as_str())]),
            ),
        };
        if let Some(description) = &self.description {
            facts.insert("Description", description.as_str());
        }
        facts
    }

    /// The rule that these facts are of.
    pub(super) fn of_facts(facts: &Object) -> Option<Self> {
        let text = |member: &str| facts.get(member).and_then(Value::as_str).map(str::to_owned);
        let number = |member: &str| facts.get(member).and_then(Value::as_i64).unwrap_or(-1);
        let group = || {
            let group = facts.get("ReferencedGroupInfo")?;
            let member = |name: &str| group.get(name).and_then(Value::as_str).map(str::to_owned);
            Some(Peer::Group(member("GroupId")?, member("UserId").unwrap_or_default()))
        };
        let peer = text("CidrIpv4")
            .map(Peer::Ipv4)
            .or_else(|| text("CidrIpv6").map(Peer::Ipv6))
            .or_else(|| text("PrefixListId").map(Peer::PrefixList))
            .or_else(group)?;
        Some(Self {
            protocol: text("IpProtocol")?,
            from: number("FromPort"),
            to: number("ToPort"),
            peer,
            description: text("Description"),
        })
    }
}

/// Whose request is read, for peers that leave it out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) account: &'a str,
}

/// Reads the rules of a list of `IpPermission`.
pub(super) fn read_all(asker: Asker<'_>, permissions: &[Value]) -> Result<Vec<Rule>, Failure> {
    let mut rules = Vec::new();
    for permission in permissions {
        rules.extend(read(asker, permission)?);
    }
    Ok(rules)
}

/// Reads the rules of one `IpPermission`.
fn read(asker: Asker<'_>, permission: &Value) -> Result<Vec<Rule>, Failure> {
    let (protocol, from, to) = read_ports(permission)?;
    let mut rules = Vec::new();
    let lists = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"];
    for entry in lists.iter().flat_map(|member| permission.list(member)) {
        let description = entry.get("Description").and_then(Value::as_str).map(str::to_owned);
        let peer = read_peer(asker, entry)?;
        rules.push(Rule { protocol: protocol.clone(), from, to, peer, description });
    }
    if rules.is_empty() {
        let message = "The request must contain at least one of: IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs";
        return Err(Failure::new("MissingParameter", message));
    }
    Ok(rules)
}

/// The protocol by its usual name, and the port range.
pub(super) fn read_ports(permission: &Value) -> Result<(String, i64, i64), Failure> {
    let protocol = permission.get("IpProtocol").and_then(Value::as_str).unwrap_or("-1");
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "1" => "icmp".to_owned(),
        "58" => "icmpv6".to_owned(),
        "all" => "-1".to_owned(),
        other => other.to_owned(),
    };
    let known = ["tcp", "udp", "icmp", "icmpv6", "-1"];
    let numbered = protocol.parse::<u8>().is_ok();
    if !known.contains(&protocol.as_str()) && !numbered {
        let message = format!("Invalid value '{protocol}' for IP protocol. Unknown protocol.");
        return Err(Failure::new("InvalidPermission.Malformed", message));
    }
    let port = |member: &str| permission.get(member).and_then(Value::as_i64);
    if protocol == "-1" || numbered {
        return Ok((protocol, -1, -1));
    }
    let (Some(from), Some(to)) = (port("FromPort"), port("ToPort")) else {
        if protocol.starts_with("icmp") {
            return Ok((protocol, -1, -1));
        }
        let message =
            "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.";
        return Err(Failure::new("InvalidParameterValue", message));
    };
    if protocol.starts_with("icmp") {
        return Ok((protocol, from, to));
    }
    if !(0..=65535).contains(&from) || !(0..=65535).contains(&to) || from > to {
        let named = protocol.to_uppercase();
        let message = format!("Invalid {named} port range ({from}:{to})");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    Ok((protocol, from, to))
}

/// Whom an entry of one of the lists of a permission, or the flat members of a rule, mean.
pub(super) fn read_peer(asker: Asker<'_>, entry: &Value) -> Result<Peer, Failure> {
    let text = |member: &str| entry.get(member).and_then(Value::as_str);
    let malformed = |block: &str| {
        Failure::new("InvalidParameterValue", format!("CIDR block {block} is malformed"))
    };
    if let Some(block) = text("CidrIp").or_else(|| text("CidrIpv4")) {
        let block = cidr::parse(block).ok_or_else(|| malformed(block))?;
        return Ok(Peer::Ipv4(block.to_string()));
    }
    if let Some(block) = text("CidrIpv6") {
        let parsed = block.parse::<ipnet::Ipv6Net>().map_err(|_| malformed(block))?;
        return Ok(Peer::Ipv6(parsed.trunc().to_string()));
    }
    if let Some(id) = text("PrefixListId") {
        return Ok(Peer::PrefixList(id.to_owned()));
    }
    let owner = text("UserId").unwrap_or(asker.account);
    match text("GroupId").or_else(|| text("ReferencedGroupId")).or_else(|| text("GroupName")) {
        Some(id) => Ok(Peer::Group(id.to_owned(), owner.to_owned())),
        None => Err(Failure::new(
            "MissingParameter",
            "The request must contain the parameter groupId or cidrIp",
        )),
    }
}

/// Rules as a group shows them: bundled by protocol and port range.
pub(super) fn bundle(rules: &[Rule]) -> Value {
    let mut bundles: Vec<(&Rule, Vec<&Rule>)> = Vec::new();
    for rule in rules {
        let alike = |first: &Rule| {
            (&first.protocol, first.from, first.to) == (&rule.protocol, rule.from, rule.to)
        };
        match bundles.iter_mut().find(|(first, _)| alike(first)) {
            Some((_, members)) => members.push(rule),
            None => bundles.push((rule, vec![rule])),
        }
    }
    bundles.into_iter().map(|(first, members)| permission(first, &members)).collect()
}

fn permission(first: &Rule, members: &[&Rule]) -> Value {
    let mut permission = Object::from_iter([("IpProtocol", Value::from(&first.protocol))]);
    if first.protocol != "-1" {
        permission.insert("FromPort", first.from);
        permission.insert("ToPort", first.to);
    }
    let list = |shown: fn(&Peer) -> Option<Object>| {
        let entries = members.iter().filter_map(|rule| {
            let mut entry = shown(&rule.peer)?;
            if let Some(description) = &rule.description {
                entry.insert("Description", description.as_str());
            }
            Some(Value::from(entry))
        });
        entries.collect::<Value>()
    };
    permission.insert(
        "IpRanges",
        list(|peer| match peer {
            Peer::Ipv4(block) => Some(Object::from_iter([("CidrIp", Value::from(block))])),
            _ => None,
        }),
    );
    permission.insert(
        "Ipv6Ranges",
        list(|peer| match peer {
            Peer::Ipv6(block) => Some(Object::from_iter([("CidrIpv6", Value::from(block))])),
            _ => None,
        }),
    );
    permission.insert(
        "PrefixListIds",
        list(|peer| match peer {
            Peer::PrefixList(id) => Some(Object::from_iter([("PrefixListId", Value::from(id))])),
            _ => None,
        }),
    );
    permission.insert(
        "UserIdGroupPairs",
        list(|peer| match peer {
            Peer::Group(id, owner) => Some(Object::from_iter([
                ("GroupId", Value::from(id)),
                ("UserId", Value::from(owner)),
            ])),
            _ => None,
        }),
    );
    permission.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &serde_json::Value) -> Result<Vec<Rule>, String> {
        let permissions = Value::from_json(json);
        read_all(Asker { account: "111122223333" }, permissions.as_list())
            .map_err(|failure| failure.code)
    }

    #[test]
    fn rules_are_equal_if_they_let_the_same_traffic_through() {
        let one = rules(&serde_json::json!([
            {"IpProtocol": "6", "FromPort": 22, "ToPort": 22,
             "IpRanges": [{"CidrIp": "10.0.0.1/8", "Description": "office"}]},
        ]))
        .unwrap();
        let other = rules(&serde_json::json!([
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        ]))
        .unwrap();
        assert!(one[0].same(&other[0]));
        assert_eq!(one[0].worded(), "peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW");
        assert_eq!(Rule::of_facts(&one[0].facts("sg-1", false)).unwrap(), one[0]);
    }

    #[test]
    fn nonsense_is_refused() {
        for (permission, code) in [
            (
                serde_json::json!({"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
                "InvalidParameterValue",
            ),
            (serde_json::json!({"IpProtocol": "-1"}), "MissingParameter"),
            (
                serde_json::json!({"IpProtocol": "tcpp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
                "InvalidPermission.Malformed",
            ),
            (
                serde_json::json!({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/99"}]}),
                "InvalidParameterValue",
            ),
            (
                serde_json::json!({"IpProtocol": "tcp", "FromPort": 90, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
                "InvalidParameterValue",
            ),
        ] {
            assert_eq!(rules(&serde_json::json!([permission])).unwrap_err(), code, "{permission}");
        }
    }

    #[test]
    fn rules_of_one_port_range_are_shown_as_one_permission() {
        let read = rules(&serde_json::json!([
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-2"}]},
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        ]))
        .unwrap();
        let shown = bundle(&read);
        assert_eq!(shown.as_list().len(), 2);
        assert_eq!(shown.path("0.Ipv6Ranges.0.CidrIpv6").and_then(Value::as_str), Some("::/0"));
        assert_eq!(shown.path("1.FromPort"), None);
    }
}
