// Reads documents for the tests: a line of JSON with a reader and a text in, the values by key out.
const readers = { "node JSON": JSON.parse };
try { readers["npm dotenv"] = require("dotenv").parse; } catch { }
if (require("util").parseEnv) readers["node --env-file"] = require("util").parseEnv;

function flat(value, key, out) {
  if (Array.isArray(value)) out[key] = "list " + JSON.stringify(value);
  else if (value === null) out[key] = "null";
  else if (typeof value === "object") {
    out[key + "/"] = "table";
    for (const [name, inner] of Object.entries(value)) flat(inner, key ? `${key}/${name}` : name, out);
  } else if (typeof value === "string") out[key] = "text " + value;
  else if (typeof value === "boolean") out[key] = "bool " + value;
  else out[key] = "number " + value;
}

console.log(JSON.stringify(Object.keys(readers).sort()));
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  try {
    const out = {};
    flat(readers[request.reader](Buffer.from(request.text, "base64").toString()), "", out);
    console.log(JSON.stringify({ values: out }));
  } catch (e) {
    console.log(JSON.stringify({ error: String(e) }));
  }
});
