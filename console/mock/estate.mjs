/**
 * A believable estate for the mock server: three accounts, two Regions, and what the Tagger would find there.
 *
 * Everything comes from one seed, so that two runs show the same.
 */

const PREFIX = "ams:rt:";
export const REGIONS = ["eu-central-1", "us-east-1"];

export const ACCOUNTS = [
  {
    id: "111122223333",
    name: "shop-production",
    level: "propose",
    reason: "estate.yaml line 14: accounts tagged `tier: production` propose",
  },
  {
    id: "222233334444",
    name: "shop-staging",
    level: "act",
    reason: "estate.yaml line 19: `shop-staging` acts at once",
  },
  {
    id: "333344445555",
    name: "analytics",
    level: "observe",
    reason: "estate.yaml gives `analytics` no level: the default is observe",
  },
];

/** Type, how many per scope, id maker, configuration that matches it or null. */
const KINDS = [
  [
    "AWS::EC2::Instance",
    14,
    (n) => `i-0${hex(n, 16)}`,
    (n) => (n % 4 === 0 ? "AMSMonitoringWindows" : "AMSMonitoringLinux"),
  ],
  [
    "AWS::RDS::DBInstance",
    5,
    (n) => `${pick(["orders", "catalog", "billing", "sessions"], n)}-db-${n % 90}`,
    () => "AMSBackupDatabases",
  ],
  [
    "AWS::S3::Bucket",
    9,
    (n) => `${pick(["invoices", "assets", "logs", "exports", "raw"], n)}-${hex(n, 6)}`,
    (n) => (n % 3 === 0 ? null : "BucketsWithOwner"),
  ],
  [
    "AWS::DynamoDB::Table",
    6,
    (n) => `${pick(["carts", "locks", "features", "events"], n)}-${n % 70}`,
    (n) => (n % 2 === 0 ? "AMSMonitoringTables" : null),
  ],
  [
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    3,
    (n) => `app/${pick(["web", "api", "admin"], n)}/${hex(n, 16)}`,
    () => "AMSMonitoringBalancers",
  ],
  ["AWS::AutoScaling::AutoScalingGroup", 2, (n) => `${pick(["web", "worker"], n)}-asg-${n % 50}`, () => null],
  ["AWS::EFS::FileSystem", 1, (n) => `fs-0${hex(n, 16)}`, () => "AMSBackupFiles"],
  ["AWS::EKS::Cluster", 1, (n) => `platform-${n % 9}`, () => null],
];

const TAGS = {
  AMSMonitoringLinux: [
    ["ams-monitoring-policy", "ams-monitored-linux"],
    ["patch-group", "linux-weekly"],
  ],
  AMSMonitoringWindows: [["ams-monitoring-policy", "ams-monitored-windows"]],
  AMSBackupDatabases: [["backup-orchestrator", "standard"]],
  BucketsWithOwner: [["owner", "platform-team"]],
  AMSMonitoringTables: [["ams-monitoring-policy", "ams-monitored-dynamodb"]],
  AMSMonitoringBalancers: [["ams-monitoring-policy", "ams-monitored-elb"]],
  AMSBackupFiles: [["backup-orchestrator", "standard"]],
};

const DENIED = { account: "333344445555", region: "us-east-1", type: "AWS::RDS::DBInstance" };

const pick = (list, n) => list[n % list.length];

function hex(n, length) {
  let state = (n + 1) * 2_654_435_761;
  let text = "";
  while (text.length < length) {
    state = (state ^ (state >>> 15)) * 2_246_822_519;
    state >>>= 0;
    text += state.toString(16);
  }
  return text.slice(0, length);
}

/** An id with its visible prefix, as the server writes them. */
export function idOf(prefix, n) {
  return `${prefix}_${[...hex(n, 26)].map((digit) => "0123456789abcdefghjkmnpq"[Number.parseInt(digit, 16)]).join("")}`;
}

export const digest = (n) => hex(n, 64);

/** Every resource, `scale` times as many as the plain estate. */
export function resources(scale, observedAt) {
  const found = [];
  let n = 0;
  for (const account of ACCOUNTS) {
    for (const region of REGIONS) {
      for (const [type, amount, makeId, configurationOf] of KINDS) {
        if (account.id === DENIED.account && region === DENIED.region && type === DENIED.type) continue;
        for (let each = 0; each < amount * scale; each += 1) {
          n += 1;
          found.push(
            resource({
              account: account.id,
              region,
              type,
              id: makeId(n),
              configuration: configurationOf(n),
              n,
              observedAt,
            }),
          );
        }
      }
    }
  }
  return found;
}

function resource({ account, region, type, id, configuration, n, observedAt }) {
  const tags = {
    Name: pick(["web", "worker", "batch", "gateway", "db"], n) + "-" + (n % 100),
    Environment: pick(["production", "staging"], n),
  };
  const wanted = (TAGS[configuration] ?? []).map(([key, value]) => [PREFIX + key, value]);
  const changes = [];
  for (const [index, [key, value]] of wanted.entries()) {
    const luck = (n * 7 + index) % 5;
    if (luck === 0)
      changes.push({ key, before: null, after: value, reason: `configuration \`${configuration}\` sets it` });
    else if (luck === 1 && n % 2 === 0) {
      tags[key] = "none";
      changes.push({
        key,
        before: "none",
        after: value,
        reason: `configuration \`${configuration}\` sets another value`,
      });
    } else tags[key] = value;
  }
  if (n % 23 === 0) {
    tags[`${PREFIX}owner-hint`] = "typed by hand";
    changes.push({
      key: `${PREFIX}owner-hint`,
      before: "typed by hand",
      after: null,
      reason: "no enabled configuration that matches yields it",
    });
  }
  const coverage =
    configuration === null && changes.length === 0 ? "unmanaged" : changes.length > 0 ? "missing" : "managed";
  return {
    account,
    region,
    type,
    id,
    arn: `arn:aws:${type.split("::")[1].toLowerCase()}:${region}:${account}:${id}`,
    name: tags.Name,
    tags,
    coverage,
    changes,
    verdict: changes.length > 0 ? "fail" : "pass",
    unknown: null,
    configurations: configuration === null ? [] : [configuration],
    notes: [],
    rule: `AMSResourceTagger-${type.split("::").slice(1).join("")}`,
    observed_at: observedAt,
  };
}

export const unknowns = (observedAt) => [
  {
    ...DENIED,
    id: null,
    call: "rds:DescribeDBInstances",
    missing_permission: "rds:DescribeDBInstances",
    message:
      "User: arn:aws:sts::333344445555:assumed-role/reeve/reeve is not authorized to perform: rds:DescribeDBInstances",
    observed_at: observedAt,
  },
];

const DEFAULT = {
  "AWS::EC2::Instance": {
    AMSMonitoringLinux: {
      Filter: { Platform: "linux" },
      Tags: TAGS.AMSMonitoringLinux.map(([Key, Value]) => ({ Key, Value })),
    },
    AMSMonitoringWindows: {
      Filter: { Platform: "windows" },
      Tags: [{ Key: "ams-monitoring-policy", Value: "ams-monitored-windows" }],
    },
  },
  "AWS::RDS::DBInstance": {
    AMSBackupDatabases: {
      Filter: { DBInstanceIdentifier: "*" },
      Tags: [{ Key: "backup-orchestrator", Value: "standard" }],
    },
  },
};

const CUSTOM = {
  Options: { ReadOnly: false },
  "AWS::S3::Bucket": {
    BucketsWithOwner: {
      Filter: { "Fn::NOT": { BucketName: "*-raw" } },
      Tags: [{ Key: "owner", Value: "platform-team" }],
    },
  },
  "AWS::EC2::Instance": { AMSMonitoringWindows: { Enabled: false } },
};

export function profile(all) {
  const matching = (configuration) => all.filter((each) => each.configurations.includes(configuration)).length;
  const row = (resource_type, configuration, source, enabled = true) => ({
    resource_type,
    configuration,
    source,
    enabled,
    standing: enabled ? "enabled" : "disabled",
    matching: matching(configuration),
  });
  return {
    tag_prefix: PREFIX,
    read_only: false,
    default: JSON.stringify(DEFAULT, null, 2),
    customization: JSON.stringify(CUSTOM, null, 2),
    effective: [
      row("AWS::EC2::Instance", "AMSMonitoringLinux", "default"),
      { ...row("AWS::EC2::Instance", "AMSMonitoringWindows", "default", false), standing: "replaced" },
      row("AWS::EC2::Instance", "AMSMonitoringWindows", "customization", false),
      row("AWS::RDS::DBInstance", "AMSBackupDatabases", "default"),
      row("AWS::S3::Bucket", "BucketsWithOwner", "customization"),
      row("AWS::DynamoDB::Table", "AMSMonitoringTables", "default"),
      row("AWS::ElasticLoadBalancingV2::LoadBalancer", "AMSMonitoringBalancers", "default"),
      row("AWS::EFS::FileSystem", "AMSBackupFiles", "default"),
      row("AWS::Redshift::Cluster", "AMSMonitoringRedshift", "default"),
    ],
    warnings: [
      "`AWS::EC2::Instance` / `AMSMonitoringWindows` is switched off by the customization: 21 Windows instances lose their monitoring policy",
    ],
  };
}
