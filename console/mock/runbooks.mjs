/**
 * The mock's runbooks and their executions: one runbook that asks before it acts, and what was run of it.
 */

import { idOf } from "./estate.mjs";

const RUNBOOK = "Harbour-ProtectBucket";
const HOUR = 3_600_000;

const parameter = (name, type, more = {}) => ({
  name,
  type,
  data_type: type.startsWith("AWS::") ? "String" : type,
  resource_type: null,
  description: null,
  default: null,
  is_required: more.default === undefined,
  allowed_values: [],
  allowed_pattern: null,
  min_items: null,
  max_items: null,
  ...more,
});

const step = (name, action, next, more = {}) => ({
  name,
  action,
  description: null,
  calls: [],
  inputs: {},
  ways: [],
  next,
  on_failure: "Abort",
  on_cancel: "Abort",
  is_critical: true,
  is_end: next === null,
  max_attempts: null,
  timeout_seconds: null,
  repeats: null,
  steps: [],
  ...more,
});

const call = (name, reads = false) => ({ calls: [{ call: name, only_reads: reads }] });

const TEXT = `schemaVersion: '0.3'
description: Keeps a bucket from being read by strangers, once somebody has agreed.
parameters:
  BucketName: {type: 'AWS::S3::Bucket::Name', description: The bucket.}
mainSteps:
- name: ask
  action: aws:approve
`;

const PROTECT = {
  name: RUNBOOK,
  origin: "estate",
  is_right: true,
  description: "Keeps a bucket from being read by strangers, once somebody has agreed.",
  role: null,
  files: [],
  undo: null,
  parameters: [
    parameter("BucketName", "AWS::S3::Bucket::Name", { resource_type: "AWS::S3::Bucket", description: "The bucket." }),
    parameter("Versioning", "String", { default: "enable", allowed_values: ["enable", "leave"] }),
    parameter("Approvers", "StringList", { default: ["ana"], description: "Who may agree." }),
  ],
  steps: [
    step("ask", "aws:approve", "block", { description: "Websites that are served from the bucket stop working." }),
    step("block", "aws:executeAwsApi", "wanted", call("s3:PutPublicAccessBlock")),
    step("wanted", "aws:branch", "verify", { ways: [{ when: "{{ Versioning }} is enable", next: "version" }] }),
    step("version", "aws:executeAwsApi", "verify", { on_failure: "step:verify", ...call("s3:PutBucketVersioning") }),
    step("verify", "aws:assertAwsResourceProperty", null, call("s3:GetPublicAccessBlock", true)),
  ],
  outputs: ["ask.ApprovalStatus"],
  without_undo: [],
  findings: [],
  format: "yaml",
  text: TEXT,
};

const DELETE = {
  ...PROTECT,
  name: "Reeve-DeleteUnattachedVolume",
  origin: "reeve",
  description: "Deletes a volume that is attached to nothing, after a snapshot of it was completed.",
  role: "arn:aws:iam::222233334444:role/volumes",
  files: ["check.py"],
  undo: "Harbour-RestoreVolume",
  parameters: [parameter("VolumeId", "AWS::EC2::Volume::Id", { description: "The volume." })],
  steps: [
    step("isUnattached", "aws:assertAwsResourceProperty", "snapshot", call("ec2:DescribeVolumes", true)),
    step("snapshot", "aws:executeAwsApi", "isCompleted", call("ec2:CreateSnapshot")),
    step("isCompleted", "aws:waitForAwsResourceProperty", "delete", call("ec2:DescribeSnapshots", true)),
    step("delete", "aws:executeAwsApi", null, call("ec2:DeleteVolume")),
  ],
  outputs: ["snapshot.SnapshotId"],
  without_undo: [{ step: "delete", why: "a volume that was deleted is gone; only its snapshots stay" }],
};

const WRONG = {
  ...PROTECT,
  name: "Harbour-Draft",
  is_right: false,
  description: null,
  parameters: [],
  steps: [],
  outputs: [],
  findings: [
    {
      severity: "error",
      line: 12,
      column: 11,
      path: "mainSteps[1].action",
      message: "`aws:aprove` is no action",
      hint: "did you mean `aws:approve`?",
    },
  ],
};

const RUNBOOKS = [WRONG, PROTECT, DELETE];

export class Runbooks {
  constructor(isEmpty) {
    this.executions = [];
    this.listeners = new Set();
    if (isEmpty) return;
    const place = { account: "222233334444", region: "eu-central-1", reason: "found open to the world in a review" };
    const form = (bucket) => ({ runbook: RUNBOOK, ...place, parameters: { BucketName: bucket } });
    const done = this.start(form("shop-uploads"), Date.now() - 26 * HOUR);
    this.tell(done, "approve", "fine", Date.now() - 25 * HOUR);
    while (!done.ended_at) this.go(done, Date.parse(done.records.at(-1).at) + 1400);
    const failed = this.start(form("shop-logs"), Date.now() - 3 * HOUR);
    this.tell(failed, "reject", "not before the sale", Date.now() - 2 * HOUR);
    this.start(form("shop-invoices"), Date.now() - HOUR / 4);
  }

  list() {
    return RUNBOOKS.map(({ name, origin, steps, description, is_right }) => ({
      name,
      origin,
      steps: steps.length,
      about: is_right ? description : "wrong in 1 places: `reeve runbook lint` names them",
      is_right,
    }));
  }

  runbook(name) {
    return RUNBOOKS.find((each) => each.name === name);
  }

  dryRun({ parameters }) {
    const Bucket = parameters.BucketName ?? "«BucketName»";
    const entry = (name, summary, made = null) => ({
      step: name,
      summary,
      call: made,
      input: made === null ? null : { Bucket },
      without_undo: null,
    });
    return {
      entries: [
        entry("ask", "asks ana, and goes on as if they agreed"),
        entry("block", "calls s3:PutPublicAccessBlock", "s3:PutPublicAccessBlock"),
        entry("version", "calls s3:PutBucketVersioning", "s3:PutBucketVersioning"),
      ],
      changes: 2,
      without_undo: 0,
    };
  }

  rehearse({ runbook, account, region, parameters }) {
    const at = (second) => new Date(Date.now() + second * 1000).toISOString();
    const Bucket = parameters.BucketName ?? "";
    const run = (name, action, second, seconds, calls, more = {}) => ({
      execution: "exec_rehearsed",
      runbook,
      step: name,
      action,
      attempt: 1,
      rounds: [],
      status: "Success",
      error: null,
      began_at: at(second),
      seconds,
      calls,
      ...more,
    });
    const made = (number, name, what, more = {}) => ({
      number,
      execution: "exec_rehearsed",
      step: name,
      at: at(number),
      kind: "call",
      what,
      reads: false,
      input: { Bucket },
      answer: {},
      error: null,
      script: null,
      printed: null,
      supposed: false,
      ...more,
    });
    return {
      runbook,
      account,
      region,
      status: "Success",
      failure: null,
      seconds: 75,
      world: {
        types: { "AWS::S3::Bucket": 12, "AWS::IAM::Role": 3 },
        missing: ["the objects in the bucket are not loaded"],
        differing: ["s3:GetPublicAccessBlock in `verify`: the account answers with an error"],
      },
      steps: [
        run("ask", "aws:approve", 0, 0, []),
        run("block", "aws:executeAwsApi", 0, 1, [1]),
        run("version", "aws:executeAwsApi", 1, 1, [2]),
        run("verify", "aws:assertAwsResourceProperty", 2, 73, [3, 4]),
      ],
      calls: [
        made(1, "block", "s3:PutPublicAccessBlock"),
        made(2, "version", "s3:PutBucketVersioning"),
        made(3, "verify", "s3:GetPublicAccessBlock", { reads: true, error: "NotYet: not there yet", answer: null }),
        made(4, "verify", "s3:GetPublicAccessBlock", { reads: true, answer: { BlockPublicAcls: true } }),
      ],
      answers: [{ execution: "exec_rehearsed", step: "ask", word: "approve", by: "ana" }],
      changes: [
        {
          change: "changed",
          type: "AWS::S3::Bucket",
          id: Bucket,
          arn: `arn:aws:s3:::${Bucket}`,
          before: {},
          after: {},
          differences: [
            { path: "PublicAccessBlock.BlockPublicAcls", before: false, after: true },
            { path: "Versioning", before: null, after: "Enabled" },
          ],
        },
      ],
      without_undo: [{ call: 2, step: "version", what: "s3:PutBucketVersioning", why: "it can only be suspended" }],
      outputs: { "ask.ApprovalStatus": "Approved" },
    };
  }

  start({ runbook, account, region, parameters, reason }, at = Date.now(), first = "ask") {
    const execution = {
      id: idOf("exec", this.executions.length + 1),
      runbook,
      account,
      region,
      status: "Waiting",
      step: first,
      started_by: "person:ana",
      reason: reason ?? "",
      created_at: new Date(at).toISOString(),
      ended_at: null,
      parent: null,
      role: null,
      undoes: null,
      parameters: { Versioning: "enable", Approvers: ["ana"], ...parameters },
      waits: {
        until: new Date(at + 168 * HOUR).toISOString(),
        is_for_somebody: true,
        message: `Nobody without credentials can read \`${parameters.BucketName}\` any more. Go on?`,
        approvers: ["ana"],
        needed: 1,
      },
      may: ["approve", "reject", "pause", "cancel"],
      failure: null,
      records: [],
    };
    this.executions.unshift(execution);
    this.began(execution, first, at);
    return execution;
  }

  find(id) {
    return this.executions.find((each) => each.id === id);
  }

  tell(execution, word, comment, at = Date.now()) {
    const past = { approve: "approved", reject: "rejected", cancel: "cancelled", pause: "paused", resume: "resumed" }[
      word
    ];
    this.record(execution, "said", at, `${past} by person:ana${comment ? `: ${comment}` : ""}`, {});
    if (word === "pause" || word === "resume") return this.rest(execution, word === "pause");
    execution.waits = null;
    if (word === "approve") {
      this.ended(execution, "ask", at, "Success");
      Object.assign(execution, { status: "InProgress", may: ["pause", "cancel"], step: "block" });
      this.began(execution, "block", at);
    } else this.end(execution, at, word === "reject" ? "Failed" : "Cancelled");
  }

  /** Pauses an execution, or lets it go on as it was. */
  rest(execution, isPaused) {
    const { status, may, waits } = execution;
    if (isPaused)
      Object.assign(execution, {
        before: { status, may, waits },
        status: "Paused",
        waits: null,
        may: ["resume", "cancel"],
      });
    else Object.assign(execution, execution.before);
  }

  /** What taking an execution back would do; a part of it stays. */
  undoPlan({ id, runbook, account, region, records, parameters }) {
    const began = (name) => records.some((each) => each.kind === "step.began" && each.step === name);
    const change = (name, made) => ({ execution: id, step: name, change: made });
    const steps = [
      began("block") && {
        name: "undo_1",
        ...change("block", "s3:PutPublicAccessBlock"),
        calls: "s3:DeletePublicAccessBlock",
        input: { Bucket: parameters.BucketName },
        waits_for: null,
        looks: true,
      },
    ].filter(Boolean);
    const left = [
      began("version") && {
        ...change("version", "s3:PutBucketVersioning"),
        why: "versioning that was once enabled can only be suspended",
      },
    ].filter(Boolean);
    const digest = `${id} ${steps.length} ${left.length}`;
    return { execution: id, runbook, account, region, digest, steps, left, declared: null, continues: null };
  }

  /** Takes an execution back, by one of its own. */
  undo(execution, reason, at = Date.now()) {
    const { id, runbook, account, region } = execution;
    const because = `takes back ${id}${reason ? `: ${reason}` : ""}`;
    const form = { runbook: `${runbook}.undo`, account, region, reason: because, parameters: {} };
    const undo = this.start(form, at, "undo_1");
    return Object.assign(undo, { undoes: id, status: "InProgress", may: ["cancel"], waits: null, parameters: {} });
  }

  /** An execution with what it has to do with others. */
  detail(execution) {
    const undos = this.executions.filter((each) => each.undoes === execution.id);
    return { ...execution, undone_by: undos.map(({ id, status }) => ({ id, status })) };
  }

  /** Ends the step under way and begins the next. */
  go(execution, at = Date.now()) {
    const order = execution.undoes === null ? ["block", "wanted", "version", "verify"] : ["undo_1"];
    const place = order.indexOf(execution.step);
    if (place < 0 || execution.ended_at || execution.status === "Paused") return;
    this.ended(execution, execution.step, at, "Success");
    execution.step = order[place + 1] ?? null;
    if (execution.step === null) this.end(execution, at, "Success");
    else this.began(execution, execution.step, at);
  }

  began(execution, name, at) {
    const inputs = { Bucket: execution.parameters.BucketName };
    const detail = { step_began: { step: name, attempt: 1, rounds: [], inputs } };
    this.record(execution, "step.began", at, `${name} began`, detail, name);
    const made = PROTECT.steps.find((each) => each.name === name)?.calls[0];
    if (made && !made.only_reads) this.record(execution, "calls", at, `calls ${made.call}`, {});
  }

  ended(execution, name, at, status, error = null) {
    const detail = { step_ended: { step: name, status, outputs: {}, error } };
    this.record(execution, "step.ended", at, `${name}: ${status}${error ? `: ${error.message}` : ""}`, detail, name);
  }

  end(execution, at, status) {
    if (status === "Failed") {
      execution.failure = { step: "ask", message: "person:ana rejected it" };
      this.ended(execution, "ask", at, status, { code: "Rejected", message: "person:ana rejected it" });
    }
    Object.assign(execution, { status, step: null, may: [], ended_at: new Date(at).toISOString() });
    const outputs = status === "Success" && execution.undoes === null ? { "ask.ApprovalStatus": "Approved" } : {};
    this.record(execution, "ended", at, `the execution ended: ${status}`, { ended: { status, outputs } });
  }

  record(execution, kind, at, summary, detail, name = null) {
    const number = execution.records.length + 1;
    execution.records.push({ number, at: new Date(at).toISOString(), kind, step: name, summary, detail });
    for (const listener of this.listeners) listener();
  }

  tick() {
    for (const execution of this.executions) this.go(execution);
  }

  /** Server-sent events of an execution, after a record; closed after the end. */
  follow(execution, after, response) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    let seen = after;
    let told = "";
    const tell = () => {
      for (const record of execution.records.slice(seen)) {
        response.write(`id: ${record.number}\nevent: record\ndata: ${JSON.stringify(record)}\n\n`);
      }
      seen = Math.max(seen, execution.records.length);
      const now = JSON.stringify(standing(execution));
      if (now !== told) response.write(`event: standing\ndata: ${now}\n\n`);
      told = now;
      if (!execution.ended_at) return;
      this.listeners.delete(later);
      response.end("event: end\ndata: {}\n\n");
    };
    // What belongs together is recorded in one go.
    const later = () => setTimeout(() => !response.writableEnded && tell(), 0);
    this.listeners.add(later);
    response.on("close", () => this.listeners.delete(later));
    tell();
  }

  needs() {
    const waiting = this.executions.filter((each) => each.status === "Waiting");
    const failed = this.executions.filter((each) => each.status === "Failed");
    return [
      ...waiting.map((each) => ({
        kind: "execution_waiting",
        title: `\`${each.runbook}\` waits for somebody`,
        detail: `its step \`ask\` in shop-staging ${each.region}, begun by ana: ${each.reason}`,
        plan: null,
        execution: each.id,
        count: 1,
      })),
      ...failed.map((each) => ({
        kind: "execution_failed",
        title: `\`${each.runbook}\` failed`,
        detail: `in shop-staging ${each.region}`,
        plan: null,
        execution: each.id,
        count: 1,
      })),
    ];
  }
}

/** An execution without its journal. */
export function standing({ records: _records, before: _before, ...execution }) {
  return execution;
}

export const POLICY = {
  policies: [
    {
      name: RUNBOOK,
      statements: [{ sid: "Change", purpose: "what the runbook changes" }],
      document: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "Change",
            Effect: "Allow",
            Action: ["s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning"],
            Resource: "arn:aws:s3:::*",
          },
        ],
      },
      characters: 189,
      limit: 6144,
    },
  ],
  unclear: [],
};
