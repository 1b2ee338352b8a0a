/**
 * The mock's state and what moves it: plans, runs, the ledger and the suspend switch, all in memory.
 */

import { Runbooks } from "./runbooks.mjs";
import { ACCOUNTS, REGIONS, digest, idOf, profile, resources, unknowns } from "./estate.mjs";

const HOUR = 3_600_000;
const now = () => new Date().toISOString();
const earlier = (hours) => new Date(Date.now() - hours * HOUR).toISOString();
const pending = () => ({ step: "pending", detail: null });

export class Conflict extends Error {}

export class Engine {
  constructor(scenario) {
    this.scenario = scenario;
    this.suspended = null;
    this.run = null;
    this.lastRun = null;
    this.ledger = [];
    this.plans = [];
    this.resources = [];
    this.unknowns = [];
    this.profile = profile([]);
    this.runbooks = new Runbooks(scenario === "empty");
    if (scenario !== "empty") this.seed(scenario === "large" ? 60 : 1);
    if (scenario === "suspended") this.suspend("change freeze for the summer sale");
    if (scenario === "tampered") this.tampered = true;
    this.timer = setInterval(() => this.tick(), 200);
  }

  seed(scale) {
    this.resources = resources(scale, earlier(0.1));
    this.unknowns = unknowns(earlier(0.1));
    this.profile = profile(this.resources);
    this.lastRun = {
      id: idOf("run", 2),
      at: earlier(0.1),
      resources: this.resources.length,
      failing: 52,
      unknown_scopes: 1,
      seconds: 6.4,
    };
    const wanting = this.resources.filter((each) => each.changes.length > 0);
    this.past(wanting.slice(0, 18), 70, "superseded", "proposed superseded");
    this.past(wanting.slice(3, 9), 46, "refused", "proposed refused");
    this.past(
      wanting.slice(0, 12),
      28,
      "undone",
      "proposed approved apply_requested apply_finished undo_requested undo_finished",
    );
    this.past(wanting.slice(20, 32), 9, "applied", "proposed approved apply_requested apply_finished");
    this.propose(
      wanting.filter((each) => each.account !== "333344445555"),
      earlier(0.1),
    );
  }

  propose(wanting, at) {
    const number = this.plans.length + 40;
    const plan = {
      id: idOf("plan", number),
      controller: "resource-tagger",
      created_at: at,
      phase: "proposed",
      start: "on_approval",
      start_reason: null,
      digest: digest(number),
      actions: wanting.map((resource, index) => ({
        number: index + 1,
        ...Object.fromEntries(["account", "region", "type", "id", "arn", "changes"].map((key) => [key, resource[key]])),
        apply: pending(),
        undo: pending(),
      })),
      history: [],
    };
    this.plans.unshift(plan);
    this.record("reeve", "plan.proposed", plan, `proposes ${plan.actions.length} tag changes`, at);
    return plan;
  }

  past(wanting, hours, phase, events) {
    const plan = this.propose(wanting, earlier(hours));
    plan.phase = phase;
    for (const [index, event] of events.split(" ").entries()) {
      if (index === 0) continue;
      const actor = ["approved", "refused", "undo_requested"].includes(event) ? "person:ana" : "reeve";
      this.record(actor, `plan.${event}`, plan, event.replace("_", " "), earlier(hours - index * 0.05));
    }
    if (phase !== "applied" && phase !== "undone") return;
    for (const action of plan.actions) {
      action.apply = { step: "verified", detail: null };
      if (phase === "undone") action.undo = { step: "verified", detail: null };
    }
    if (phase === "applied") {
      plan.actions[4].apply = {
        step: "refused",
        detail: "tag `ams:rt:owner` was `none` when approved and is `data-team` now",
      };
      plan.actions[7].apply = {
        step: "failed",
        detail: "rds:AddTagsToResource answered `ThrottlingException` 8 times: Rate exceeded (request 6f1c2d90)",
      };
    }
  }

  record(actor, kind, plan, what, at = now(), action = null) {
    const sequence = this.ledger.length + 1;
    const entry = {
      sequence,
      at,
      actor,
      kind,
      plan: plan?.id ?? null,
      action: action?.number ?? null,
      account: action?.account ?? null,
      summary: `${actor.replace("person:", "")} ${what}`,
      data: { plan: plan?.id, digest: plan?.digest, action: action?.number, changes: action?.changes },
      hash: digest(sequence + 5000),
    };
    this.ledger.unshift(entry);
    if (plan && !action) plan.history.push({ sequence, at, actor, event: kind.replace("plan.", ""), detail: what });
  }

  plan(planId) {
    return this.plans.find((each) => each.id === planId);
  }

  approve(plan, { digest: seen, comment, apply }) {
    if (seen !== plan.digest) throw new Conflict("the digest is not the plan's: it changed since it was shown");
    this.expect(plan, ["proposed"], "approving it");
    plan.phase = "approved";
    this.record("person:ana", "plan.approved", plan, comment || "approved it");
    if (apply) this.apply(plan);
  }

  refuse(plan, { comment }) {
    this.expect(plan, ["proposed", "approved"], "refusing it");
    plan.phase = "refused";
    this.record("person:ana", "plan.refused", plan, comment || "refused it");
  }

  apply(plan) {
    this.mayChange();
    this.expect(plan, ["approved", "applied"], "applying it");
    for (const action of plan.actions) if (action.apply.step === "failed") action.apply = pending();
    plan.phase = "applying";
    this.record("person:ana", "plan.apply_requested", plan, "asked for it to be applied");
  }

  undo(plan, { comment }) {
    this.mayChange();
    this.expect(plan, ["applied", "undone"], "undoing it");
    for (const action of plan.actions) if (action.undo.step === "failed") action.undo = pending();
    plan.phase = "undoing";
    this.record("person:ana", "plan.undo_requested", plan, comment || "asked for it to be undone");
  }

  expect(plan, phases, what) {
    if (!phases.includes(plan.phase)) throw new Conflict(`${what} is not possible: the plan is ${plan.phase}`);
  }

  mayChange() {
    if (this.suspended) throw new Conflict("Reeve is suspended: nothing is changed until it is resumed");
  }

  suspend(reason) {
    this.suspended = { by: "person:ana", at: now(), reason };
    this.record("person:ana", "estate.suspended", null, `suspended all changes: ${reason}`);
  }

  resume() {
    this.suspended = null;
    this.record("person:ana", "estate.resumed", null, "resumed changes");
  }

  observe() {
    if (this.run) throw new Conflict("a run is going on already");
    this.run = { id: idOf("run", Date.now() % 1e6), started_at: now(), scopes_done: 0, scopes_total: 48, resources: 0 };
    return { started: true };
  }

  /** A fifth of a second of work. */
  tick() {
    if (this.run) this.tickRun();
    if (this.suspended) return;
    this.runbooks.tick();
    for (const plan of this.plans) {
      if (plan.phase === "applying") this.tickPlan(plan, "apply", "applied");
      if (plan.phase === "undoing") this.tickPlan(plan, "undo", "undone");
    }
  }

  tickRun() {
    this.run.scopes_done = Math.min(this.run.scopes_total, this.run.scopes_done + 3);
    this.run.resources += 11;
    if (this.run.scopes_done < this.run.scopes_total) return;
    if (this.resources.length === 0) this.seed(1);
    this.lastRun = {
      id: this.run.id,
      at: now(),
      resources: this.resources.length,
      failing: 52,
      unknown_scopes: this.unknowns.length,
      seconds: 3.4,
    };
    this.record("reeve", "run.finished", null, `observed ${this.resources.length} resources, 1 scope unknown`);
    this.run = null;
  }

  tickPlan(plan, direction, end) {
    const may = (action) => direction === "apply" || action.apply.step !== "refused";
    const open = (action) => ["pending", "started", "performed"].includes(action[direction].step);
    const todo = plan.actions.filter((action) => may(action) && open(action));
    const batch = Math.max(2, Math.ceil(plan.actions.length / 25));
    for (const action of todo.slice(0, batch)) this.finish(plan, action, direction);
    for (const action of todo.slice(batch, batch + 2)) action[direction] = { step: "started", detail: null };
    if (todo.length > batch) return;
    plan.phase = end;
    this.record("reeve", `plan.${direction}_finished`, plan, `finished the ${direction}`);
  }

  finish(plan, action, direction) {
    const trouble = this.scenario === "trouble" && direction === "apply";
    if (trouble && action.number % 9 === 0) {
      action.apply = {
        step: "refused",
        detail: "tag `Environment` was `staging` when approved and is `production` now",
      };
    } else if (trouble && action.number % 13 === 0) {
      action.apply = {
        step: "failed",
        detail: "ec2:CreateTags was denied in 222233334444: the role lacks `ec2:CreateTags`",
      };
    } else action[direction] = { step: "verified", detail: null };
    this.record(
      "reeve",
      `action.${action[direction].step}`,
      plan,
      `${direction === "undo" ? "undid" : "changed"} ${action.id} and read it back`,
      now(),
      action,
    );
  }

  overview() {
    return {
      estate: { name: "shop", accounts: ACCOUNTS.length, regions: REGIONS.length, suspended: this.suspended },
      needs: this.needs(),
      coverage: this.coverage(),
      last_run: this.lastRun,
    };
  }

  needs() {
    const needs = [];
    const need = (kind, title, detail, plan, count) =>
      needs.push({ kind, title, detail, plan: plan?.id ?? null, execution: null, count });
    if (this.suspended) need("suspended", "every change is suspended", this.suspended.reason, null, 1);
    for (const plan of this.plans) {
      const failed = plan.actions.filter((action) => action.apply.step === "failed").length;
      if (plan.phase === "applied" && failed > 0)
        need(
          "plan_failed",
          `${failed} of ${plan.actions.length} actions failed`,
          "the service refused the calls; try again or undo",
          plan,
          failed,
        );
      if (plan.phase === "proposed")
        need(
          "plan_waiting",
          `a plan of ${plan.actions.length} tag changes waits for approval`,
          "resource-tagger, shop-production and shop-staging",
          plan,
          plan.actions.length,
        );
      if (plan.phase === "applying" || plan.phase === "undoing")
        need(
          "plan_applying",
          `a plan of ${plan.actions.length} actions is ${plan.phase}`,
          "nothing to do but watch",
          plan,
          plan.actions.length,
        );
    }
    needs.push(...this.runbooks.needs());
    if (this.unknowns.length > 0)
      need(
        "unknown",
        "1 part of the estate could not be looked at",
        "analytics us-east-1: rds:DescribeDBInstances was denied",
        null,
        this.unknowns.length,
      );
    if (!this.lastRun)
      need("never_observed", "the estate was never observed", "observe it to see what is mis-tagged and why", null, 3);
    return needs;
  }

  coverage() {
    const rows = new Map();
    for (const each of this.resources) {
      const row = rows.get(each.type) ?? {
        resource_type: each.type,
        resources: 0,
        compliant: 0,
        missing: 0,
        unmanaged: 0,
        failing: 0,
        unknown: 0,
        unknown_scopes: 0,
      };
      row.resources += 1;
      row[each.coverage === "managed" ? "compliant" : each.coverage] += 1;
      rows.set(each.type, row);
    }
    for (const unknown of this.unknowns) rows.get(unknown.type).unknown_scopes += 1;
    return [...rows.values()];
  }

  accounts() {
    return ACCOUNTS.map((account) => {
      const own = this.resources.filter((each) => each.account === account.id);
      return {
        id: account.id,
        name: account.name,
        regions: REGIONS,
        role_arn: `arn:aws:iam::${account.id}:role/reeve`,
        authority: [{ controller: "resource-tagger", level: account.level, reason: account.reason }],
        resources: own.length,
        failing: own.filter((each) => each.verdict === "fail").length,
        unknown_scopes: this.unknowns.filter((each) => each.account === account.id).length,
        observed_at: this.lastRun?.at ?? null,
      };
    });
  }
}

/** A plan as a list shows it. */
export function summary({ actions, history: _history, ...plan }) {
  const undo =
    plan.phase === "undoing" || plan.phase === "undone"
      ? actions.filter((action) => action.apply.step !== "refused")
      : [];
  return {
    ...plan,
    actions: actions.length,
    tally: tally(actions.map((action) => action.apply)),
    undo_tally: undo.length === 0 ? null : tally(undo.map((action) => action.undo)),
    accounts: [...new Set(actions.map((action) => action.account))],
  };
}

function tally(steps) {
  const of = (step) => steps.filter((each) => each.step === step).length;
  const [verified, refused, failed] = [of("verified"), of("refused"), of("failed")];
  return { total: steps.length, verified, refused, failed, open: steps.length - verified - refused - failed };
}
