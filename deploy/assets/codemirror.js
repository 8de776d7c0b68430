// What js/code-field.js needs of CodeMirror, in one file; `make assets` bundles it into web/static/vendor.
export { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
export { bracketMatching, indentOnInput, indentUnit, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
export { Compartment, EditorState } from "@codemirror/state";
export { EditorView, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
export { classHighlighter } from "@lezer/highlight";

import { c, cpp, csharp, java } from "@codemirror/legacy-modes/mode/clike";
import { go } from "@codemirror/legacy-modes/mode/go";
import { javascript, typescript } from "@codemirror/legacy-modes/mode/javascript";
import { python } from "@codemirror/legacy-modes/mode/python";
import { ruby } from "@codemirror/legacy-modes/mode/ruby";
import { rust } from "@codemirror/legacy-modes/mode/rust";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { standardSQL } from "@codemirror/legacy-modes/mode/sql";

/** The languages that can be coloured while they are written; others are plain text. */
export const languages = {
  bash: shell,
  c,
  cpp,
  csharp,
  go,
  java,
  javascript,
  python,
  ruby,
  rust,
  sql: standardSQL,
  typescript,
};
