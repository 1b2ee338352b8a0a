//! Operations by the names that documents call them by.

use reeve_model::Service;

/// The operation of a name: `DescribeInstances`, or `describe_instances` as Python calls it.
pub fn operation_name(service: &Service, name: &str) -> String {
    if service.operation(name).is_ok() {
        return name.to_owned();
    }
    let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let wanted = plain(name);
    let found = service.operations().iter().find(|operation| plain(&operation.name) == wanted);
    found.map_or_else(|| name.to_owned(), |operation| operation.name.to_string())
}
