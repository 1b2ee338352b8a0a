//! The parameters that AWS publishes: the latest images, and the Regions.

use reeve_model::Object;

use crate::{call::Call, services::ec2::compute::catalogue::IMAGES, value::object, world::World};

/// The published parameters of a Region: name and value.
pub(super) fn all(call: &Call, world: &World) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for image in &IMAGES {
        for name in names(image.name) {
            all.push((format!("/aws/service/{name}"), image.id(&call.region)));
        }
    }
    for region in &world.regions {
        let name = format!("/aws/service/global-infrastructure/regions/{region}");
        all.push((name, region.to_string()));
    }
    all.sort();
    all
}

/// A published parameter as it is shown.
pub(super) fn shown(call: &Call, name: &str, value: &str) -> Object {
    let image = value.starts_with("ami-");
    object! {
        "Name": name, "Type": "String", "Value": value, "Version": 1, "LastModifiedDate": (call.now),
        "ARN": (format!("arn:aws:ssm:{}::parameter{name}", call.region)),
        "DataType": (if image { "aws:ec2:image" } else { "text" }),
    }
}

/// What an image's parameters are called.
fn names(image: &str) -> Vec<String> {
    let arm = image.contains("arm64");
    let architecture = if arm { "arm64" } else { "x86_64" };
    if image.starts_with("al2023-ami") {
        let name = |kernel: &str| {
            format!("ami-amazon-linux-latest/al2023-ami-kernel-{kernel}-{architecture}")
        };
        return vec![name("default"), name("6.1")];
    }
    if image.starts_with("amzn2-ami") {
        return vec![
            format!("ami-amazon-linux-latest/amzn2-ami-hvm-{architecture}-gp2"),
            format!("ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-{architecture}-gp2"),
        ];
    }
    if let Some(rest) = image.strip_prefix("Windows_Server-") {
        let name = rest.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        return vec![format!("ami-windows-latest/Windows_Server-{}", name.trim_end_matches('-'))];
    }
    for (part, version) in
        [("focal-20.04", "20.04"), ("jammy-22.04", "22.04"), ("noble-24.04", "24.04")]
    {
        if image.contains(part) && !arm {
            let volume = if version == "24.04" { "ebs-gp3" } else { "ebs-gp2" };
            return vec![format!(
                "canonical/ubuntu/server/{version}/stable/current/amd64/hvm/{volume}/ami-id"
            )];
        }
    }
    if image.starts_with("suse-sles-15-sp6") {
        return vec!["suse/sles/15-sp6/x86_64/latest".to_owned()];
    }
    if image.starts_with("debian-12") {
        return vec!["debian/release/12/latest/amd64".to_owned()];
    }
    Vec::new()
}
