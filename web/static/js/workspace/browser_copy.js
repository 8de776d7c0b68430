// What is written for an assignment, kept in this browser until the server has it.
const PREFIX = "rlflow.draft.";
const KEPT_FOR = 14 * 24 * 3600 * 1000;

/** The copy for an assignment: {fields, version, synced, at, attempt}, or null. */
export function readCopy(assignment) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + assignment));
  } catch {
    return null;
  }
}

/** Changes the copy of an assignment; false where the browser keeps nothing. */
export function changeCopy(assignment, values) {
  try {
    const copy = { ...readCopy(assignment), ...values, at: Date.now() };
    localStorage.setItem(PREFIX + assignment, JSON.stringify(copy));
    return true;
  } catch {
    return false;
  }
}

/** Forgets an assignment. */
export function dropCopy(assignment) {
  try {
    localStorage.removeItem(PREFIX + assignment);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** Forgets what nobody came back to. */
export function dropOldCopies() {
  try {
    for (const name of Object.keys(localStorage)) {
      const assignment = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
      if (assignment && !((readCopy(assignment)?.at ?? 0) > Date.now() - KEPT_FOR)) dropCopy(assignment);
    }
  } catch {
    // See above.
  }
}
