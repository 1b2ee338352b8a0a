//! Which route a packet takes: the most specific one, whatever its state.
//!
//! A route whose target is gone stays and swallows its packets (`blackhole`): AWS does not fall back to a wider route.

use std::net::Ipv4Addr;

use reeve_model::Value;

use super::cidr;

/// The route of a table's `Routes` that a packet to this address takes.
pub(super) fn route_to(routes: &[Value], address: Ipv4Addr) -> Option<&Value> {
    let matching = routes.iter().filter_map(|route| {
        let block = route.get("DestinationCidrBlock").and_then(Value::as_str)?;
        let block = cidr::parse(block)?;
        block.contains(&address).then_some((block.prefix_len(), route))
    });
    matching.max_by_key(|(length, _)| *length).map(|(_, route)| route)
}

/// Whether packets that take this route arrive somewhere.
pub(super) fn is_open(route: &Value) -> bool {
    route.text("State") == "active"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_route_wins_even_if_its_target_is_gone() {
        let routes = Value::from_json(&serde_json::json!([
            {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
            {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"},
            {"DestinationCidrBlock": "192.0.2.0/24", "NatGatewayId": "nat-1", "State": "blackhole"},
        ]));
        for (address, target, open) in
            [("10.0.3.4", "local", true), ("8.8.8.8", "igw-1", true), ("192.0.2.7", "nat-1", false)]
        {
            let route = route_to(routes.as_list(), address.parse().unwrap()).unwrap();
            let found =
                ["GatewayId", "NatGatewayId"].iter().find_map(|name| route.get(name)?.as_str());
            assert_eq!((found, is_open(route)), (Some(target), open), "{address}");
        }
        assert!(route_to(&[], "10.0.0.1".parse().unwrap()).is_none());
    }
}
