// The token that every form carries; after signing in again the page needs the new one.

/** The token of this page. */
export function formToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Fetches a new token through `address`, a page of this person's; false while they are signed out. */
export async function renewToken(address) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector('input[name="csrf_token"]')?.value;
  if (!token) return false;
  document.querySelector('meta[name="csrf-token"]').content = token;
  for (const input of document.querySelectorAll('input[name="csrf_token"]')) input.value = token;
  return true;
}
