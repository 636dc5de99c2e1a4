// The form that starts a run, in the order in which one thinks: what, against what, how much.

import { useEffect, useRef, useState } from "preact/hooks";
import { durationText, parseDuration } from "../duration.ts";
import { formatCount, formatDate, formatNumber, plural } from "../format.ts";
import type { ConfirmRequired, Load, ParameterValue, StartForm, TargetCheck } from "../model.ts";
import { Button, CopyButton } from "../parts/button.tsx";
import { Check, Choice, Field } from "../parts/field.tsx";
import { previewText, spreadText, standingText } from "../start-words.ts";
import { isDone } from "../state/commands.ts";
import { checkTarget, getForm, startRun } from "../state/orders.ts";
import { go, href, query } from "../state/place.ts";
import { instance, isIdle, server, viewedRun } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { asSentence } from "../words.ts";
import { GuardDialog } from "./guard-dialog.tsx";
import { LoadPreview } from "./load-preview.tsx";
import { NoTest, ReloadButton } from "./no-test.tsx";
import { Parameters } from "./parameters.tsx";
import "../style/later.ts";

/** The page of a new run. */
export function New() {
  const from = Number(query.value.get("from")) || null;
  const [form, setForm] = useState<StartForm | null>(null);
  const phase = server.value?.phase;
  const workers = server.value?.workers?.active;
  const error = server.value?.test_error ?? null;
  const begun = instance.value;
  useEffect(() => {
    viewedRun.value = null;
    document.title = "New test · gregaria";
  }, []);
  // The form is asked for again when workers come, a run ends or the server has begun anew: whether
  // one can start has changed. What was typed stays.
  useEffect(() => {
    let isWanted = true;
    void getForm(from).then((answer) => {
      if (isWanted && isDone(answer)) {
        setForm(answer.value);
      }
    });
    return () => {
      isWanted = false;
    };
  }, [from, phase, workers, begun]);
  return (
    <main class="content narrow" id="main">
      <h1>New test</h1>
      {error && <NoTest error={error} />}
      {!error && form && <Form key={from ?? 0} form={form} />}
      {!error && !form && <p class="waiting">Loading…</p>}
    </main>
  );
}

function Form(props: { form: StartForm }) {
  const { form } = props;
  const [host, setHost] = useState(form.host ?? "");
  const [users, setUsers] = useState(String(form.load.users ?? 1));
  const [rate, setRate] = useState(String(form.load.spawn_rate ?? 1));
  const [length, setLength] = useState(durationText(form.load.run_time_seconds));
  const [classes, setClasses] = useState<readonly string[]>(
    form.picked_classes ?? form.user_classes.map((one) => one.name),
  );
  const [shape, setShape] = useState(form.load.shape ?? "Default");
  const [values, setValues] = useState<Record<string, ParameterValue>>({});
  const [note, setNote] = useState("");
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [question, setQuestion] = useState<ConfirmRequired | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  // One key for each start that somebody meant: a double click starts one test.
  const [key, setKey] = useState(newKey);

  const hasShape = form.picks_classes ? shape !== "Default" : form.shape_sets_users;
  const load: Load = {
    users: hasShape ? null : (wholeNumber(users) ?? null),
    spawn_rate: hasShape ? null : (positive(rate) ?? null),
    run_time_seconds: parseDuration(length) ?? null,
    shape: hasShape ? (form.picks_classes ? shape : (form.load.shape ?? "of the script")) : null,
  };

  function faults(): Record<string, string> {
    return {
      ...(!hasShape && load.users === null && { users: "A whole number of users, at least 1." }),
      ...(!hasShape && load.spawn_rate === null && { spawn_rate: "A number above 0." }),
      ...(!hasShape &&
        parseDuration(length) === undefined && {
          run_time_seconds: "A length such as 90s, 20m or 1h 30m, or nothing.",
        }),
      ...(form.is_host_required && host.trim() === "" && { host: "The test needs a URL." }),
      ...(form.picks_classes && classes.length === 0 && { user_classes: "At least one class." }),
    };
  }

  async function start(confirmation: { token: string; host: string | null } | null): Promise<void> {
    const found = faults();
    setErrors(found);
    if (Object.keys(found).length > 0) {
      return;
    }
    setIsBusy(true);
    const answer = await startRun(
      {
        users: load.users,
        spawn_rate: load.spawn_rate,
        run_time_seconds: load.run_time_seconds,
        host: host.trim() === "" ? null : host.trim(),
        name: form.name,
        user_classes: form.picks_classes ? [...classes] : null,
        shape_class: form.picks_classes ? shape : null,
        parameters: values,
        note: note.trim() === "" ? null : note.trim(),
        confirmation,
      },
      confirmation === null ? key : `${key}-${confirmation.token}`,
    );
    setIsBusy(false);
    setQuestion(null);
    if (answer.kind === "confirm") {
      setQuestion(answer.question);
      return;
    }
    setKey(newKey());
    if (answer.kind === "refused" && answer.status !== 401) {
      const { field, message } = answer.problem;
      setErrors({ [field !== null && slots.has(field) ? field : ""]: asSentence(message) });
    } else if (isDone(answer)) {
      go(`/runs/${answer.value.run}/overview`);
    }
  }

  // Where an error can stand. That of anything else stands above the form.
  const slots = new Set([
    ...["host", "user_classes", "note"],
    ...(form.picks_classes && form.shape_classes.length > 0 ? ["shape_class"] : []),
    ...(hasShape ? [] : ["users", "spawn_rate", "run_time_seconds"]),
    ...form.parameters.map((one) => one.name),
  ]);
  const other = errors[""];
  const alert = useRef<HTMLDivElement>(null);
  useEffect(() => alert.current?.scrollIntoView({ block: "nearest" }), [other]);
  const preview = previewText(load, Date.now() / 1000);
  return (
    <>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void start(null);
        }}
      >
        {other !== undefined && (
          <div ref={alert} class="strip danger" role="alert">
            ✕ {other}
          </div>
        )}
        <fieldset class="card">
          <legend>Test</legend>
          <Files form={form} />
          {isOperator.value && isIdle.value && <ReloadButton />}
          <Classes form={form} chosen={classes} onChange={setClasses} error={errors.user_classes} />
        </fieldset>
        <fieldset class="card">
          <legend>Target</legend>
          <Target host={host} onHost={setHost} error={errors.host ?? null} />
        </fieldset>
        <fieldset class="card">
          <legend>Load</legend>
          {form.picks_classes && form.shape_classes.length > 0 && (
            <Choice
              label="Shape"
              value={shape}
              options={[
                ["Default", "None"],
                ...form.shape_classes.map((one) => [one.name, one.name] as const),
              ]}
              onValue={setShape}
              error={errors.shape_class ?? null}
            />
          )}
          {!hasShape && (
            <div class="columns">
              <Field
                label="Users"
                type="number"
                value={users}
                onValue={setUsers}
                error={errors.users ?? null}
              />
              <Field
                label="Started a second"
                type="number"
                value={rate}
                onValue={setRate}
                error={errors.spawn_rate ?? null}
              />
              <Field
                label="Run time"
                value={length}
                onValue={setLength}
                placeholder="until stopped"
                error={errors.run_time_seconds ?? null}
              />
            </div>
          )}
          {!hasShape && <LoadPreview load={load} />}
          <p class="note">{preview ?? "–"}</p>
        </fieldset>
        {form.parameters.length > 0 && (
          <fieldset class="card">
            <legend>Parameters</legend>
            <Parameters
              parameters={form.parameters}
              values={values}
              errors={errors}
              onValue={(name, value) => setValues({ ...values, [name]: value })}
            />
          </fieldset>
        )}
        <fieldset class="card">
          <legend>Note</legend>
          <Field
            label="Kept with the run"
            value={note}
            onValue={setNote}
            error={errors.note ?? null}
          />
        </fieldset>
        <Finish form={form} load={load} isBusy={isBusy} />
      </form>
      {question && question.kind === "host" && (
        <GuardDialog
          question={question}
          onCancel={() => setQuestion(null)}
          onConfirm={(typed) => void start({ token: question.token, host: typed })}
        />
      )}
      {question && question.kind === "users" && (
        <div class="card ask" role="alert">
          <p>{question.message}</p>
          <div class="row">
            <Button kind="main" onClick={() => void start({ token: question.token, host: null })}>
              Raise
            </Button>
            <Button onClick={() => setQuestion(null)}>Cancel</Button>
          </div>
        </div>
      )}
    </>
  );
}

function Files(props: { form: StartForm }) {
  return (
    <ul class="plain-list">
      {props.form.files.map((file) => (
        <li key={file.name}>
          <code>{file.name}</code>{" "}
          <span class="note">
            {file.sha256.slice(0, 8)}
            {file.modified_at !== null && ` · changed ${formatDate(file.modified_at)}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Classes(props: {
  form: StartForm;
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
  error: string | undefined;
}) {
  const { form, chosen } = props;
  return (
    <div class="classes">
      {form.user_classes.map((one) => {
        const share =
          one.fixed_count > 0 ? `exactly ${one.fixed_count}` : `weight ${formatNumber(one.weight)}`;
        const label = (
          <>
            {one.name} <span class="note">{share}</span>
          </>
        );
        return form.picks_classes ? (
          <Check
            key={one.name}
            label={label}
            isOn={chosen.includes(one.name)}
            onChange={(isOn) =>
              props.onChange(
                isOn ? [...chosen, one.name] : chosen.filter((name) => name !== one.name),
              )
            }
          />
        ) : (
          <p key={one.name}>{label}</p>
        );
      })}
      {props.error && <p class="fault">{props.error}</p>}
    </div>
  );
}

const CHECK_AFTER_MS = 400;

function Target(props: { host: string; onHost: (host: string) => void; error: string | null }) {
  const [check, setCheck] = useState<TargetCheck | null>(null);
  useEffect(() => {
    setCheck(null);
    if (props.host.trim() === "") {
      return;
    }
    let isWanted = true;
    const timer = setTimeout(async () => {
      const answer = await checkTarget(props.host.trim());
      if (isWanted && answer.kind === "done") {
        setCheck(answer.value);
      }
    }, CHECK_AFTER_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [props.host]);
  const standing = check && standingText(check.standing);
  return (
    <Field
      label="URL"
      value={props.host}
      onValue={props.onHost}
      placeholder="https://staging.shop.example"
      error={props.error}
      hint={check && standing?.tone !== "ok" ? asSentence(check.message) : null}
      aside={
        standing && (
          <span class={`standing ${standing.tone}`}>
            {standing.mark} {standing.text}
          </span>
        )
      }
    />
  );
}

/** The button, with the reason beside it where it does nothing. */
function Finish(props: { form: StartForm; load: Load; isBusy: boolean }) {
  const { form, load } = props;
  const run = server.value?.end === null ? server.value.run : null;
  const last = form.last_run;
  const crew = server.value?.workers;
  const reason = isOperator.value ? form.cannot_start : "You may look, and not start tests.";
  return (
    <div class="finish">
      <p>{spreadText(load.users, form.workers)}</p>
      {last?.rps != null && (
        <p class="note">
          Last run reached {formatNumber(last.rps)} req/s at {plural(last.peak_users, "user")} (run{" "}
          {last.id}).
        </p>
      )}
      <div class="row">
        <Button kind="main" isSubmit disabled={reason !== null || props.isBusy}>
          Start test
        </Button>
        {reason !== null && <span class="reason">{asSentence(reason)}</span>}
        {run !== null && <a href={href(`/runs/${run}/overview`)}>Open run {run}</a>}
      </div>
      {crew?.expected != null && crew.active < crew.expected && (
        <p class="note" role="status">
          {formatCount(crew.active)} of {formatCount(crew.expected)} workers connected.
        </p>
      )}
      {form.workers === 0 && form.worker_command !== null && (
        <p class="command">
          Start one: <code>{form.worker_command}</code> <CopyButton text={form.worker_command} />
        </p>
      )}
    </div>
  );
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== "" && Number.isInteger(value) && value >= 1 ? value : undefined;
}

function positive(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) && value > 0 ? value : undefined;
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
