// Drives one installed SnapTrade TypeScript SDK from JSON lines, as driver.py does for Python.
// Arguments: folder that holds node_modules, base URL, client id, consumer key, "commercial" or "personal".
// TypeScript's types are gone at run time, so there is no model to check bodies against: model_error is always null.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";

const [folder, basePath, clientId, consumerKey, auth] = process.argv.slice(2);
const sdk = createRequire(join(folder, "driver.cjs"))("snaptrade-typescript-sdk");

function connect() {
  if (!sdk.SnaptradeAuth) return new sdk.Snaptrade({ clientId, consumerKey, basePath });
  const mode = auth === "personal" ? sdk.SnaptradeAuth.personalApiKey : sdk.SnaptradeAuth.commercialApiKey;
  return new sdk.Snaptrade({ auth: mode({ clientId, consumerKey }), basePath });
}

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

// The SDK picks the parameters it knows: path and query in camelCase, body fields as on the wire. Both are offered.
function bothSpellings(kwargs) {
  const renamed = Object.entries(kwargs).map(([name, value]) => [camel(name), value]);
  return { ...kwargs, ...Object.fromEntries(renamed) };
}

async function call(client, name, kwargs) {
  const [group, method] = name.split(".").map(camel);
  try {
    const { status, data, headers } = await client[group][method](bothSpellings(kwargs));
    return { status, body: data, headers, model_error: null };
  } catch (error) {
    if (error?.name !== "SnaptradeError") throw error;
    const { status, responseBody, headers } = error;
    return { status, body: responseBody, headers, model_error: null };
  }
}

function has(client, name) {
  const [group, method] = name.split(".").map(camel);
  return { status: null, body: typeof client[group]?.[method] === "function", headers: {}, model_error: null };
}

const client = connect();
for await (const line of createInterface({ input: process.stdin })) {
  const { id, call: name, kwargs } = JSON.parse(line);
  let reply;
  try {
    reply = name === "has" ? has(client, kwargs.name) : await call(client, name, kwargs);
  } catch (error) {
    reply = { status: null, body: null, headers: {}, driver_error: String(error) };
  }
  process.stdout.write(JSON.stringify({ id, ...reply }) + "\n");
}
