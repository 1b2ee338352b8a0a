//! AWS Certificate Manager: certificates are asked for, validated, issued, renewed, and run out.

mod certificate;
mod import;
mod issue;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::Call,
    dialect::Dialect,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::{TagAccess, TagInput},
    tagging::TagErrors,
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "acm",
    signing_name: "acm",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "acm",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors {
        reserved: "InvalidTagException",
        too_many: "TooManyTagsException",
        duplicate: "InvalidTagException",
    },
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&CERTIFICATE, &certificate::CONFIGURATION],
    operations: &[
        ("RequestCertificate", Action::Own(issue::request)),
        ("ResendValidationEmail", Action::Own(issue::resend)),
        ("RenewCertificate", Action::Own(issue::renew)),
        ("UpdateCertificateOptions", Action::Own(issue::update_options)),
        ("ImportCertificate", Action::Own(import::import)),
        ("DescribeCertificate", Action::Own(certificate::describe)),
        ("GetCertificate", Action::Own(certificate::get)),
        ("ListCertificates", Action::Own(certificate::list)),
        ("DeleteCertificate", Action::Own(certificate::delete)),
        ("GetAccountConfiguration", Action::Own(certificate::get_account)),
        ("PutAccountConfiguration", Action::Own(certificate::put_account)),
        ("ListTagsForCertificate", Action::ListTags(&TAGS)),
        ("AddTagsToCertificate", Action::Tag(&TAGS)),
        ("RemoveTagsFromCertificate", Action::Own(certificate::untag)),
        ("ListTagsForResource", Action::ListTags(&RESOURCE_TAGS)),
        ("TagResource", Action::Tag(&RESOURCE_TAGS)),
        ("UntagResource", Action::Untag(&RESOURCE_TAGS)),
    ],
    tasks: &[
        (issue::VALIDATED, issue::validated),
        (issue::TIMED_OUT, issue::timed_out),
        (issue::DAILY, issue::daily),
    ],
};

/// `AWS::CertificateManager::Certificate`.
pub(crate) static CERTIFICATE: Definition = Definition {
    resource_type: "AWS::CertificateManager::Certificate",
    tagging_type: "acm:certificate",
    arn: "arn:{partition}:acm:{region}:{account}:certificate/{id}",
    identity: &[("CertificateArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Could not find certificate {id}."),
    sample: Some(|sample| {
        let domain = format!("{}.example.com", sample.own("domain", 6));
        let end = sample
            .created
            .checked_add(jiff::SignedDuration::from_hours(24 * 395))
            .unwrap_or(sample.created);
        serde_json::json!({
            "CreatedAt": sample.created(),
            "DomainName": domain,
            "DomainValidationOptions": [],
            "IssuedAt": sample.created(),
            "Issuer": "Amazon",
            "KeyAlgorithm": "RSA-2048",
            "NotAfter": format!("@{end}"),
            "NotBefore": sample.created(),
            "RenewalEligibility": "INELIGIBLE",
            "Serial": sample.own("serial", 32),
            "SignatureAlgorithm": "SHA256WITHRSA",
            "Status": "ISSUED",
            "Subject": format!("CN={domain}"),
            "SubjectAlternativeNames": [domain],
            "Type": "AMAZON_ISSUED",
        })
    }),
    ..Definition::OF
};

static TAGS: TagAccess = TagAccess {
    arn: "CertificateArn",
    kinds: &[&CERTIFICATE],
    tags: TagInput::List("Tags"),
    ..TagAccess::OF
};

static RESOURCE_TAGS: TagAccess = TagAccess { kinds: &[&CERTIFICATE], ..TagAccess::OF };

const PAGES: Paging = Paging::of("MaxItems", "NextToken", (1000, 1000), "InvalidArgsException");

/// Whether a certificate can serve a listener of the caller's.
pub(super) fn is_usable(call: &Call, world: &World, arn: &str) -> bool {
    let Some((place, id)) = world.store.locate(arn) else { return false };
    let issued = world.get(&place, &id).and_then(|found| found.fact("Status")) == Some("ISSUED");
    issued && place.account == *call.account() && place.region == call.region
}
