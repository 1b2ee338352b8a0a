//! The documents that AWS owns, as far as operations use them.
//!
//! Their names, parameters and platforms are those of AWS. What a step of theirs does beyond running a script is done by
//! the machine itself, see [`super::delivery`].

use std::sync::LazyLock;

use reeve_model::Value;
use serde_json::{Value as Json, json};

/// A document that AWS owns.
#[derive(Debug)]
pub(super) struct BuiltIn {
    /// Its name.
    pub(super) name: &'static str,
    /// `Command` or `Policy`.
    pub(super) kind: &'static str,
    /// The platforms it is for.
    pub(super) platforms: &'static [&'static str],
    /// What it holds.
    pub(super) content: Value,
    /// The same as its text.
    pub(super) text: String,
}

/// Every document that AWS owns, by name.
static ALL: LazyLock<Vec<BuiltIn>> = LazyLock::new(|| {
    let mut all: Vec<BuiltIn> = sources().into_iter().map(built_in).collect();
    all.sort_by_key(|document| document.name);
    all
});

/// Every document that AWS owns, by name.
pub(super) fn all() -> &'static [BuiltIn] {
    &ALL
}

/// One of them; its ARN names it too.
pub(super) fn named(name: &str) -> Option<&'static BuiltIn> {
    let name = name.rsplit_once("document/").map_or(name, |(_, name)| name);
    ALL.iter().find(|document| document.name == name)
}

type Source = (&'static str, &'static str, &'static [&'static str], &'static str, Json, Json);

const BOTH: &[&str] = &["Windows", "Linux", "MacOS"];
const LINUX: &[&str] = &["Linux", "MacOS"];
const WINDOWS: &[&str] = &["Windows"];

fn built_in((name, kind, platforms, description, parameters, steps): Source) -> BuiltIn {
    let content = json!({
        "schemaVersion": if kind == "Policy" { "2.0" } else { "2.2" },
        "description": description,
        "parameters": parameters,
        "mainSteps": steps,
    });
    let text = serde_json::to_string_pretty(&content).unwrap_or_default();
    BuiltIn { name, kind, platforms, content: Value::from_json(&content), text }
}

fn sources() -> Vec<Source> {
    let mut all = scripts();
    all.extend(patching());
    all.extend(agents());
    all.extend(others());
    all
}

fn script_parameters() -> Json {
    json!({
        "commands": {"type": "StringList", "description": "(Required) Specify the commands to run."},
        "workingDirectory": {
            "type": "String", "default": "",
            "description": "(Optional) The path to the working directory on your instance."
        },
        "executionTimeout": {
            "type": "String", "default": "3600",
            "description": "(Optional) The time in seconds for a command to be completed before it is considered to have failed.",
            "allowedPattern": "^([1-9][0-9]{0,4}|1[0-6][0-9]{4}|17[0-1][0-9]{3}|172[0-7][0-9]{2}|172800)$"
        }
    })
}

fn scripts() -> Vec<Source> {
    let inputs = json!({
        "runCommand": ["{{ commands }}"],
        "workingDirectory": "{{ workingDirectory }}",
        "timeoutSeconds": "{{ executionTimeout }}"
    });
    vec![
        (
            "AWS-RunShellScript",
            "Command",
            LINUX,
            "Run a shell script or specify the commands to run.",
            script_parameters(),
            json!([{"action": "aws:runShellScript", "name": "aws:runShellScript", "inputs": inputs}]),
        ),
        (
            "AWS-RunPowerShellScript",
            "Command",
            &["Windows", "Linux", "MacOS"],
            "Run a PowerShell script or specify the paths to scripts to run.",
            script_parameters(),
            json!([{"action": "aws:runPowerShellScript", "name": "aws:runPowerShellScript", "inputs": inputs}]),
        ),
        (
            "AWS-Noop",
            "Command",
            BOTH,
            "A no-operation document, for hooks that do nothing.",
            json!({}),
            json!([
                {"action": "aws:runShellScript", "name": "NoopLinux", "inputs": {"runCommand": ["exit 0"]},
                 "precondition": {"StringEquals": ["platformType", "Linux"]}},
                {"action": "aws:runPowerShellScript", "name": "NoopWindows", "inputs": {"runCommand": ["exit 0"]},
                 "precondition": {"StringEquals": ["platformType", "Windows"]}}
            ]),
        ),
    ]
}

fn patch_parameters() -> Json {
    json!({
        "Operation": {
            "type": "String", "allowedValues": ["Scan", "Install"],
            "description": "(Required) The update or configuration to perform on the instance."
        },
        "SnapshotId": {
            "type": "String", "default": "",
            "allowedPattern": "(^$)|^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            "description": "(Optional) The snapshot ID to use to retrieve a patch baseline snapshot."
        },
        "InstallOverrideList": {
            "type": "String", "default": "",
            "allowedPattern": "(^$)|^https://.+$|^s3://([^/]+)/(.*?([^/]+))$",
            "description": "(Optional) An https URL or an Amazon S3 path-style URL to the list of patches to be installed."
        },
        "BaselineOverride": {
            "type": "String", "default": "",
            "allowedPattern": "(^$)|^s3://([^/]+)/(.*?([^/]+))$",
            "description": "(Optional) An Amazon S3 path-style URL to the patch baselines that override the usual ones."
        },
        "RebootOption": {
            "type": "String", "default": "RebootIfNeeded", "allowedValues": ["RebootIfNeeded", "NoReboot"],
            "description": "(Optional) Reboot behavior after a patch Install operation."
        }
    })
}

fn patch_steps() -> Json {
    json!([
        {"action": "aws:runPowerShellScript", "name": "PatchWindows",
         "precondition": {"StringEquals": ["platformType", "Windows"]},
         "inputs": {"timeoutSeconds": 7200, "runCommand": ["Invoke-PatchBaselineOperation -Operation '{{Operation}}' -SnapshotId '{{SnapshotId}}' -RebootOption '{{RebootOption}}'"]}},
        {"action": "aws:runShellScript", "name": "PatchLinux",
         "precondition": {"StringEquals": ["platformType", "Linux"]},
         "inputs": {"timeoutSeconds": 7200, "runCommand": ["patch-baseline-operations --operation '{{Operation}}' --snapshot-id '{{SnapshotId}}' --reboot-option '{{RebootOption}}'"]}}
    ])
}

/// Parameters besides those of patching.
fn with(mut parameters: Json, further: &[(&str, &str)]) -> Json {
    if let Some(all) = parameters.as_object_mut() {
        for (name, default) in further {
            let spec = json!({"type": "String", "default": default, "description": format!("(Optional) {name}")});
            all.insert((*name).to_owned(), spec);
        }
    }
    parameters
}

fn patching() -> Vec<Source> {
    let hooks = [
        ("PreInstallHookDocName", "AWS-Noop"),
        ("PostInstallHookDocName", "AWS-Noop"),
        ("OnExitHookDocName", "AWS-Noop"),
    ];
    vec![
        (
            "AWS-RunPatchBaseline",
            "Command",
            BOTH,
            "Scans for or installs patches from a patch baseline to a Linux or Windows operating system.",
            patch_parameters(),
            patch_steps(),
        ),
        (
            "AWS-RunPatchBaselineWithHooks",
            "Command",
            BOTH,
            "Wrapper around AWS-RunPatchBaseline document with hooks around its steps.",
            with(patch_parameters(), &hooks),
            patch_steps(),
        ),
        (
            "AWS-RunPatchBaselineAssociation",
            "Command",
            BOTH,
            "Scans for or installs patches from a patch baseline chosen by an association.",
            with(patch_parameters(), &[("AssociationId", ""), ("BaselineTags", "")]),
            patch_steps(),
        ),
    ]
}

fn agents() -> Vec<Source> {
    vec![
        (
            "AWS-ConfigureAWSPackage",
            "Command",
            BOTH,
            "Install or uninstall a Distributor package.",
            json!({
                "action": {"type": "String", "allowedValues": ["Install", "Uninstall"], "description": "(Required) Specify whether or not to install or uninstall the package."},
                "installationType": {"type": "String", "default": "Uninstall and reinstall", "allowedValues": ["Uninstall and reinstall", "In-place update"], "description": "(Optional) Specify the type of installation."},
                "name": {"type": "String", "description": "(Required) The package to install/uninstall."},
                "version": {"type": "String", "default": "", "description": "(Optional) The version of the package."}
            }),
            json!([{"action": "aws:configurePackage", "name": "configurePackage",
                    "inputs": {"name": "{{ name }}", "action": "{{ action }}", "version": "{{ version }}"}}]),
        ),
        (
            "AWS-UpdateSSMAgent",
            "Command",
            BOTH,
            "Update the Amazon SSM Agent to the latest version or specified version.",
            json!({
                "version": {"type": "String", "default": "", "description": "(Optional) A specific version of SSM Agent to install."},
                "allowDowngrade": {"type": "String", "default": "false", "allowedValues": ["true", "false"], "description": "(Optional) Allow the agent to be downgraded."}
            }),
            json!([{"action": "aws:updateSsmAgent", "name": "updateSsmAgent",
                    "inputs": {"targetVersion": "{{ version }}", "allowDowngrade": "{{ allowDowngrade }}"}}]),
        ),
        (
            "AmazonCloudWatch-ManageAgent",
            "Command",
            BOTH,
            "Send commands to Amazon CloudWatch Agent",
            json!({
                "action": {"type": "String", "default": "configure", "allowedValues": ["configure", "configure (append)", "configure (remove)", "start", "status", "stop"], "description": "The action CloudWatch Agent should take."},
                "mode": {"type": "String", "default": "ec2", "allowedValues": ["ec2", "onPremise", "auto"], "description": "Controls platform-specific default behavior."},
                "optionalConfigurationSource": {"type": "String", "default": "ssm", "allowedValues": ["ssm", "default", "all"], "description": "Only for 'configure' actions."},
                "optionalConfigurationLocation": {"type": "String", "default": "", "description": "Only for 'configure' actions."},
                "optionalRestart": {"type": "String", "default": "yes", "allowedValues": ["yes", "no"], "description": "Only for 'configure' actions."}
            }),
            json!([{"action": "aws:manageCloudWatchAgent", "name": "ControlCloudWatchAgent", "inputs": {"action": "{{ action }}"}}]),
        ),
    ]
}

fn others() -> Vec<Source> {
    vec![
        (
            "AWS-GatherSoftwareInventory",
            "Policy",
            BOTH,
            "Gather software inventory from a managed instance.",
            with(
                json!({}),
                &[
                    ("applications", "Enabled"),
                    ("awsComponents", "Enabled"),
                    ("networkConfig", "Enabled"),
                    ("instanceDetailedInformation", "Enabled"),
                    ("services", "Enabled"),
                    ("windowsUpdates", "Enabled"),
                    ("windowsRoles", "Enabled"),
                    ("customInventory", "Enabled"),
                    ("billingInfo", "Enabled"),
                    ("files", ""),
                    ("windowsRegistry", ""),
                ],
            ),
            json!([{"action": "aws:softwareInventory", "name": "collectSoftwareInventoryItems", "inputs": {}}]),
        ),
        (
            "AWS-ApplyPatchBaseline",
            "Command",
            WINDOWS,
            "Scans for or installs patches from a patch baseline to a Windows operating system.",
            json!({
                "Operation": {"type": "String", "allowedValues": ["Scan", "Install"], "description": "(Required) The update or configuration to perform on the instance."},
                "SnapshotId": {"type": "String", "default": "", "description": "(Optional) The snapshot ID to use."}
            }),
            patch_steps(),
        ),
    ]
}
