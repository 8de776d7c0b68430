// The answers in the form: all inputs of the widgets, whose names are `schema.field`.

function inputsOf(form) {
  return [...form.elements].filter((element) => element.name?.includes("."));
}

/** The answers as pairs of name and value. */
export function readFields(form) {
  return [...new FormData(form)].filter(([name, value]) => name.includes(".") && typeof value === "string");
}

/** Puts `fields` into the form and tells the widgets. */
export function fillFields(form, fields) {
  const waiting = fields.map(([name, value]) => ({ name, value }));
  for (const input of inputsOf(form)) {
    const isChoice = input.type === "radio" || input.type === "checkbox";
    const index = waiting.findIndex((one) => one.name === input.name && (!isChoice || one.value === input.value));
    const found = index < 0 ? null : waiting.splice(index, 1)[0];
    if (isChoice) input.checked = found !== null;
    else if (found && input.type !== "file") input.value = found.value;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
