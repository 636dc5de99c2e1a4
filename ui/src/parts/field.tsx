// Fields of forms: a label above, the error below, and what was typed stays.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A field of one line. */
export function Field(props: {
  label: ComponentChildren;
  value: string;
  onValue: (value: string) => void;
  type?: "text" | "number" | "password" | "url";
  name?: string;
  autocomplete?: "username" | "current-password" | "off";
  placeholder?: string;
  isRequired?: boolean;
  /** Beside the label: what is known about the value. */
  aside?: ComponentChildren;
  hint?: ComponentChildren;
  error?: string | null;
  /** Behind the input: its unit. */
  unit?: string;
  /** Gets the focus where the field appears. */
  isFirst?: boolean;
}) {
  const { label, value, onValue, aside, hint, error, unit, isFirst } = props;
  const id = useId();
  const said = `${id}-said`;
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{label}</label>
        {aside}
      </div>
      <div class="input">
        <input
          id={id}
          type={(props.type ?? "text") as "text"}
          name={props.name}
          autocomplete={props.autocomplete}
          placeholder={props.placeholder}
          required={props.isRequired}
          {...(props.type === "number" && { step: "any", min: "0" })}
          value={value}
          {...(isFirst && { "data-first": "" })}
          aria-invalid={error ? "true" : undefined}
          aria-describedby={error || hint ? said : undefined}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
        {unit && <span class="unit">{unit}</span>}
      </div>
      {(error || hint) && (
        <p id={said} class={error ? "fault" : "hint"}>
          {error || hint}
        </p>
      )}
    </div>
  );
}

/** A box to tick. */
export function Check(props: {
  label: ComponentChildren;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  disabled?: boolean;
  error?: string | null;
}) {
  const said = useId();
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={props.isOn}
          disabled={props.disabled}
          {...faultOf(props.error, said)}
          onChange={(event) => props.onChange(event.currentTarget.checked)}
        />
        <span>{props.label}</span>
      </label>
      <Fault id={said} text={props.error} />
    </>
  );
}

/** What an input says of its error. */
function faultOf(error: string | null | undefined, said: string) {
  return error ? { "aria-invalid": "true" as const, "aria-describedby": said } : {};
}

function Fault(props: { id: string; text: string | null | undefined }) {
  return props.text ? (
    <p id={props.id} class="fault">
      {props.text}
    </p>
  ) : null;
}

/** A choice among a few. */
export function Choice(props: {
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onValue: (value: string) => void;
  isLabelUnseen?: boolean;
  error?: string | null;
}) {
  const id = useId();
  const said = `${id}-said`;
  return (
    <div class="choice">
      <label for={id} class={props.isLabelUnseen ? "unseen" : undefined}>
        {props.label}
      </label>
      <select
        id={id}
        value={props.value}
        {...faultOf(props.error, said)}
        onChange={(event) => props.onValue(event.currentTarget.value)}
      >
        {props.options.map(([value, text]) => (
          <option key={value} value={value} selected={value === props.value}>
            {text}
          </option>
        ))}
      </select>
      <Fault id={said} text={props.error} />
    </div>
  );
}

/** The filter above a table; `/` leads to it. */
export function Filter(props: { value: string; onValue: (value: string) => void; label: string }) {
  return (
    <input
      class="filter"
      type="search"
      data-filter
      placeholder="Filter"
      aria-label={props.label}
      value={props.value}
      onInput={(event) => props.onValue(event.currentTarget.value)}
    />
  );
}
