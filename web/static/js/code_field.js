// Makes a code editor of a plain text field, which stays in the form and always holds what the editor shows.
import {
  bracketMatching,
  classHighlighter,
  Compartment,
  defaultKeymap,
  EditorState,
  EditorView,
  highlightSpecialChars,
  history,
  historyKeymap,
  indentOnInput,
  indentUnit,
  keymap,
  languages,
  lineNumbers,
  StreamLanguage,
  syntaxHighlighting,
} from "../vendor/codemirror.js";

function languageOf(name) {
  return languages[name] ? StreamLanguage.define(languages[name]) : [];
}

/** The words around the field, for those who hear the page. */
function attributesOf(field, label) {
  const attributes = { "aria-labelledby": label?.id ?? "" };
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (field.hasAttribute(name)) attributes[name] = field.getAttribute(name);
  }
  return attributes;
}

function keepInField(field) {
  return EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    field.value = update.state.doc.toString();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/** Shows an editor in place of the field in `box`; Tab leaves it, as it leaves any field. */
export default function start(box) {
  const field = box.querySelector("textarea");
  const label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
  if (label) label.id ||= `${field.id}-label`;
  const chooser = document.getElementById(box.dataset.languageFrom);
  const language = new Compartment();
  const view = new EditorView({
    parent: box,
    doc: field.value,
    extensions: [
      EditorView.cspNonce.of(document.querySelector("script[nonce]")?.nonce ?? ""),
      EditorView.contentAttributes.of(attributesOf(field, label)),
      language.of(languageOf(chooser?.value || box.dataset.language)),
      [lineNumbers(), highlightSpecialChars(), history(), bracketMatching(), indentOnInput(), indentUnit.of("    ")],
      [EditorState.tabSize.of(4), EditorView.lineWrapping, syntaxHighlighting(classHighlighter)],
      keymap.of([...defaultKeymap, ...historyKeymap]),
      keepInField(field),
    ],
  });
  if (document.activeElement === field) view.focus();
  // The server checks what is required; a browser cannot point at a field that is hidden.
  field.required = false;
  field.hidden = true;
  label?.addEventListener("click", () => view.focus());
  chooser?.addEventListener("change", () => {
    view.dispatch({ effects: language.reconfigure(languageOf(chooser.value)) });
  });
}
