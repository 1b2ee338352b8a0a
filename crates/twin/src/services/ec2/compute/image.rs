//! Machine images: public ones from the catalogue, and those that accounts make, copy and share.

use std::ops::Bound;

use reeve_model::{Object, Value};
use reeve_types::AccountId;

use super::{
    catalogue,
    listing::{Known, described_passes, read, refuse_id},
    support::{PAGES, list, part, text, written},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    store::{Place, Resource},
    world::World,
};

/// Images of accounts.
pub(crate) static IMAGE: Definition = Definition {
    resource_type: "AWS::EC2::Image",
    tagging_type: "ec2:image",
    arn: "arn:{partition}:ec2:{region}:{account}:image/{id}",
    prefix: "ami-",
    identity: &[("ImageId", Identity::Id), ("OwnerId", Identity::Account)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidAMIID.NotFound", "The image id '[{id}]' does not exist"),
    ..Definition::OF
};

const FILTERS: [Known; 26] = [
    ("architecture", "Architecture"),
    ("block-device-mapping.delete-on-termination", "BlockDeviceMappings.Ebs.DeleteOnTermination"),
    ("block-device-mapping.device-name", "BlockDeviceMappings.DeviceName"),
    ("block-device-mapping.encrypted", "BlockDeviceMappings.Ebs.Encrypted"),
    ("block-device-mapping.snapshot-id", "BlockDeviceMappings.Ebs.SnapshotId"),
    ("block-device-mapping.volume-size", "BlockDeviceMappings.Ebs.VolumeSize"),
    ("block-device-mapping.volume-type", "BlockDeviceMappings.Ebs.VolumeType"),
    ("creation-date", "CreationDate"),
    ("description", "Description"),
    ("ena-support", "EnaSupport"),
    ("hypervisor", "Hypervisor"),
    ("image-id", "ImageId"),
    ("image-type", "ImageType"),
    ("is-public", "Public"),
    ("name", "Name"),
    ("owner-alias", "ImageOwnerAlias"),
    ("owner-id", "OwnerId"),
    ("platform", "Platform"),
    ("root-device-name", "RootDeviceName"),
    ("root-device-type", "RootDeviceType"),
    ("source-image-id", "SourceImageId"),
    ("source-instance-id", "SourceInstanceId"),
    ("state", "State"),
    ("state-reason-code", "StateReason.Code"),
    ("state-reason-message", "StateReason.Message"),
    ("virtualization-type", "VirtualizationType"),
];

/// An image that instances may be launched from.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) id: String,
    /// The description.
    pub(super) facts: Object,
    /// The name of the public image that its operating system comes from; empty if that is not known.
    pub(super) system: String,
}

/// An image that the caller may see, whatever state it is in.
pub(super) fn visible(call: &Call, world: &World, id: &str) -> Result<Image, Failure> {
    if let Some(public) = catalogue::with_id(&call.region, id) {
        let facts = public.describe(&call.region);
        return Ok(Image { id: id.to_owned(), facts, system: public.name.to_owned() });
    }
    let found = world.every(&IMAGE).find(|(place, known, image)| {
        place.region == call.region
            && *known == id
            && (place.account == *call.account() || is_shared(image, call.account()))
    });
    let (place, _, image) = found.ok_or_else(|| refuse_id(&IMAGE, "InvalidAMIID.Malformed", id))?;
    Ok(Image {
        id: id.to_owned(),
        facts: shown(place, id, image),
        system: text(&image.inside, "System").to_owned(),
    })
}

/// An image that the caller may launch from.
pub(super) fn usable(call: &Call, world: &World, id: &str) -> Result<Image, Failure> {
    let image = visible(call, world, id)?;
    match text(&image.facts, "State") {
        "available" => Ok(image),
        state => {
            let message = format!(
                "The image ID '{id}' is not available: it is {state}. It may not be launched from."
            );
            Err(Failure::new("InvalidAMIID.Unavailable", message))
        }
    }
}

/// An image of the caller's own.
pub(super) fn own<'w>(call: &Call, world: &'w World, id: &str) -> Result<&'w Resource, Failure> {
    let found = world.get(&call.place(&IMAGE), id);
    found.ok_or_else(|| {
        if catalogue::with_id(&call.region, id).is_some() {
            let message = format!("Not authorized for image:{id}");
            return Failure::new("AuthFailure", message);
        }
        refuse_id(&IMAGE, "InvalidAMIID.Malformed", id)
    })
}

/// An image as it is described, with what follows from its permissions.
pub(super) fn shown(place: &Place, id: &str, image: &Resource) -> Object {
    let mut shown = place.describe(&IMAGE, id, image);
    let public = list(&image.inside, "Permissions")
        .iter()
        .any(|permission| part(permission, "Group") == "all");
    shown.insert("Public", public);
    let location = format!("{}/{}", place.account, text(&shown, "Name"));
    shown.insert("ImageLocation", location);
    shown
}

/// Whether an image is shared with an account.
fn is_shared(image: &Resource, account: &AccountId) -> bool {
    list(&image.inside, "Permissions").iter().any(|permission| {
        part(permission, "UserId") == account.as_str() || part(permission, "Group") == "all"
    })
}

/// The image of an account that a snapshot belongs to.
pub(super) fn using_snapshot(world: &World, place: &Place, snapshot: &str) -> Option<String> {
    let used = world.shelf(place).iter().find(|(_, image)| {
        list(&image.facts, "BlockDeviceMappings")
            .iter()
            .any(|mapping| part(mapping, "Ebs.SnapshotId") == snapshot)
    });
    used.map(|(id, _)| id.clone())
}

/// Remembers when an image was last launched from.
pub(super) fn launched(call: &Call, world: &mut World, id: &str) {
    let place = call.place(&IMAGE);
    let now = written(call.now);
    world.set_inside(&place, id, "LastLaunched", now);
}

/// The operating system of an image, by the public image that it comes from.
pub(crate) fn system_of(
    world: &World,
    place: &Place,
    id: &str,
) -> Option<&'static catalogue::PublicImage> {
    let public = catalogue::with_id(&place.region, id);
    public.or_else(|| {
        let (.., image) = world
            .every(&IMAGE)
            .find(|(found, known, _)| found.region == place.region && *known == id)?;
        catalogue::named(text(&image.inside, "System"))
    })
}

/// What a listing of images is narrowed by besides filters.
struct Scope<'c> {
    call: &'c Call,
    owners: Vec<&'c str>,
    executable: Vec<&'c str>,
}

impl Scope<'_> {
    fn admits(&self, owner: &str, alias: &str, permissions: &[Value]) -> bool {
        let own = owner == self.call.account().as_str();
        let owned = self.owners.is_empty()
            || self.owners.iter().any(|wanted| match *wanted {
                "self" => own,
                other => other == owner || other == alias,
            });
        let executable = self.executable.is_empty()
            || self.executable.iter().any(|wanted| match *wanted {
                "self" => permissions
                    .iter()
                    .any(|known| part(known, "UserId") == self.call.account().as_str()),
                "all" => permissions.iter().any(|known| part(known, "Group") == "all"),
                other => permissions.iter().any(|known| part(known, "UserId") == other),
            });
        owned && executable
    }
}

/// `DescribeImages`.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let filters = read(call, "Filters", &FILTERS)?;
    let scope =
        Scope { call, owners: call.texts("Owners"), executable: call.texts("ExecutableUsers") };
    let ids = call.texts("ImageIds");
    for id in &ids {
        visible(call, world, id)?;
    }
    let everyone = [Value::from_iter([("Group", "all")])];
    let no_tags = reeve_types::Tags::new();
    let named = |id: &str| ids.is_empty() || ids.contains(&id);
    // Images are ordered by id, whoever owns them.
    let mut images: Vec<(String, Object)> = Vec::new();
    for public in &catalogue::IMAGES {
        let id = public.id(&call.region);
        let described = public.describe(&call.region);
        if named(&id)
            && scope.admits(public.owner, "amazon", &everyone)
            && described_passes(&filters, &described, &no_tags)
        {
            images.push((id, described));
        }
    }
    let reachable = world.every(&IMAGE).filter(|(place, _, image)| {
        place.region == call.region
            && (place.account == *call.account() || is_shared(image, call.account()))
    });
    for (place, id, image) in reachable {
        let described = shown(place, id, image);
        let permissions = list(&image.inside, "Permissions");
        let own = place.account == *call.account();
        let deprecated = !own && is_past(call, text(&described, "DeprecationTime"));
        let disabled = text(&described, "State") == "disabled";
        if named(id)
            && (call.flag("IncludeDeprecated") || !deprecated)
            && (call.flag("IncludeDisabled") || !disabled)
            && scope.admits(place.account.as_str(), "", permissions)
            && described_passes(&filters, &described, &image.tags)
        {
            images.push((id.clone(), described));
        }
    }
    images.sort_by(|one, other| one.0.cmp(&other.0));
    page(call, images)
}

fn is_past(call: &Call, time: &str) -> bool {
    !time.is_empty() && time.parse::<jiff::Timestamp>().is_ok_and(|time| time < call.now)
}

fn page(call: &Call, images: Vec<(String, Object)>) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let after = start.map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = images
        .into_iter()
        .filter(|(id, _)| match &after {
            Bound::Excluded(last) => id > last,
            _ => true,
        })
        .peekable();
    let mut shown = Vec::new();
    let mut last = None;
    while shown.len() < size
        && let Some((id, image)) = rest.next()
    {
        last = Some(id);
        shown.push(Value::from(image));
    }
    let last = last.filter(|_| rest.peek().is_some());
    let output = Object::from_iter([("Images", Value::List(shown))]);
    Ok(PAGES.finish(call, output, last.as_deref()))
}
