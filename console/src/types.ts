/**
 * The shapes of Reeve's HTTP API, as the server writes them (snake_case).
 *
 * Hand-written from the contract: no conversion happens between the wire and the pages, so a field here is a field there.
 */

/** RFC 3339, UTC. */
export type Timestamp = string;

/** A list, and where its next part begins; `next` is null at the end. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}

/** The body of every response that is not a success. */
export interface ErrorBody {
  error: { code: string; message: string; hint: string | null };
}

/** Who stopped all changes, when and why. */
export interface Suspension {
  by: string;
  at: Timestamp | null;
  reason: string;
}

export type NeedKind =
  | "plan_waiting"
  | "plan_failed"
  | "plan_applying"
  | "execution_waiting"
  | "execution_failed"
  | "run_failed"
  | "unknown"
  | "unmanaged_rise"
  | "never_observed"
  | "suspended";

/** Something that waits for a person; the server orders them, most urgent first. */
export interface Need {
  kind: NeedKind;
  title: string;
  detail: string;
  plan: string | null;
  /** The execution of a runbook that it is about. */
  execution: string | null;
  count: number;
}

/** How much of one resource type is cared for. */
export interface CoverageRow {
  resource_type: string;
  resources: number;
  /** Managed, and as it should be. */
  compliant: number;
  /** Managed, and not as it should be. */
  missing: number;
  /** No configuration matches it. */
  unmanaged: number;
  /** Not as it should be, unmanaged ones with tags that they should not have included. */
  failing: number;
  /** Listed, but could not be seen whole. */
  unknown: number;
  /** Account and Region pairs that could not be looked at: their resources are in none of the numbers above. */
  unknown_scopes: number;
}

/** The last finished observation of the estate. */
export interface LastRun {
  id: string;
  at: Timestamp;
  resources: number;
  failing: number;
  unknown_scopes: number;
  seconds: number;
}

export interface Overview {
  estate: { name: string; accounts: number; regions: number; suspended: Suspension | null };
  needs: Need[];
  coverage: CoverageRow[];
  last_run: LastRun | null;
}

/** How far a controller may go in an account. */
export type AuthorityLevel = "observe" | "propose" | "act";

export interface Authority {
  controller: string;
  level: AuthorityLevel;
  /** Which rule of the estate gives this level. */
  reason: string;
}

export interface Account {
  id: string;
  name: string;
  regions: string[];
  role_arn: string | null;
  authority: Authority[];
  resources: number;
  failing: number;
  unknown_scopes: number;
  observed_at: Timestamp | null;
}

export type Verdict = "pass" | "fail" | "unknown";
export type Coverage = "managed" | "missing" | "unmanaged";

/** One tag set (before is null), replaced, or removed (after is null). */
export interface TagChange {
  key: string;
  before: string | null;
  after: string | null;
  /** Which configuration yields it, or why nothing does. */
  reason: string;
}

export interface Resource {
  account: string;
  region: string;
  type: string;
  id: string;
  arn: string;
  name: string | null;
  tags: Record<string, string>;
  verdict: Verdict;
  /** What stood in the way, if the verdict is `unknown`. */
  unknown: Obstacle | null;
  coverage: Coverage;
  /** The configurations whose filter matches it. */
  configurations: string[];
  /** What the controller wants changed. */
  changes: TagChange[];
  /** What else there is to say: why nothing can be changed, or which configurations disagree. */
  notes: string[];
  /** The rule under which it is reported, such as `AMSResourceTagger-EC2Instance`. */
  rule: string;
  observed_at: Timestamp;
}

/** What stood in the way of a look. */
export interface Obstacle {
  /** As `service:Operation`; empty if no call was reached. */
  call: string;
  missing_permission: string | null;
  message: string;
}

/** A part of the estate, or a single resource, that could not be looked at. */
export interface Unknown extends Obstacle {
  account: string;
  region: string;
  type: string;
  /** The resource, if it is a single one. */
  id: string | null;
  observed_at: Timestamp;
}

export type PlanPhase =
  "proposed" | "approved" | "refused" | "superseded" | "applying" | "applied" | "undoing" | "undone";

/** How the actions of a plan ended, in one direction. */
export interface Tally {
  total: number;
  /** Done, and read back. */
  verified: number;
  /** Not attempted, because the resource is not what was approved. */
  refused: number;
  /** Attempted in vain. */
  failed: number;
  /** Not at an end yet. */
  open: number;
}

export interface PlanSummary {
  id: string;
  controller: string;
  created_at: Timestamp;
  phase: PlanPhase;
  start: "on_approval" | "at_once";
  /** Which rule lets it start at once. */
  start_reason: string | null;
  actions: number;
  tally: Tally;
  undo_tally: Tally | null;
  accounts: string[];
  /** SHA-256 over the controller and every action: an approval names it. */
  digest: string;
}

export type StepName = "pending" | "started" | "performed" | "verified" | "refused" | "failed";

/** How far an action has come in one direction; `detail` says why it was refused or how it failed. */
export interface Step {
  step: StepName;
  detail: string | null;
}

/** One change to one resource. */
export interface PlanAction {
  number: number;
  account: string;
  region: string;
  type: string;
  id: string;
  arn: string;
  changes: TagChange[];
  apply: Step;
  undo: Step;
}

export interface PlanEvent {
  sequence: number;
  at: Timestamp;
  actor: string;
  event: string;
  detail: string | null;
}

export interface PlanDetail extends PlanSummary {
  items: PlanAction[];
  next: string | null;
  history: PlanEvent[];
}

/** The run that is going on. */
export interface CurrentRun {
  id: string;
  started_at: Timestamp;
  scopes_done: number;
  scopes_total: number;
  resources: number;
}

export interface LedgerEntry {
  sequence: number;
  at: Timestamp;
  actor: string;
  kind: string;
  plan: string | null;
  action: number | null;
  account: string | null;
  /** One sentence for people. */
  summary: string;
  data: unknown;
  hash: string;
}

export interface LedgerCheck {
  intact: boolean;
  entries: number;
  head: string | null;
  problem: { sequence: number; message: string } | null;
}

export interface EffectiveConfiguration {
  resource_type: string;
  configuration: string;
  source: "default" | "customization";
  enabled: boolean;
  /** A block of the default is `replaced` by the customization's block of the same name. */
  standing: "enabled" | "disabled" | "replaced";
  /** How many observed resources its filter matches. */
  matching: number;
}

export interface Profile {
  tag_prefix: string;
  read_only: boolean;
  default: string;
  customization: string;
  effective: EffectiveConfiguration[];
  warnings: string[];
}

export interface RunbookSummary {
  name: string;
  /** Of the estate folder, or one that comes with Reeve. */
  origin: "estate" | "reeve";
  steps: number;
  about: string;
  is_right: boolean;
}

export interface Parameter {
  name: string;
  /** As it is declared, such as `AWS::EC2::Instance::Id`. */
  type: string;
  data_type: "String" | "StringList" | "Integer" | "Boolean" | "StringMap" | "MapList";
  /** What resources its values name, if Reeve observes resources of that type. */
  resource_type: string | null;
  description: string | null;
  default: unknown;
  is_required: boolean;
  allowed_values: unknown[];
  allowed_pattern: string | null;
  min_items: number | null;
  max_items: number | null;
}

/** A step as it was written. */
export interface StepShape {
  name: string;
  action: string;
  description: string | null;
  calls: { call: string; only_reads: boolean }[];
  inputs: Record<string, unknown>;
  /** Where a branch may go, and when. */
  ways: { when: string; next: string }[];
  /** What comes after success, or if no way is taken; null if the execution ends then. */
  next: string | null;
  /** `Abort`, `Continue` or `step:` and a name. */
  on_failure: string;
  on_cancel: string;
  is_critical: boolean;
  is_end: boolean;
  max_attempts: unknown;
  timeout_seconds: unknown;
  /** How long its own steps are repeated. */
  repeats: string | null;
  steps: StepShape[];
}

export interface Finding {
  severity: "error" | "warning";
  line: number | null;
  column: number | null;
  path: string;
  message: string;
  hint: string | null;
}

export interface Runbook {
  name: string;
  /** Null for a document that neither the estate nor Reeve has any more. */
  origin: "estate" | "reeve" | null;
  is_right: boolean;
  description: string | null;
  /** Whom it runs as, if that is not the account's own role. */
  role: string | null;
  /** The files that lie beside it. */
  files: string[];
  parameters: Parameter[];
  steps: StepShape[];
  outputs: string[];
  /** The runbook that it declares to be taken back by. */
  undo: string | null;
  without_undo: { step: string; why: string }[];
  findings: Finding[];
  format: "yaml" | "json";
  text: string;
}

export interface RunbookPolicy {
  policies: {
    name: string;
    statements: { sid: string; purpose: string }[];
    document: unknown;
    characters: number;
    limit: number;
  }[];
  /** What is not known: one sentence each. */
  unclear: string[];
}

export interface StartForm {
  runbook: string;
  account: string;
  region: string;
  parameters: Record<string, unknown>;
  reason: string;
}

export interface DryRun {
  entries: {
    step: string | null;
    summary: string;
    call: string | null;
    input: Record<string, unknown> | null;
    without_undo: string | null;
  }[];
  changes: number;
  without_undo: number;
}

export type ExecutionStatus =
  "InProgress" | "Waiting" | "Paused" | "Success" | "Failed" | "TimedOut" | "Cancelling" | "Cancelled";

export interface Execution {
  id: string;
  runbook: string;
  account: string;
  region: string;
  status: ExecutionStatus;
  step: string | null;
  started_by: string;
  reason: string;
  created_at: Timestamp;
  ended_at: Timestamp | null;
  parent: string | null;
}

export type Word = "approve" | "reject" | "pause" | "resume" | "cancel";

/** Where an execution stands now. */
export interface Standing extends Execution {
  parameters: Record<string, unknown>;
  waits: {
    until: Timestamp | null;
    is_for_somebody: boolean;
    message: string | null;
    approvers: string[];
    needed: number | null;
  } | null;
  /** What may be said to it. */
  may: Word[];
  failure: { step: string; message: string } | null;
}

/** What an execution has to do with others. */
export interface ExecutionDetail extends Standing {
  /** The role that it runs as, if it is not the account's own. */
  role: string | null;
  /** The execution that it takes back. */
  undoes: string | null;
  /** The executions that take it back, or tried to. */
  undone_by: { id: string; status: string }[];
  /** How many of its targets are how, if it is for several. */
  targets?: TargetCounts;
  children?: ExecutionChild[];
}

export interface TargetCounts {
  total: number;
  pending: number;
  running: number;
  success: number;
  failed: number;
  cancelled: number;
  timed_out: number;
}

/** An execution that another one began, or will begin. */
export interface ExecutionChild {
  /** Null before it was begun. */
  id: string | null;
  target: string | null;
  runbook: string;
  account: string;
  region: string;
  status: string;
  step: string | null;
}

/** A change that is taken back, or stays. */
interface TakenChange {
  /** The execution that made it. */
  execution: string;
  step: string;
  /** `service:Operation`. */
  change: string;
}

/** What taking an execution back would do. */
export interface ExecutionUndo {
  execution: string;
  runbook: string;
  account: string;
  region: string;
  digest: string;
  steps: (TakenChange & {
    name: string;
    /** `service:Operation`, or the runbook that is run. */
    calls: string;
    input: Record<string, unknown>;
    waits_for: string | null;
    /** Whether it is looked first whether somebody changed it since. */
    looks: boolean;
  })[];
  left: (TakenChange & { why: string })[];
  /** The document that declares how it is taken back. */
  declared: { document: string; parameters: Record<string, unknown> } | null;
  /** The undo that failed, whose rest is taken back now. */
  continues: string | null;
}

/** A runbook that was run on a simulated copy of its account. */
export interface Rehearsal {
  runbook: string;
  account: string;
  region: string;
  status: string;
  failure: string | null;
  /** How long it would have taken. */
  seconds: number;
  world: {
    /** How many resources were loaded, by type. */
    types: Record<string, number>;
    missing: string[];
    differing: string[];
  };
  steps: RehearsedStep[];
  calls: RehearsedCall[];
  answers: { execution: string; step: string; word: string; by: string }[];
  changes: RehearsedChange[];
  without_undo: { call: number; step: string | null; what: string; why: string }[];
  outputs: Record<string, unknown>;
}

export interface RehearsedStep {
  execution: string;
  runbook: string;
  step: string;
  action: string | null;
  attempt: number;
  rounds: number[];
  status: string | null;
  error: string | null;
  began_at: Timestamp;
  seconds: number | null;
  /** The numbers of what it did. */
  calls: number[];
}

export interface RehearsedCall {
  /** From 1. */
  number: number;
  kind: "call" | "script" | "runbook" | "webhook";
  what: string;
  reads: boolean;
  input: unknown;
  answer: unknown;
  error: string | null;
  /** The script that made it. */
  script: number | null;
  printed: string | null;
  /** Not made, but taken to go well. */
  supposed: boolean;
}

export interface RehearsedChange {
  change: "created" | "changed" | "deleted";
  type: string;
  id: string;
  arn: string;
  differences: { path: string; before: unknown; after: unknown }[];
}

/** Something that happened to an execution. */
export interface JournalRecord {
  number: number;
  at: Timestamp;
  kind: "step.began" | "step.ended" | "calls" | "log" | "answered" | "said" | "cancelled" | "ended" | "refused";
  step: string | null;
  summary: string;
  detail: unknown;
}
