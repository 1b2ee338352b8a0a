//! The estate folder as users write it, rightly and wrongly.

use reeve_authority::decide;
use reeve_estate::{CUSTOM_TAGS_FILE, ESTATE_FILE, Estate, EstateFiles, read, starter};
use reeve_types::{Arn, Region, Tags};

fn estate(text: &str) -> EstateFiles {
    EstateFiles { estate: text.to_owned(), ..EstateFiles::default() }
}

fn right(text: &str) -> Estate {
    read(&estate(text)).unwrap_or_else(|errors| panic!("{}", show(&errors)))
}

/// All that is wrong with an estate file.
fn wrong(text: &str) -> String {
    show(&read(&estate(text)).unwrap_err())
}

fn show(all: &[reeve_document::Diagnostics]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// All that is wrong with the accounts of an otherwise right estate.
fn wrong_accounts(accounts: &str) -> String {
    wrong(&format!("version: 1\nregions: [eu-west-1]\naccounts:\n{accounts}"))
}

#[test]
fn the_example_in_the_readme_is_right() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let estate = right(example);
    assert!(estate.warnings.is_empty(), "{}", show(&estate.warnings));
    assert_eq!(estate.accounts.len(), 2);
}

#[test]
fn the_starter_folder_is_right_and_warns_only_that_it_has_no_accounts() {
    let files = starter();
    let text = |path: &str| files.iter().find(|file| file.path == path).unwrap().text.to_owned();
    let files = EstateFiles {
        estate: text(ESTATE_FILE),
        custom_tags: Some(text(CUSTOM_TAGS_FILE)),
        default_tags: None,
    };
    let estate = read(&files).unwrap_or_else(|errors| panic!("{}", show(&errors)));
    insta::assert_snapshot!(show(&estate.warnings), @r"estate.yaml:36:11: accounts: no accounts: nothing will be looked after");
}

#[test]
fn the_starter_estate_is_still_right_with_its_comments_taken_away() {
    let [file, ..] = starter();
    // Prose follows `# `; a setting that is switched off follows `#` at once, or its own indentation.
    let is_prose = |line: &str| line.starts_with("# ") && !line.starts_with("#  ");
    let settings: Vec<&str> = file
        .text
        .lines()
        .filter(|line| !is_prose(line))
        .map(|line| line.strip_prefix('#').unwrap_or(line))
        .collect();
    let estate = right(&settings.join("\n").replace("accounts: []", "accounts:"));
    assert_eq!(estate.accounts.len(), 1);
    assert_eq!(estate.aws.profile.as_deref(), Some("operations"));
    assert_eq!(estate.contacts.len(), 1);
}

#[test]
fn an_account_has_the_estates_settings_where_it_has_none_itself() {
    let estate = right(
        "version: 1\nregions: [us-east-1, eu-west-1]\nrole: ReeveOperations\nexternal-id: x1\naccounts:\n\
         - id: '111122223333'\n\
         - {id: '222233334444', name: own, regions: [cn-north-1], role: path/Own, external-id: x2, profile: p}\n\
         - {id: '333344445555', role: none}\n\
         - {id: '444455556666', role-arn: 'arn:aws:iam::444455556666:role/Own'}\n",
    );
    let shown: Vec<String> = estate
        .accounts
        .iter()
        .map(|account| {
            let regions: Vec<&str> = account.regions.iter().map(Region::as_str).collect();
            format!(
                "{} {}: {} {:?} {:?} {:?}",
                account.id,
                account.name,
                regions.join(","),
                account.role_arn.as_ref().map(Arn::as_str),
                account.external_id,
                account.profile
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    111122223333 111122223333: us-east-1,eu-west-1 Some("arn:aws:iam::111122223333:role/ReeveOperations") Some("x1") None
    222233334444 own: cn-north-1 Some("arn:aws-cn:iam::222233334444:role/path/Own") Some("x2") Some("p")
    333344445555 333344445555: us-east-1,eu-west-1 None Some("x1") None
    444455556666 444455556666: us-east-1,eu-west-1 Some("arn:aws:iam::444455556666:role/Own") Some("x1") None
    "#);
}

#[test]
fn an_account_is_found_by_its_id_and_by_its_name() {
    let estate =
        right("version: 1\nregions: [eu-west-1]\naccounts: [{id: '111122223333', name: prod}]\n");
    let id = "111122223333".parse().unwrap();
    assert_eq!(estate.account(&id).unwrap().name, "prod");
    assert_eq!(estate.find_account("prod").unwrap().id, id);
    assert_eq!(estate.find_account("111122223333").unwrap().id, id);
    assert!(estate.find_account("dev").is_none());
}

#[test]
fn an_account_id_without_quotes_is_taken_as_it_is_written() {
    let estate = right(
        "version: 1\nregions: [eu-west-1]\naccounts:\n- id: 111122223333\n- id: 011122223333\n- id: 000000000012\n",
    );
    let ids: Vec<&str> = estate.accounts.iter().map(|account| account.id.as_str()).collect();
    assert_eq!(ids, ["111122223333", "011122223333", "000000000012"]);
}

#[test]
fn an_account_id_that_is_not_twelve_digits_is_explained() {
    insta::assert_snapshot!(
        wrong_accounts("- id: 11122223333\n- id: 1111-2222-3333\n- id: production\n- id: [1]\n- name: x\n"),
        @r#"
        estate.yaml:4:7: accounts[0].id: `11122223333` is not an AWS account id: expected twelve digits
          hint: account ids may begin with zeros: write all twelve digits
        estate.yaml:5:7: accounts[1].id: `1111-2222-3333` is not an AWS account id: expected twelve digits
          hint: write the twelve digits without gaps
        estate.yaml:6:7: accounts[2].id: `production` is not an AWS account id: expected twelve digits
          hint: it is the number that AWS shows as the account id, as in "111122223333"
        estate.yaml:7:7: accounts[3].id: expected a string, found a list
        estate.yaml:8:3: accounts[4]: the key `id` is missing
        "#
    );
}

#[test]
fn an_account_or_a_name_that_is_there_twice_is_refused() {
    insta::assert_snapshot!(
        wrong_accounts(
            "- {id: '111122223333', name: a}\n- {id: '111122223333', name: b}\n- {id: '222233334444', name: a}\n"
        ),
        @r"
        estate.yaml:5:3: accounts[1]: account 111122223333 is already in line 4
        estate.yaml:6:3: accounts[2]: an account named `a` is already in line 4
        "
    );
}

#[test]
fn a_role_is_given_once_and_belongs_to_its_account() {
    insta::assert_snapshot!(
        wrong_accounts(
            "- {id: '111122223333', role: A, role-arn: 'arn:aws:iam::111122223333:role/A'}\n\
             - {id: '222233334444', role: 'arn:aws:iam::222233334444:role/A'}\n\
             - {id: '333344445555', role-arn: A}\n\
             - {id: '444455556666', role-arn: 'arn:aws:iam::111122223333:role/A'}\n\
             - {id: '555566667777', role-arn: 'arn:aws:iam::555566667777:user/A'}\n\
             - {id: '666677778888', role-arn: 'arn:aws-cn:iam::666677778888:role/A'}\n\
             - {id: '777788889999', role: 'two words'}\n"
        ),
        @r"
        estate.yaml:4:43: accounts[0].role-arn: an account has a `role` or a `role-arn`, not both
        estate.yaml:5:30: accounts[1].role: expected the name of a role, found an ARN
          hint: use `role-arn`
        estate.yaml:6:34: accounts[2].role-arn: `A` is not an ARN: expected `arn:partition:service:region:account:resource`
        estate.yaml:7:34: accounts[3].role-arn: the role is in account 111122223333, but the account is 444455556666
        estate.yaml:8:34: accounts[4].role-arn: `arn:aws:iam::555566667777:user/A` is not the ARN of a role
          hint: write it as in `arn:aws:iam::111122223333:role/ReeveOperations`
        estate.yaml:9:34: accounts[5].role-arn: the role is in the partition `aws-cn`, but the account's Regions are in `aws`
        estate.yaml:10:30: accounts[6].role: `two words` is not the name of a role
        "
    );
}

#[test]
fn regions_are_checked_one_by_one() {
    insta::assert_snapshot!(
        wrong(
            "version: 1\naccounts:\n\
             - {id: '111122223333'}\n\
             - {id: '222233334444', regions: []}\n\
             - {id: '333344445555', regions: [eu-central, EU-west-1, eu-west-1, eu-west-1, cn-north-1, 7]}\n\
             - {id: '444455556666', regions: eu-west-1}\n"
        ),
        @r"
        estate.yaml:3:3: accounts[0]: no Regions to look after
          hint: add `regions` to the account, or to the estate for all accounts
        estate.yaml:4:33: accounts[1].regions: at least one Region is needed
        estate.yaml:5:34: accounts[2].regions[0]: `eu-central` is not the name of an AWS Region
          hint: did you mean `eu-central-1`?
        estate.yaml:5:46: accounts[2].regions[1]: `EU-west-1` is not the name of an AWS Region
          hint: did you mean `eu-west-1`?
        estate.yaml:5:68: accounts[2].regions[3]: `eu-west-1` is already in the list
        estate.yaml:5:79: accounts[2].regions[4]: `cn-north-1` is in the partition `aws-cn`, but `eu-west-1` is in `aws`: an account has Regions of one partition
        estate.yaml:5:91: accounts[2].regions[5]: expected a string, found the number `7`
          hint: put it in quotes
        estate.yaml:6:33: accounts[3].regions: expected a list, found the string `eu-west-1`
        "
    );
}

#[test]
fn a_region_newer_than_this_program_is_warned_about_and_used() {
    let estate =
        right("version: 1\naccounts:\n- {id: '111122223333', regions: [eu-wset-1, xx-moon-1]}\n");
    insta::assert_snapshot!(show(&estate.warnings), @r"
    estate.yaml:3:34: accounts[0].regions[0]: `eu-wset-1` is not a Region that this version of Reeve knows; did you mean `eu-west-1`?
    estate.yaml:3:45: accounts[0].regions[1]: `xx-moon-1` is not a Region that this version of Reeve knows
    ");
    assert_eq!(estate.accounts[0].regions.len(), 2);
}

#[test]
fn accounts_without_a_role_need_credentials_of_their_own() {
    let estate = right(
        "version: 1\nregions: [eu-west-1]\naccounts:\n\
         - {id: '111122223333'}\n\
         - {id: '222233334444', profile: dev}\n\
         - {id: '333344445555', role: Reeve}\n\
         - {id: '444455556666'}\n",
    );
    insta::assert_snapshot!(show(&estate.warnings), @r"estate.yaml:7:3: accounts[3]: without a role, this account is entered with the same credentials as account 111122223333, and they can be of one account only");
}

#[test]
fn everything_wrong_is_found_at_once() {
    insta::assert_snapshot!(
        wrong(
            "version: 2\nnmae: acme\nname: ''\naws: {endpoint-url: 'localhost:4566', profil: x}\n\
             regions: [eu-west-1]\nrole: [x]\n\
             authority: {all: propse, resource-taggr: act}\n\
             authority-by-tag: [{key: env, level: act, controller: tagger}, {value: prod}]\n\
             controllers:\n  resource_tagger: {}\n  resource-tagger:\n    tag-prefix: ''\n    every: 15\n    \
             resource-types: [AWS::EC2::Instnace, AWS::S3::Bucket, AWS::S3::Bucket]\n\
             accounts:\n- {id: '111122223333', authority: {all: 1}}\n- production\n\
             contacts: {owner: 7}\n"
        ),
        @r"
        estate.yaml:1:10: version: this program reads version 1 of the estate file, found version 2
        estate.yaml:2:1: nmae: unknown key
          hint: did you mean `name`?
        estate.yaml:3:7: name: a value is missing
        estate.yaml:4:21: aws.endpoint-url: `localhost:4566` is not the URL of an endpoint
          hint: write it as in `http://127.0.0.1:4566`
        estate.yaml:4:39: aws.profil: unknown key
          hint: did you mean `profile`?
        estate.yaml:6:7: role: expected a string, found a list
        estate.yaml:7:18: authority.all: expected one of `observe`, `propose`, `act`, found `propse`
          hint: did you mean `propose`?
        estate.yaml:7:26: authority.resource-taggr: unknown key
          hint: did you mean `resource-tagger`?
        estate.yaml:8:55: authority-by-tag[0].controller: there is no controller `tagger`
          hint: known here: all, resource-tagger
        estate.yaml:8:64: authority-by-tag[1]: the key `key` is missing
        estate.yaml:8:64: authority-by-tag[1]: the key `level` is missing
        estate.yaml:10:3: controllers.resource_tagger: unknown key
          hint: did you mean `resource-tagger`?
        estate.yaml:12:17: controllers.resource-tagger.tag-prefix: `` cannot be the prefix of tag keys: it is empty, and every tag would belong to the Tagger
        estate.yaml:13:12: controllers.resource-tagger.every: `15` is not a time span
          hint: write it as in `30s`, `15m`, `1h30m` or `1d`
        estate.yaml:14:22: controllers.resource-tagger.resource-types[0]: the Resource Tagger does not know the type `AWS::EC2::Instnace`
          hint: did you mean `AWS::EC2::Instance`?
        estate.yaml:14:59: controllers.resource-tagger.resource-types[2]: `AWS::S3::Bucket` is already in the list
        estate.yaml:16:41: accounts[0].authority.all: expected one of `observe`, `propose`, `act`, found the number `1`
        estate.yaml:17:3: accounts[1]: expected a map, found the string `production`
        estate.yaml:18:19: contacts.owner: expected a string, found the number `7`
          hint: put it in quotes
        "
    );
}

#[test]
fn a_prefix_that_could_own_other_peoples_tags_is_refused() {
    for (prefix, refused) in [
        ("ams:rt:", false),
        ("reeve/", false),
        ("", true),
        ("  ", true),
        ("aws:", true),
        ("AWS:x", true),
        ("a*", true),
    ] {
        let text =
            format!("version: 1\ncontrollers: {{resource-tagger: {{tag-prefix: '{prefix}'}}}}\n");
        assert_eq!(read(&estate(&text)).is_err(), refused, "`{prefix}`");
    }
}

#[test]
fn files_that_are_no_documents_are_refused_together() {
    let files = EstateFiles {
        estate: "accounts: [".into(),
        custom_tags: Some("{,}".into()),
        default_tags: Some("[".into()),
    };
    insta::assert_snapshot!(show(&read(&files).unwrap_err()), @r"
    estate.yaml:2:1: while parsing a node, did not find expected node content
    profiles/tags.default.json:1:1: unterminated array
    profiles/tags.json:1:2: unexpected token in object
    ");
}

#[test]
fn an_estate_without_rules_is_observed_only() {
    let estate = right("version: 1\n");
    insta::assert_snapshot!(show(&estate.warnings), @r"estate.yaml:1:1: no accounts: nothing will be looked after");
    let account = "111122223333".parse().unwrap();
    let decision = decide(&estate.authority, &account, "resource-tagger", &Tags::new(), None);
    assert_eq!(decision.level, reeve_authority::Level::Observe);
}

#[test]
fn authority_is_read_for_the_estate_the_account_and_the_tag() {
    let estate = right(
        "version: 1\nregions: [eu-west-1]\nauthority: {all: propose}\n\
         authority-by-tag: [{key: env, value: prod, level: observe}]\n\
         accounts:\n- id: '111122223333'\n  authority: {resource-tagger: act}\n  \
         authority-by-tag: [{key: hold, controller: all, level: observe}]\n",
    );
    let rules: Vec<String> = estate.authority.rules().map(ToString::to_string).collect();
    insta::assert_snapshot!(rules.join("\n"), @r"
    the estate sets every controller to propose
    the estate sets every controller to observe for resources tagged `env` = `prod`
    account 111122223333 sets resource-tagger to act
    account 111122223333 sets every controller to observe for resources tagged `hold`
    ");
}

#[test]
fn an_account_may_be_entered_through_other_roles() {
    let estate = right(
        "version: 1\nregions: [us-east-1]\nrole: Reeve\naws: {source-identity: true, session-duration: 30m, hedge-after: 2s}\n\
         through: [{role-arn: 'arn:aws:iam::999988887777:role/Hub', external-id: x1}]\naccounts:\n\
         - id: '111122223333'\n\
         - {id: '222233334444', through: []}\n\
         - {id: '333344445555', through: ['arn:aws:iam::999988887777:role/A', 'arn:aws:iam::999988887777:role/B']}\n\
         - {id: '444455556666', role: none}\n",
    );
    let shown: Vec<String> = estate
        .accounts
        .iter()
        .map(|account| {
            let passed = account.through.iter();
            let passed: Vec<String> =
                passed.map(|role| format!("{} {:?}", role.arn, role.external_id)).collect();
            format!("{}: {}", account.id, passed.join(", "))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    111122223333: arn:aws:iam::999988887777:role/Hub Some("x1")
    222233334444: 
    333344445555: arn:aws:iam::999988887777:role/A None, arn:aws:iam::999988887777:role/B None
    444455556666: 
    "#);
    assert_eq!(estate.aws.source_identity, Some(true));
    assert_eq!(estate.aws.session_duration, Some(std::time::Duration::from_mins(30)));
    assert_eq!(estate.aws.hedge_after, Some(std::time::Duration::from_secs(2)));
}

#[test]
fn roles_on_the_way_that_cannot_be_assumed_are_explained() {
    insta::assert_snapshot!(
        wrong_accounts(
            "- id: '111122223333'\n  role: Reeve\n  through:\n  - arn:aws:iam::999988887777:user/ana\n  - Hub\n\
             \x20 - {external-id: x}\n  - {role-arn: 'arn:aws:iam::999988887777:role/A', session: x}\n\
             \x20 - arn:aws:iam::999988887777:role/A\n\
             - {id: '222233334444', role: Reeve, through: ['arn:aws-cn:iam::999988887777:role/Hub']}\n\
             - {id: '333344445555', role: Reeve, through: Hub}\n"
        ),
        @"
        estate.yaml:7:5: accounts[0].through[0]: `arn:aws:iam::999988887777:user/ana` is not the ARN of a role
          hint: write it as in `arn:aws:iam::111122223333:role/ReeveOperations`
        estate.yaml:8:5: accounts[0].through[1]: `Hub` is not an ARN: expected `arn:partition:service:region:account:resource`
        estate.yaml:9:5: accounts[0].through[2]: the key `role-arn` is missing
        estate.yaml:10:52: accounts[0].through[3].session: unknown key
          hint: known here: role-arn, external-id
        estate.yaml:11:5: accounts[0].through[4]: `arn:aws:iam::999988887777:role/A` is already on the way
        estate.yaml:12:46: accounts[1].through: `arn:aws-cn:iam::999988887777:role/Hub` is in the partition `aws-cn`, but the account's Regions are in `aws`
        estate.yaml:13:46: accounts[2].through: expected a list, found the string `Hub`
        "
    );
}

#[test]
fn webhooks_say_where_their_secrets_are_and_never_what_they_are() {
    let estate = right(
        "version: 1\nwebhooks:\n\
         \x20 pager:\n\
         \x20   url: https://events.example.com/v2\n\
         \x20   headers: {Authorization: {secret: pager}, X-Source: reeve}\n\
         \x20   payload: '{}'\n\
         \x20   timeout: 30s\n\
         \x20 chat: {url: {environment: CHAT_URL}}\n",
    );
    let [pager, chat] = estate.webhooks.as_slice() else { panic!("{:?}", estate.webhooks) };
    assert_eq!(pager.headers[0].value, reeve_estate::WebhookValue::Secret("pager".to_owned()));
    assert_eq!((pager.timeout.as_secs(), chat.timeout.as_secs()), (30, 10));
    insta::assert_snapshot!(
        wrong(
            "version: 1\nwebhooks:\n\
             \x20 a: {url: 'http://events.example.com'}\n\
             \x20 b: {headers: {X-Api-Key: sesame}, timeout: 1h}\n\
             \x20 c: {url: {secret: x, parameter: y}}\n\
             \x20 d: {url: 'http://127.0.0.1:80/x'}\n\
             \x20 e: {url: https://events.example.com, header: {}}\n"
        ),
        @r"
        estate.yaml:3:12: webhooks.a.url: a webhook is sent by https://, except to this machine
        estate.yaml:4:6: webhooks.b: the key `url` is missing
        estate.yaml:4:28: webhooks.b.headers.X-Api-Key: the value of `X-Api-Key` is a secret, and secrets are not written here
          hint: say where it is: `{ environment: NAME }`, `{ parameter: NAME }` or `{ secret: NAME }`
        estate.yaml:4:46: webhooks.b.timeout: an answer is waited for at most five minutes
        estate.yaml:5:12: webhooks.c.url: say one of `environment`, `parameter` and `secret`
        estate.yaml:7:40: webhooks.e.header: unknown key
          hint: did you mean `headers`?
        "
    );
}
