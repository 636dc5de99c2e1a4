// Fields for the test's own parameters. A secret is never sent to the page: what is typed replaces it.

import type { Parameter, ParameterValue } from "../model.ts";
import { Check, Choice, Field } from "../parts/field.tsx";
import { valueText } from "../parts/setup-record.tsx";

/** One field for each parameter. `values` are those that were changed. */
export function Parameters(props: {
  parameters: readonly Parameter[];
  values: Readonly<Record<string, ParameterValue>>;
  errors: Readonly<Record<string, string>>;
  onValue: (name: string, value: ParameterValue) => void;
}) {
  return (
    <>
      {props.parameters.map((parameter) => {
        const { name } = parameter;
        const change = (value: ParameterValue) => props.onValue(name, value);
        const value = name in props.values ? props.values[name] : parameter.value;
        if (parameter.kind === "switch") {
          return (
            <Check
              key={name}
              label={
                <>
                  {name} <span class="note">{parameter.help}</span>
                </>
              }
              isOn={value === true}
              error={props.errors[name] ?? null}
              onChange={change}
            />
          );
        }
        if (parameter.choices.length > 0 && parameter.kind !== "texts") {
          return (
            <Choice
              key={name}
              label={name}
              value={String(value ?? "")}
              error={props.errors[name] ?? null}
              options={parameter.choices.map((choice) => [choice, choice] as const)}
              onValue={(text) => change(read(parameter, text))}
            />
          );
        }
        const isUntouchedSecret = parameter.is_secret && !(name in props.values);
        return (
          <Field
            key={name}
            label={name}
            type={
              parameter.is_secret ? "password" : parameter.kind === "number" ? "number" : "text"
            }
            autocomplete="off"
            value={isUntouchedSecret || value == null ? "" : valueText(value)}
            placeholder={isUntouchedSecret && parameter.value === "set" ? "set" : ""}
            isRequired={parameter.is_required && !isUntouchedSecret}
            hint={parameter.help}
            error={props.errors[name] ?? null}
            onValue={(text) => change(read(parameter, text))}
          />
        );
      })}
    </>
  );
}

/** What was typed, as the parameter takes it. */
function read(parameter: Parameter, text: string): ParameterValue {
  if (parameter.kind === "number") {
    return text.trim() === "" ? null : Number(text);
  }
  if (parameter.kind === "texts") {
    return text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  }
  return text;
}
