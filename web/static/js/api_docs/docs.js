// Shows the API's own document; "Authorize" takes an access token or an API token, kept for this page only.

const place = document.getElementById("api-docs");

globalThis.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  // The default asks a server of strangers to judge the document.
  validatorUrl: null,
  // The name of the session's cookie is nobody's business here: tokens only, as for every other caller.
  withCredentials: false,
});
